// Answers that a model gave earlier to the questions of a file, kept one by one, so that asking goes on where it stopped. Their
// texts are kept, not whether they were right: that is looked at each time.
import { z } from 'zod';
import { openKeptChunks } from '#src/io/measurement-store.ts';
import type { ModelIdentity } from '../evaluate/measured-model.ts';
import type { MeasuringBackend } from '../evaluate/measuring-backend.ts';
import type { GivenAnswer } from './answering-model.ts';

export interface AnswerConditions {
  readonly model: ModelIdentity;
  /** SHA-256 of the task file. */
  readonly tasks: string;
  readonly maximumTokens: number;
  readonly backend: MeasuringBackend;
  readonly gpuLayers: number;
}

export interface KeptAnswers {
  /** One entry per question; undefined where it was not answered yet. */
  readonly answers: readonly (GivenAnswer | undefined)[];
  write(index: number, answer: GivenAnswer): Promise<void>;
}

/** Raised when questions are asked otherwise, or the bytes of a block get another form. */
const version = 1;

/** Questions of one file of the store: each takes a block of the disk. */
const perBlock = 32;

const blockSchema = z.array(
  z.object({ text: z.string(), flaw: z.enum(['not finite', 'repeats']).optional() }).nullable(),
);

/** With `fresh`, what is there counts as absent and is written anew. */
export async function openKeptAnswers(
  { model, tasks, maximumTokens, backend, gpuLayers }: AnswerConditions,
  count: number,
  fresh: boolean,
): Promise<KeptAnswers> {
  const { backend: name, cpuVariant, llamaRelease } = backend;
  const kept = await openKeptChunks('answers', {
    version,
    model,
    tasks,
    maximumTokens,
    computed: { backend: name, cpuVariant, llamaRelease, gpuLayers },
  });
  const answers: (GivenAnswer | undefined)[] = [];
  for (let block = 0; block * perBlock < count; block++) {
    const found = fresh ? [] : decodeBlock(await kept.read(block));
    const length = Math.min(perBlock, count - block * perBlock);
    for (let index = 0; index < length; index++) answers.push(found[index]);
  }
  return {
    answers,
    async write(index, answer) {
      answers[index] = answer;
      const block = Math.floor(index / perBlock);
      const own = answers.slice(block * perBlock, (block + 1) * perBlock);
      const text = JSON.stringify(Array.from(own, (each) => each ?? null));
      await kept.write(block, new TextEncoder().encode(text));
    },
  };
}

function decodeBlock(bytes: Uint8Array | undefined): (GivenAnswer | undefined)[] {
  if (bytes === undefined) return [];
  try {
    const parsed = blockSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    if (!parsed.success) return [];
    return parsed.data.map((each) =>
      each === null ? undefined : { text: each.text, flaw: each.flaw },
    );
  } catch {
    return [];
  }
}
