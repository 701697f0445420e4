// The tables of the HTML report: quality, speed, tasks.
import type { Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { comparisonText, scoreText, taskRows } from '../tasks/task-rows.ts';
import {
  intervalText,
  plusMinus,
  rateText,
  secondsText,
  significant,
  timingText,
} from './figure-text.ts';
import { htmlFootnote, htmlTable } from './html-table.ts';
import { formWords, levelVariable } from './level-style.ts';
import { html, type Markup } from './markup.ts';
import type { ReportRow } from './report-rows.ts';

/** First wrong answers that are shown of each subject and task. */
const shownWrong = 3;

export function htmlQualityTable(run: Run, rows: readonly ReportRow[]): Markup {
  const isSampled = run.conditions.mode === 'reference';
  const forms = new Set(rows.map(({ subject }) => subject.form));
  const body = rows.map(
    ({ subject, ranked, samplingError, kld99, sameTop, pplRatio }) =>
      html`<tr>
        ${subjectHead(subject)}${forms.size > 1 ? html`<td class="words">${formWords[subject.form]}</td>` : undefined}
        <td>${formatBytes(subject.bytes)}</td>
        <td>${subject.bitsPerWeight.toFixed(2)}</td>
        <td>
          ${plusMinus(ranked.kld)}<small
            >${intervalText(ranked.kldInterval) ?? 'one chunk: no interval'}</small
          >
        </td>
        ${isSampled ? html`<td>± ${significant(samplingError)}</td>` : undefined}
        <td>${kld99 === undefined ? '–' : significant(kld99)}</td>
        <td>${plusMinus(sameTop, 100)} %</td>
        <td>${plusMinus(pplRatio)}</td>
      </tr> `,
  );
  const head = html`<tr>
    <th>File</th>
    ${forms.size > 1 ? html`<th class="left">Form</th>` : undefined}
    <th>Size</th>
    <th>bpw</th>
    <th>Mean KLD<small>95 % interval</small></th>
    ${isSampled ? html`<th>Sampling</th>` : undefined}
    <th>99 %</th>
    <th>Same top</th>
    <th>PPL ratio</th>
  </tr>`;
  const several = run.texts.length > 1 ? ', each text weighing the same' : '';
  const sampled = isSampled ? ' Sampling is what the sampled tail of the reference adds.' : '';
  return html`${htmlTable(head, body)}
  ${htmlFootnote(`KLD in nats. ± is the standard error over scored tokens${several}; intervals are bootstrapped over chunks.${sampled}`)}`;
}

export function htmlSpeedTable(rows: readonly ReportRow[]): Markup | undefined {
  const timed = rows.flatMap(({ subject, speed }) =>
    speed === undefined ? [] : [{ subject, speed }],
  );
  const [first] = timed;
  if (first === undefined) return undefined;
  const hasVideo = timed.some(({ speed }) => speed.peakVramBytes !== undefined);
  const body = timed.map(
    ({ subject, speed }) =>
      html`<tr>
        ${subjectHead(subject)}
        <td>${timingText(speed.loadSeconds, secondsText)}</td>
        <td>${timingText(speed.promptTokensPerSecond, rateText)}</td>
        <td>${timingText(speed.generationTokensPerSecond, rateText)}</td>
        <td>${timingText(speed.firstTokenSeconds, secondsText)}</td>
        <td>${formatBytes(speed.peakRamBytes)}</td>
        ${hasVideo ? html`<td>${speed.peakVramBytes === undefined ? '–' : formatBytes(speed.peakVramBytes)}</td>` : undefined}
      </tr> `,
  );
  const { promptTokens, generatedTokens, runs, threads, device, processRamBytes } = first.speed;
  const own =
    processRamBytes === undefined
      ? ''
      : ` Peak RAM holds ${formatBytes(processRamBytes)} of the program itself.`;
  const head = html`<tr>
    <th>File</th>
    <th>Load</th>
    <th>Prompt (${promptTokens}), tokens/s</th>
    <th>Generation (${generatedTokens}), tokens/s</th>
    <th>First token</th>
    <th>Peak RAM</th>
    ${hasVideo ? html`<th>Peak VRAM</th>` : undefined}
  </tr>`;
  return html`${htmlTable(head, body)}
  ${htmlFootnote(`Median of ${runs} ${runs === 1 ? 'run' : 'runs'} (lowest to highest) on ${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}; loads with the file in the page cache.${own}`)}`;
}

export function htmlTasks(run: Run): Markup | undefined {
  const rows = taskRows(run);
  if (rows.length === 0) return undefined;
  const hasReference = rows.some(({ isReference }) => isReference);
  const body = rows.map((row) => {
    const { subject, label, result, isReference } = row;
    return html`<tr>
      ${subject === undefined || isReference ? html`<th scope="row">${label}${isReference ? html`<small>unquantized</small>` : undefined}</th>` : subjectHead(subject)}
      <td class="words">${result.title}</td>
      <td>${result.right} of ${result.asked}</td>
      <td>${scoreText(row)}</td>
      ${hasReference ? html`<td class="words">${comparisonText(row) ?? '–'}</td>` : undefined}
    </tr> `;
  });
  const wrong = rows.flatMap(({ result: task, label }) => {
    if (task.wrong.length === 0) return [];
    const items = task.wrong
      .slice(0, shownWrong)
      .map(
        ({ prompt, expected, answered }) =>
          html`<li>
            ${prompt}<br /><span class="muted">expected ${expected}; answered ${answered}</span>
          </li>`,
      );
    return [
      html`<details>
        <summary>${label}, ${task.title}: first wrong answers</summary>
        <ul>
          ${items}
        </ul>
      </details>`,
    ];
  });
  const head = html`<tr>
    <th>File</th>
    <th class="left">Tasks</th>
    <th>Right</th>
    <th>Score<small>95 % interval</small></th>
    ${hasReference ? html`<th class="left">Against unquantized</th>` : undefined}
  </tr>`;
  return html`${htmlTable(head, body)}
  ${htmlFootnote(`Intervals by Wilson.${hasReference ? " Differences by McNemar's exact test over the same questions; none is named above p = 0.05." : ''}`)}
  ${wrong}`;
}

/** The row's name with its level's colour. */
export function subjectHead({ label, level }: Subject): Markup {
  return html`<th scope="row">
    <span class="dot" style="background:var(${levelVariable(level)})"></span>${label}
  </th>`;
}
