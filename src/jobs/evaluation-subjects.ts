// The files of an evaluate step as measuring asks for them: which files are compared with which unquantized model, under which
// names, and the key under which their run is found again.
import { createHash } from 'node:crypto';
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import { canonicalJson } from '#src/recipe/canonical-recipe.ts';
import { adapterName } from '#src/recipe/node-names.ts';
import type { PlannedEvaluation, PlannedSubject } from '#src/recipe/plan-evaluation.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import type { EvaluationTexts } from './evaluation-texts.ts';
import { modelIdentity, type HashOf } from './model-identity.ts';
import type { MeasureGroup } from './ports.ts';
import type { UnquantizedSources } from './unquantized-source.ts';

/** A subject with the name that people read. */
export interface NamedSubject {
  readonly subject: PlannedSubject;
  /** Unique within the step. */
  readonly id: string;
  readonly label: string;
}

/** Levels are called by their name where that tells them apart, else by their file. */
export function nameSubjects({ subjects }: PlannedEvaluation): NamedSubject[] {
  const files = [...new Map(subjects.map(({ output }) => [fileOf(output), output])).values()];
  const levels = files.map(({ level }) => level);
  const areDistinct = new Set(levels).size === levels.length;
  const taken = new Set<string>();
  return subjects.map((subject) => {
    const { output, adapter } = subject;
    const file = output.fileName.replace(/\.gguf$/i, '');
    const plain = areDistinct ? output.level : file;
    const added = adapter === undefined ? '' : ` + ${adapterName(adapter)}`;
    const label = `${plain}${added}`.slice(0, 300);
    const wanted = label.replace(/[^A-Za-z0-9._+-]+/g, '-').slice(0, 100);
    const stem = /^[A-Za-z0-9]/.test(wanted) ? wanted : `file-${wanted}`;
    let id = stem;
    // File systems without case would mix them up.
    for (let number = 2; taken.has(id.toLowerCase()); number++) id = `${stem}-${number}`;
    taken.add(id.toLowerCase());
    return { subject, id, label };
  });
}

function fileOf({ folder, fileName }: PlannedSubject['output']): string {
  return `${folder}/${fileName}`;
}

/** Where a subject's file lies now: under its name, or as the partial or rejected one. */
export type PathOf = (output: PlannedSubject['output']) => string;

/** Subjects by their unquantized model. */
export async function groupsOf(
  named: readonly NamedSubject[],
  pathOf: PathOf,
  unquantized: UnquantizedSources,
): Promise<MeasureGroup[]> {
  const groups = new Map<string, { first: PlannedSubject; subjects: SubjectRequest[] }>();
  for (const { subject, id, label } of named) {
    const { pass, adapter } = subject;
    const { base, merge } = pass.model;
    const key = `${base.id} ${merge?.node.id ?? ''} ${adapter?.id ?? ''}`;
    const group = groups.get(key) ?? { first: subject, subjects: [] };
    groups.set(key, group);
    group.subjects.push({
      id,
      label,
      form: formOf(subject),
      path: pathOf(subject.output),
      // The file itself says with which scale its adapters were made for it.
      adapters: adapter === undefined ? [] : [{ bundled: adapterName(adapter), scale: 1 }],
    });
  }
  return Promise.all(
    [...groups.values()].map(async ({ first: { pass, adapter }, subjects }) => ({
      reference: await unquantized.of(pass.model, adapter === undefined ? [] : [adapter]),
      subjects,
    })),
  );
}

function formOf({ pass, adapter }: PlannedSubject): SubjectRequest['form'] {
  if (adapter !== undefined) return 'run-time';
  if (pass.model.merge !== undefined) return 'merged';
  return pass.quantize.tensorTypes.length > 0 ? 'hybrid' : 'stock';
}

/** Raised when the same would be measured otherwise. */
const version = 1;

export interface EvaluationKeyParts {
  readonly node: NodeOf<'evaluate'>;
  readonly named: readonly NamedSubject[];
  readonly texts: EvaluationTexts;
  /** Content hash of each subject's file. */
  readonly fileHash: (output: PlannedSubject['output']) => string;
  readonly hashOf: HashOf;
  readonly library: string;
  /** Other processors round differently. */
  readonly machine: string;
}

/** What decides a run's figures; the gate does not. */
export function evaluationKey({
  node,
  named,
  texts,
  fileHash,
  hashOf,
  library,
  machine,
}: EvaluationKeyParts): string {
  const { contextSize, chunks, fullComparison } = node;
  const parts = {
    kind: 'evaluation',
    version,
    library,
    machine,
    texts: texts.identity,
    contextSize,
    ...(chunks === undefined ? {} : { chunks }),
    fullComparison,
    subjects: named.map(({ subject: { pass, output, adapter }, id, label }) => ({
      id,
      label,
      sha256: fileHash(output),
      ...(adapter === undefined ? {} : { adapter: adapterName(adapter) }),
      reference: modelIdentity(pass.model, hashOf, adapter === undefined ? [] : [adapter]),
    })),
  };
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}
