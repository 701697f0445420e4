// Areas, severities, kinds of segments and trust in words and tones: one wording for checklist, map, findings and report.
import type { CheckState, Diagnosis, FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { DiagnosisArea, Severity } from '#src/contract/doctor/finding.ts';
import type { Trust } from '#src/contract/doctor/repair.ts';

export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'bad';

export const areaWords: Readonly<Record<DiagnosisArea, { name: string; about: string }>> = {
  structure: { name: 'Structure', about: 'Header, offsets, sizes, parts, bundle' },
  values: { name: 'Values', about: 'NaN, scales, zeros, doubles' },
  hashes: { name: 'Hashes', about: 'Against those kept when it was made' },
  metadata: { name: 'Metadata', about: 'Keys against the architecture and the tensors' },
  tokenizer: { name: 'Tokenizer', about: 'Tokens, types, pre-tokenizer, round trip' },
  template: { name: 'Chat template', about: 'Syntax, rendering, endings' },
  behaviour: { name: 'Behaviour', about: 'Loads, answers, perplexity' },
};

export const severityWords: Readonly<Record<Severity, { word: string; tone: Tone }>> = {
  error: { word: 'error', tone: 'bad' },
  warning: { word: 'warning', tone: 'warn' },
  info: { word: 'info', tone: 'neutral' },
};

export const verdictWords: Readonly<Record<Diagnosis['verdict'], { word: string; tone: Tone }>> = {
  healthy: { word: 'healthy', tone: 'ok' },
  info: { word: 'usable', tone: 'neutral' },
  warning: { word: 'has warnings', tone: 'warn' },
  error: { word: 'damaged', tone: 'bad' },
};

export const stateWords: Readonly<Record<CheckState['state'], string>> = {
  waiting: 'waiting',
  running: 'running',
  passed: 'passed',
  found: 'has findings',
  skipped: 'skipped',
};

export const segmentWords: Readonly<Record<FileSegment['kind'], string>> = {
  header: 'Header',
  metadata: 'Metadata',
  'tensor-list': 'List of tensors',
  padding: 'Padding',
  tensor: 'Tensor',
  adapter: 'Bundled adapter',
  tail: 'Tail',
  missing: 'Missing',
  unknown: 'Unknown bytes',
};

export const trustWords: Readonly<Record<Trust, { word: string; tone: Tone; says: string }>> = {
  exact: {
    word: 'exact',
    tone: 'ok',
    says: 'The bytes that were there when the file was made, proven by their hash.',
  },
  derived: {
    word: 'derived',
    tone: 'accent',
    says: 'Made again from the same source by the same rules; no hash is there to prove it.',
  },
  approximate: {
    word: 'approximate',
    tone: 'warn',
    says: 'Taken from another level, which has lost detail already.',
  },
  edited: {
    word: 'edited',
    tone: 'neutral',
    says: 'Metadata or layout only; no weight is touched.',
  },
  lost: { word: 'lost', tone: 'bad', says: 'Left out or left as it is.' },
};

const severityOrder: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

/** The worst of some findings; undefined without any. */
export function worstSeverity(findings: readonly { severity: Severity }[]): Severity | undefined {
  let worst: Severity | undefined;
  for (const { severity } of findings) {
    if (worst === undefined || severityOrder[severity] > severityOrder[worst]) worst = severity;
  }
  return worst;
}

/** `2 errors, 1 warning`; empty without findings. */
export function countText(findings: readonly { severity: Severity }[]): string {
  const parts: string[] = [];
  for (const [severity, one, many] of [
    ['error', 'error', 'errors'],
    ['warning', 'warning', 'warnings'],
    ['info', 'note', 'notes'],
  ] as const) {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`);
  }
  return parts.join(', ');
}

/** Worst first, then in the order of their checks; findings of one kind stay in file order. */
export function sortFindings<F extends { severity: Severity }>(
  findings: readonly F[],
): readonly F[] {
  return [...findings].sort((a, b) => severityOrder[b.severity] - severityOrder[a.severity]);
}
