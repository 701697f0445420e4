// The report of a repair for people: what was wrong, what was done, what is left, what to trust. Markdown, beside the file.
import type { Behaviour, Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import type { RepairedPart, RepairReport } from '#src/contract/doctor/repair.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';

const trustWords = {
  exact: 'exact: its hash equals the one that was written when the file was made',
  derived: 'derived: made from the source by the same rules, without a hash that could prove it',
  approximate: 'approximate: taken from another level, which has lost detail already',
  edited: 'edited: metadata or layout only, no weight was touched',
  lost: 'lost: left out, or left damaged as it is',
} as const;

/** What to trust, in two or three sentences. */
export function adviceOf(
  parts: readonly RepairedPart[],
  after: Diagnosis,
  evidence: string | undefined,
): string {
  const has = (trust: RepairedPart['trust']) => parts.some((part) => part.trust === trust);
  const sentences: string[] = [];
  const open = after.findings.filter(({ severity }) => severity !== 'info').length;
  if (open > 0) {
    sentences.push(`${open === 1 ? 'One finding is' : `${formatCount(open)} findings are`} left: do not rely on this file before they are settled.`); // prettier-ignore
  }
  if (has('lost')) sentences.push('What was lost stays lost: the model may answer wrongly, or not load.'); // prettier-ignore
  if (has('approximate')) {
    sentences.push('Tensors that came from another level have lost detail; the file says so in studio.repair. Build it again from the source when you can.'); // prettier-ignore
  }
  if (parts.some(({ title, detail = '' }) => `${title} ${detail}`.includes('without weights'))) {
    sentences.push('What was derived without the importance matrix of the build is rounded less well than what was lost.'); // prettier-ignore
  }
  if (has('derived')) {
    sentences.push(evidence ?? 'Derived tensors follow the rules of llama-quantize; nothing proves that they equal the lost ones, so compare the answers.'); // prettier-ignore
  }
  if (sentences.length === 0) {
    sentences.push(
      has('exact')
        ? 'Every repaired part has the hash that it had when the file was built: it can be trusted as much as the original.'
        : 'Only metadata and layout were changed; the weights are those that were there.',
    );
  }
  return sentences.join(' ');
}

/** Markdown. `behaviour` is there once the validation prompts were asked. */
export function describeRepair(report: RepairReport): string {
  const { path, output, sha256, bytes, parts, before, after, advice, readBytes } = report;
  const lines = [
    `# Repair of ${inline(fileName(path))}`,
    '',
    `Damaged file: ${code(path)} (it was not changed)`,
    `Repaired file: ${code(output)}, ${formatBytes(bytes)}, SHA-256 \`${sha256}\``,
    `Read: ${formatBytes(readBytes)} of the damaged file and its sources`,
    '',
    '## What to trust',
    '',
    advice,
    '',
    '## What was done',
    '',
    ...(parts.length === 0 ? ['Nothing.'] : parts.map(partLine)),
    '',
    '## Before',
    '',
    ...findingLines(before),
    '',
    '## After',
    '',
    ...findingLines(after),
    ...behaviourLines(report.behaviour),
    '',
    '## Words',
    '',
    ...Object.values(trustWords).map((words) => `- ${words}`),
    '',
  ];
  return lines.join('\n');
}

function partLine({ title, trust, sha256, detail }: RepairedPart): string {
  const more = [detail, sha256 === undefined ? undefined : `SHA-256 \`${sha256}\``].filter((text) => text !== undefined); // prettier-ignore
  return `- ${inline(title)}: **${trust}**${more.length === 0 ? '' : ` (${more.map((text) => inline(text)).join('; ')})`}`;
}

function findingLines({ title, findings }: Diagnosis): string[] {
  if (findings.length === 0) return [`${inline(title)}: healthy.`];
  return [
    `${inline(title)}:`,
    '',
    ...findings.map(({ severity, code: name, message }) => `- ${severity}, ${name}: ${inline(message)}`), // prettier-ignore
  ];
}

function behaviourLines(behaviour: Behaviour | undefined): string[] {
  if (behaviour === undefined) return [];
  const { check, answers, findings } = behaviour;
  return [
    '',
    '## Behaviour',
    '',
    inline(check.summary),
    ...findings.map(({ severity, message }) => `- ${severity}: ${inline(message)}`),
    ...answers.flatMap(({ prompt, answer }) => ['', `> ${inline(prompt)}`, '', code(answer.trim())]), // prettier-ignore
  ];
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** Names and values come from the file: nothing of them is markup. */
function inline(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/([\\<>*_[\]|])/g, '\\$1');
}

function code(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  const fence = '`'.repeat(1 + Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length))); // prettier-ignore
  return `${fence} ${line} ${fence}`;
}
