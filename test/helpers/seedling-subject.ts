// Seedling as the doctor's checks see it: its conversion's metadata and tensors, changed by a test, and what the checks say.
import { join } from 'node:path';
import { examineTemplates } from '#src/doctor/template/examine-template.ts';
import { isDraft, type Check, type Draft } from '#src/doctor/findings.ts';
import type { Subject } from '#src/doctor/subject.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openBase } from '#src/jobs/open-sources.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { seedlingFolder } from './run-studio.ts';

export interface Changes {
  readonly metadata?: (entries: readonly GgufEntry[]) => readonly GgufEntry[];
  readonly tensors?: (tensors: readonly TensorView[]) => readonly TensorView[];
  readonly source?: ModelView;
}

export async function openSeedling(): Promise<ModelView> {
  return (await openBase(join(seedlingFolder, 'seedling-4m'))).content;
}

/** What a check says of the model with the changes, and its closing sentence. */
export async function runCheck(
  check: Check,
  model: ModelView,
  changes: Changes = {},
): Promise<{ drafts: Draft[]; summary: string }> {
  const metadata = changes.metadata?.(model.metadata) ?? model.metadata;
  const subject = {
    label: 'seedling.gguf',
    kind: 'model',
    survey: { byteOrder: 'little' },
    metadata,
    tensors: changes.tensors?.(model.tensors) ?? model.tensors,
    architecture: model.architecture,
    complete: true,
  } as unknown as Subject;
  const run = check(subject, {
    source: changes.source,
    sibling: undefined,
    signal: new AbortController().signal,
    ports: {
      codec: { isFinite: () => true, decode: () => undefined },
      createSha256: () => ({ update: () => undefined, digest: () => '' }),
      examineTemplates: (task) => Promise.resolve(examineTemplates(task)),
      now: () => 0,
    },
  });
  const drafts: Draft[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done === true) return { drafts, summary: step.value.summary };
    if (isDraft(step.value)) drafts.push(step.value);
  }
}

/** The entry of a key replaced by what `change` makes of it. */
export function changeEntry(key: string, change: (entry: GgufEntry) => GgufEntry) {
  return (entries: readonly GgufEntry[]) =>
    entries.map((entry) => (entry.key === key ? change(entry) : entry));
}
