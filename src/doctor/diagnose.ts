// Runs the static checks over one file in their order and gathers what they find: the checklist, the findings, the map.
// Behaviour is another method's: a damaged file may end the process that loads it.
import type {
  CheckState,
  Diagnosis,
  DiagnosisEvent,
  FileSegment,
} from '#src/contract/doctor/diagnosis.ts';
import type { DiagnosisArea, Finding } from '#src/contract/doctor/finding.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { findingOf, isDraft, type Check, type CheckContext } from './findings.ts';
import { mapOf } from './file-map.ts';
import { checkMetadata } from './metadata/check-metadata.ts';
import type { OpenedSubject } from './open-subject.ts';
import { checkStructure } from './structure/check-structure.ts';
import type { Subject } from './subject.ts';
import { checkTemplate } from './template/check-template.ts';
import { checkTokenizer } from './tokenizer/check-tokenizer.ts';
import { tensorChecks } from './values/check-values.ts';

export interface DiagnosedFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

export interface DiagnoseOptions extends CheckContext {
  /** `header` reads no weights. */
  readonly depth: 'header' | 'full';
}

/** Findings of one code that are told one by one; of more, the first ones. */
const mostFindings = 2_000;

/** Diagnoses an opened file; the caller closes it. Throws only what reading throws, and `signal.reason`. */
export async function* diagnose(
  opened: OpenedSubject,
  file: DiagnosedFile,
  options: DiagnoseOptions,
): AsyncGenerator<DiagnosisEvent, Diagnosis, void> {
  const start = options.ports.now();
  const findings: Finding[] = [];
  const checks: CheckState[] = [];
  const skip = (area: DiagnosisArea, summary: string): CheckState => ({ area, state: 'skipped', summary, seconds: 0 }); // prettier-ignore

  if ('foreign' in opened) {
    const finding = findingOf('f1', opened.foreign);
    findings.push(finding);
    yield { event: 'finding', finding };
    checks.push({ area: 'structure', state: 'found', summary: finding.message, seconds: 0 });
    for (const area of areasBehindStructure) checks.push(skip(area, 'It is not a GGUF file.'));
    for (const check of checks) yield { event: 'check', check };
    const map: FileSegment[] = file.bytes === 0 ? [] : [{ offset: 0, size: file.bytes, kind: 'unknown', name: '', damaged: [] }]; // prettier-ignore
    const seconds = options.ports.now() - start;
    return { ...file, kind: 'not-gguf', title: opened.title, verdict: 'error', checks, findings, map, parts: [], seconds }; // prettier-ignore
  }

  const { subject } = opened;
  const { values, hashes } = tensorChecks();
  const steps: readonly (readonly [DiagnosisArea, Check, string | undefined])[] = [
    ['structure', checkStructure, undefined],
    ['values', values, options.depth === 'header' ? 'Only the header was asked for.' : undefined],
    ['hashes', hashes, options.depth === 'header' ? 'Only the header was asked for.' : undefined],
    ['metadata', checkMetadata, undefined],
    ['tokenizer', checkTokenizer, undefined],
    ['template', checkTemplate, undefined],
  ];
  for (const [area] of steps) {
    yield { event: 'check', check: { area, state: 'waiting', summary: '', seconds: 0 } };
  }
  for (const [area, check, skipped] of steps) {
    if (skipped !== undefined) {
      const state = skip(area, skipped);
      checks.push(state);
      yield { event: 'check', check: state };
      continue;
    }
    const state = yield* runCheck(area, check, subject, options, findings);
    checks.push(state);
  }
  return {
    ...file,
    kind: subject.kind,
    title: titleOf(subject),
    verdict: verdictOf(findings),
    checks,
    findings,
    map: mapOf(subject, findings),
    parts: subject.parts.map(({ fileName }) => fileName).filter((name) => !file.path.endsWith(name)), // prettier-ignore
    seconds: options.ports.now() - start,
  };
}

const areasBehindStructure = ['values', 'hashes', 'metadata', 'tokenizer', 'template'] as const;

async function* runCheck(
  area: DiagnosisArea,
  check: Check,
  subject: Subject,
  options: DiagnoseOptions,
  findings: Finding[],
): AsyncGenerator<DiagnosisEvent, CheckState, void> {
  const begin = options.ports.now();
  const before = findings.length;
  yield { event: 'check', check: { area, state: 'running', summary: '', seconds: 0 } };
  const run = check(subject, options);
  for (;;) {
    options.signal.throwIfAborted();
    const next = await run.next();
    const seconds = options.ports.now() - begin;
    if (next.done === true) {
      const found = findings.slice(before);
      const { summary, skipped } = next.value;
      const state: CheckState =
        found.length > 0
          ? { area, state: 'found', summary: summaryOf(found), seconds }
          : { area, state: skipped === true ? 'skipped' : 'passed', summary, seconds };
      yield { event: 'check', check: state };
      return state;
    }
    if (!isDraft(next.value)) {
      yield next.value;
      continue;
    }
    if (findings.length >= mostFindings) continue;
    const finding = findingOf(`f${findings.length + 1}`, next.value);
    findings.push(finding);
    yield { event: 'finding', finding };
  }
}

/** `2 errors and 1 warning`; of a single finding its message. */
export function summaryOf(findings: readonly Finding[]): string {
  const [first] = findings;
  if (findings.length === 1 && first !== undefined) return first.message;
  const parts = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    const word = severity === 'info' ? 'note' : severity;
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
  });
  return `${parts.join(', ')}.`;
}

export function verdictOf(findings: readonly Pick<Finding, 'severity'>[]): Diagnosis['verdict'] {
  const has = (severity: Finding['severity']) => findings.some((finding) => finding.severity === severity); // prettier-ignore
  return has('error') ? 'error' : has('warning') ? 'warning' : has('info') ? 'info' : 'healthy';
}

function titleOf(subject: Subject): string {
  const { architecture, tensors, metadata, kind, survey, split } = subject;
  const typed = tensors.flatMap(({ name, shape, type }) => (type === undefined ? [] : [{ name, shape, type }])); // prettier-ignore
  const level = kind === 'model' ? levelOfGguf(metadata, typed) : undefined;
  const what = kind === 'adapter' ? 'LoRA adapter' : kind === 'imatrix' ? 'importance matrix' : kind === 'mmproj' ? 'projector' : undefined; // prettier-ignore
  return [
    architecture?.slice(0, 40) ?? (kind === 'imatrix' ? undefined : 'unknown architecture'),
    what,
    level,
    `${tensors.length} tensors`,
    survey.byteOrder === 'big' ? 'big-endian' : undefined,
    split === undefined ? undefined : `${split.length} parts`,
  ]
    .filter((text) => text !== undefined)
    .join(', ');
}
