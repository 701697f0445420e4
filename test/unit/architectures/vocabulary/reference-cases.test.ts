// Tiny tokenizers of every kind against the entries that the reference converter writes for them
// (test/golden/vocabulary/make-cases.py).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gpt2Vocabulary } from '#src/architectures/vocabulary/byte-pair-vocabulary.ts';
import {
  gemma2Vocabulary,
  gemma3Vocabulary,
} from '#src/architectures/vocabulary/gemma-vocabulary.ts';
import { llamaVocabulary } from '#src/architectures/vocabulary/llama-vocabulary.ts';
import { phi3Vocabulary } from '#src/architectures/vocabulary/phi3-vocabulary.ts';
import { qwenVocabulary } from '#src/architectures/vocabulary/qwen-vocabulary.ts';
import {
  readVocabularySource,
  type VocabularySource,
} from '#src/architectures/vocabulary/vocabulary-source.ts';
import { wordPieceVocabulary } from '#src/architectures/vocabulary/word-piece-vocabulary.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { memoryFolder } from '#test/helpers/memory-folder.ts';

type StoredEntry = readonly [key: string, type: string, value: unknown];

interface Case {
  readonly pre: string | null;
  readonly files: Readonly<Record<string, string | object | { base64: string }>>;
  readonly vocab_size?: number | null;
  readonly entries?: readonly StoredEntry[];
  readonly error?: string;
}

const cases = Object.entries(
  JSON.parse(
    readFileSync(new URL('../../../golden/vocabulary/cases.json', import.meta.url), 'utf8'),
  ) as Record<string, Case>,
);

const vocabularyOf: Record<
  string,
  (source: VocabularySource) => GgufEntry[] | Promise<GgufEntry[]>
> = {
  GPT2LMHeadModel: gpt2Vocabulary,
  LlamaForCausalLM: llamaVocabulary,
  MistralForCausalLM: llamaVocabulary,
  Qwen2ForCausalLM: qwenVocabulary,
  Phi3ForCausalLM: phi3Vocabulary,
  Gemma2ForCausalLM: gemma2Vocabulary,
  Gemma3ForCausalLM: gemma3Vocabulary,
  BertModel: wordPieceVocabulary,
};

function folderOf({ files }: Case) {
  return memoryFolder(
    Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'object' && 'base64' in content
          ? Uint8Array.from(Buffer.from(content.base64, 'base64'))
          : content,
      ]),
    ),
  );
}

async function convert(testCase: Case): Promise<StoredEntry[]> {
  const config = testCase.files['config.json'] as { architectures: string[] };
  const hyperparameters =
    typeof testCase.vocab_size !== 'number'
      ? config
      : { ...config, vocab_size: testCase.vocab_size };
  const source = await readVocabularySource(
    folderOf(testCase),
    hyperparameters,
    testCase.pre === null ? {} : { pre: testCase.pre },
  );
  const vocabulary = vocabularyOf[config.architectures[0] ?? ''];
  if (vocabulary === undefined) throw new Error('A case names an architecture without a function.');
  return (await vocabulary(source)).map(stored);
}

/** Long lists are compared by the SHA-256 of their JSON. */
function stored({ key, value }: GgufEntry): StoredEntry {
  if (value.type !== 'array') return [key, value.type, value.value];
  const list = Array.from(value.value as ArrayLike<unknown>);
  const type = `${value.elementType}[]`;
  if (list.length <= 700) return [key, type, list];
  const sha256 = createHash('sha256').update(JSON.stringify(list)).digest('hex');
  return [key, type, { length: list.length, sha256 }];
}

/** The reference's scores are Python floats until they are written. */
function asFloat32([key, type, value]: StoredEntry): StoredEntry {
  if (type !== 'float32[]' || !Array.isArray(value)) return [key, type, value];
  return [key, type, (value as number[]).map(Math.fround)];
}

describe('vocabularies', () => {
  const accepted = cases.filter(([, { entries }]) => entries !== undefined);
  const refused = cases.filter(([, { error }]) => error !== undefined);

  it.each(accepted)('equals the reference: %s', async (_, testCase) => {
    expect(await convert(testCase)).toEqual(testCase.entries?.map(asFloat32));
  });

  it.each(refused)('is refused as by the reference: %s', async (_, testCase) => {
    await expect(convert(testCase)).rejects.toThrow(StudioError);
  });
});
