// A diagnosis for the terminal: the checklist, then every finding with its evidence, its likely cause and what to do.
import type { CheckState } from '#src/contract/doctor/diagnosis.ts';
import type { Finding } from '#src/contract/doctor/finding.ts';
import { joinFindings } from '#src/jobs/run-diagnosis.ts';
import type { DiagnosedOne } from '#src/jobs/diagnose-files.ts';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

/** Findings of one code that are told in full. */
const toldPerCode = 5;
/** Characters of one line of evidence. */
const evidenceLength = 160;

const areaNames: Record<CheckState['area'], string> = {
  structure: 'Structure',
  values: 'Values',
  hashes: 'Hashes',
  metadata: 'Metadata',
  tokenizer: 'Tokenizer',
  template: 'Chat template',
  behaviour: 'Behaviour',
};

export function renderDiagnosis(file: DiagnosedOne, style: Style): string {
  const { path, diagnosis, behaviour, error } = file;
  if (diagnosis === undefined) {
    const hint = error?.hint === undefined ? '' : `  ${error.hint}\n`;
    return `${style.bold(path)}: ${style.red('not checked')}\n  ${printable(error?.message ?? '')}\n${hint}`;
  }
  const { findings, verdict } = joinFindings({ diagnosis, ...(behaviour === undefined ? {} : { behaviour }) }); // prettier-ignore
  const verdicts = {
    healthy: style.green('healthy'),
    info: style.green('healthy, with a note'),
    warning: style.yellow('warning'),
    error: style.red('damaged'),
  };
  const checks = [...diagnosis.checks, ...(behaviour === undefined ? [] : [behaviour.check])];
  const rows = checks.map((check) => [
    `  ${markOf(check, findings, style)}`,
    areaNames[check.area],
    printable(check.summary),
    check.seconds >= 0.05 ? formatDuration(check.seconds) : '',
  ]);
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '' }];
  const table = renderTable(columns, rows).replace(/^\n/, '');
  const title = `${style.bold(path)} (${printable(diagnosis.title)}, ${formatBytes(diagnosis.bytes)}): ${diagnosis.kind === 'not-gguf' ? style.red('not a model file') : verdicts[verdict]}`;
  return `${title}\n${table}${renderFindings(findings, style)}`;
}

function markOf({ area, state }: CheckState, findings: readonly Finding[], style: Style): string {
  if (state === 'passed') return style.green('pass');
  if (state !== 'found') return style.dim('skip');
  const own = findings.filter((finding) => finding.area === area);
  if (own.some(({ severity }) => severity === 'error')) return style.red('FAIL');
  return own.some(({ severity }) => severity === 'warning') ? style.yellow('warn') : style.green('note');
} // prettier-ignore

function renderFindings(findings: readonly Finding[], style: Style): string {
  const told = new Map<string, number>();
  const blocks: string[] = [];
  for (const finding of findings) {
    const count = (told.get(finding.code) ?? 0) + 1;
    told.set(finding.code, count);
    if (count <= toldPerCode) blocks.push(renderFinding(finding, style));
  }
  for (const [code, count] of told) {
    if (count > toldPerCode) blocks.push(`  ${style.dim(`${count - toldPerCode} more of ${code}; --json lists all.`)}\n`); // prettier-ignore
  }
  return blocks.length === 0 ? '' : `\n${blocks.join('\n')}`;
}

function renderFinding(finding: Finding, style: Style): string {
  const { severity, code, message, cause, evidence, remedy } = finding;
  const word = severity === 'error' ? style.red(severity) : severity === 'warning' ? style.yellow(severity) : style.dim(severity); // prettier-ignore
  const facts = Object.entries(evidence).flatMap(([name, value]) => factOf(name, value));
  return [
    `  ${word} ${style.dim(code)}`,
    `    ${printable(message)}`,
    ...(facts.length === 0 ? [] : [`    Evidence: ${style.dim(printable(facts.join(', ')))}`]),
    `    Cause:    ${printable(cause)}`,
    `    Remedy:   ${printable(remedy)}`,
    '',
  ].join('\n');
}

/** Plain values in full, lists by their length and beginning. */
function factOf(name: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  if (Array.isArray(value)) {
    const plain = value.filter((each) => typeof each !== 'object').slice(0, 3);
    if (plain.length === 0) return [];
    return [shortened(`${words} ${plain.join(', ')}${value.length > plain.length ? ', ...' : ''}`)];
  }
  if (typeof value === 'object') return [];
  return [shortened(`${words} ${JSON.stringify(value).replace(/^"|"$/g, '')}`)];
}

function shortened(text: string): string {
  return text.length > evidenceLength ? `${text.slice(0, evidenceLength)}…` : text;
}
