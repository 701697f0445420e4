// What `repair` prints: the plan to say yes to, and what became of it.
import type { RepairPlan, RepairReport, Trust } from '#src/contract/doctor/repair.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { printable } from './printable.ts';
import { renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

/** Shown per step; --json has all of them. */
const shownChanges = 6;

export function renderRepairPlan(
  { path, output, steps, left, diagnosis }: RepairPlan,
  chosen: readonly string[],
  style: Style,
): string {
  const { findings } = diagnosis;
  const lines = [style.bold(`${printable(path)} (${formatBytes(diagnosis.bytes)})`)];
  if (findings.length === 0) return `${lines[0] ?? ''}: ${style.green('healthy')}, nothing to repair\n`;
  for (const { severity, code, message } of findings) {
    lines.push(`  ${toneOf(severity, style)} ${printable(message)} ${style.dim(code)}`);
  }
  if (steps.length > 0) lines.push('', 'Steps:');
  for (const step of steps) {
    const mark = step.impossible !== undefined ? '[-]' : chosen.includes(step.id) ? '[x]' : '[ ]';
    const read = step.readBytes === undefined ? '' : `, reads ${formatBytes(step.readBytes)}`;
    lines.push(`  ${mark} ${printable(step.title)} (${trustOf(step.trust, style)}${read}) ${style.dim(printable(step.id))}`);
    if (step.impossible !== undefined) lines.push(`      ${style.red(printable(step.impossible))}`);
    for (const { what, before, after } of step.changes.slice(0, shownChanges)) {
      lines.push(`      ${printable(what)}: ${printable(before)} -> ${printable(after)}`);
    }
    const more = step.changes.length - shownChanges;
    if (more > 0) lines.push(`      and ${more} more`);
  }
  if (left.length > 0) lines.push('', 'Not put right by any step:');
  for (const { finding, reason } of left) {
    const about = findings.find(({ id }) => id === finding);
    lines.push(`  ${printable(about?.message ?? finding)} ${style.dim(printable(reason))}`);
  }
  if (chosen.length > 0) lines.push('', `Writes ${printable(output)}; the damaged file stays as it is.`);
  return `${lines.join('\n')}\n`;
} // prettier-ignore

export function renderRepairReport(report: RepairReport, style: Style): string {
  const { output, bytes, sha256, parts, after, behaviour, advice, readBytes } = report;
  const rows = parts.map(({ title, trust, detail = '' }) => [
    trustOf(trust, style),
    printable(title),
    printable(detail),
  ]);
  const table = renderTable([{ title: '' }, { title: 'what was done' }, { title: '' }], rows);
  const found = [...after.findings, ...(behaviour?.findings ?? [])];
  const open = found.map(({ severity, message, code }) => `  ${toneOf(severity, style)} ${printable(message)} ${style.dim(code)}\n`).join(''); // prettier-ignore
  const verdict = found.length === 0 ? style.green('healthy') : `${style.yellow('left')}:\n${open.trimEnd()}`; // prettier-ignore
  const asked = behaviour === undefined ? '' : `${printable(behaviour.check.summary)}\n`;
  return `${table}${style.bold(printable(output))}: ${formatBytes(bytes)}, ${verdict}\n${asked}SHA-256 ${sha256}\n${formatBytes(readBytes)} read. ${printable(advice)}\nReport: ${printable(report.report)}\n`;
}

function trustOf(trust: Trust, style: Style): string {
  if (trust === 'exact' || trust === 'edited') return style.green(trust);
  return trust === 'lost' ? style.red(trust) : style.yellow(trust);
}

function toneOf(severity: 'info' | 'warning' | 'error', style: Style): string {
  if (severity === 'error') return style.red(severity);
  return severity === 'warning' ? style.yellow(severity) : style.dim(severity);
}
