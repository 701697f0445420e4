// Tables whose cells are tinted by their figure: texts × files, adapters × levels. The figure stands in the cell; the tint only
// helps to find it.
import type { MatrixCell, Run } from '#src/contract/quality/run.ts';
import { plusMinus } from './figure-text.ts';
import { htmlFootnote, htmlTable } from './html-table.ts';
import { subjectHead } from './html-tables.ts';
import { html, type Markup } from './markup.ts';
import type { ReportRow } from './report-rows.ts';

/** The window's --heat, as transparent as the figure is small. */
const tint = [200, 98, 58] as const;

const shipWords: Readonly<Record<MatrixCell['ship'], string>> = {
  'run-time': 'ship at run time',
  merged: 'ship merged',
  either: 'ship either',
};

/** Mean KLD of every file on every text. Undefined with one text: the table of files says it. */
export function htmlDomains(run: Run, rows: readonly ReportRow[]): Markup | undefined {
  if (run.texts.length < 2 || rows.length === 0) return undefined;
  const valueOf = (subject: string, text: string) =>
    run.measurements.find((one) => one.subject === subject && one.text === text)?.kld;
  const heat = heatOf(run.measurements.map(({ kld }) => kld.mean.value));
  const body = rows.map(
    ({ subject }) =>
      html`<tr>
        ${subjectHead(subject)}${run.texts.map(({ id }) => {
          const kld = valueOf(subject.id, id);
          if (kld === undefined) return html`<td>–</td>`;
          const [value, error] = plusMinus(kld.mean).split(' ± ');
          return html`<td style="${heat(kld.mean.value)}">${value}<small>± ${error}</small></td>`;
        })}
      </tr> `,
  );
  const columns = run.texts.map(({ title, domain }) => {
    const place = domain === undefined ? undefined : html`<small>${domain}</small>`;
    return html`<th>${title}${place}</th>`;
  });
  const head = html`<tr>
    <th>Mean KLD</th>
    ${columns}
  </tr>`;
  return htmlTable(head, body, 'heat');
}

/** For each adapter and level: both forms' KLD on the adapter's own text, what is kept of it, and what to ship. */
export function htmlMatrix(run: Run): Markup | undefined {
  if (run.matrix.length === 0) return undefined;
  const adapters = [...new Set(run.matrix.map(({ adapter }) => adapter))];
  const levels = [...new Set(run.matrix.map(({ level }) => level))];
  const kldOf = (subject: string, text: string) =>
    run.measurements.find((one) => one.subject === subject && one.text === text)?.kld.mean;
  const heat = heatOf(
    run.matrix.flatMap(({ runTimeSubject, mergedSubject, ownText }) =>
      [kldOf(runTimeSubject, ownText), kldOf(mergedSubject, ownText)].flatMap((kld) =>
        kld === undefined ? [] : [kld.value],
      ),
    ),
  );
  const cellOf = (cell: MatrixCell | undefined): Markup => {
    if (cell === undefined) return html`<td>–</td>`;
    const runTime = kldOf(cell.runTimeSubject, cell.ownText);
    const merged = kldOf(cell.mergedSubject, cell.ownText);
    const least = Math.min(runTime?.value ?? Infinity, merged?.value ?? Infinity);
    const say = (kld: typeof runTime) => (kld === undefined ? '–' : plusMinus(kld));
    return html`<td style="${heat(least)}" title="${cell.reason}">
      <small>run time</small>${say(runTime)}<small>merged</small>${say(merged)}<small
        >keeps ${(cell.retention * 100).toFixed(0)} % · ${shipWords[cell.ship]}</small
      >
    </td>`;
  };
  const body = adapters.map((adapter) => {
    const domain = run.matrix.find((one) => one.adapter === adapter)?.domain;
    const place = domain === undefined ? undefined : html`<small>${domain}</small>`;
    const cells = levels.map((level) =>
      cellOf(run.matrix.find((one) => one.adapter === adapter && one.level === level)),
    );
    return html`<tr>
      <th scope="row">${adapter}${place}</th>
      ${cells}
    </tr> `;
  });
  const head = html`<tr>
    <th>KLD on its own text</th>
    ${levels.map((level) => html`<th>${level}</th>`)}
  </tr>`;
  return html`${htmlTable(head, body, 'heat')}
  ${htmlFootnote("Quantized base with the adapter at run time, and the adapter merged before quantizing, both against the unquantized base with the adapter. Kept is the share of the adapter's change that survives quantizing the merged weights.")}`;
}

/** Strength by order of magnitude, from the least to the largest. */
function heatOf(values: readonly number[]): (value: number) => string {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  const low = logs.reduce((least, value) => Math.min(least, value), Infinity);
  const high = logs.reduce((most, value) => Math.max(most, value), -Infinity);
  return (value) => {
    if (!(value > 0) || !Number.isFinite(value)) return '';
    const share = high > low ? (Math.log10(value) - low) / (high - low) : 0.5;
    const strength = Math.min(1, Math.max(0, share)) * 0.5 + 0.04;
    return `background:rgba(${tint.join(',')},${strength.toFixed(2)})`;
  };
}
