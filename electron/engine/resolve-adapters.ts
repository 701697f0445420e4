// Adapters as llama.cpp wants them: files with scales. Those inside a bundle are checked against their hash and extracted
// once.
import { createHash } from 'node:crypto';
import type { AdapterChoice } from '#src/contract/engine.contract.ts';
import { samplingSchema, type Sampling } from '#src/contract/sampling.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { extractBundleMember } from '#src/io/extract-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { shortestSingle } from '#src/text/shortest-single.ts';
import { isEmbeddingModel } from '#src/stages/validate/validate-model.ts';
import { weightsIdentity } from './weights-identity.ts';

export interface ResolvedAdapter {
  readonly name: string;
  readonly filePath: string;
  readonly scale: number;
}

export interface ModelFacts {
  /** Names of the adapters inside the file. */
  readonly bundledAdapters: readonly string[];
  /** `studio.context_window`. */
  readonly contextWindow: number | undefined;
  /** `ARCHITECTURE.context_length`. */
  readonly trainedContext: number | undefined;
  /** The same for two files when token ids mean the same text in both. */
  readonly vocabulary: string;
  readonly architecture: string;
  /** The same for two files with the same weights; absent where a file does not say. */
  readonly weights: string | undefined;
  readonly isEmbeddingModel: boolean;
  /** What its authors recommend (`general.sampling.*`), as llama.cpp's own programs take it. */
  readonly sampling: Sampling;
}

/** Reads what the engine needs to know of a model's header before loading it. */
export async function readModelFacts(
  path: string,
  purpose: 'answers' | 'vectors' = 'answers',
): Promise<ModelFacts> {
  const source = await openFileByteSource(path);
  try {
    const header = await readGgufHeader(source);
    refuseOtherFiles(path, header.metadata, purpose);
    return {
      bundledAdapters: readBundle(source, header).map(({ name }) => name),
      contextWindow: entryNumber(header.metadata, 'studio.context_window'),
      trainedContext: entryNumber(
        header.metadata,
        `${entryString(header.metadata, 'general.architecture') ?? ''}.context_length`,
      ),
      vocabulary: hashVocabulary(header.metadata),
      architecture: entryString(header.metadata, 'general.architecture') ?? '',
      weights: weightsIdentity(header),
      isEmbeddingModel: isEmbeddingModel(header.metadata),
      sampling: recommendedSampling(header.metadata),
    };
  } finally {
    await source.close();
  }
}

function hashVocabulary(metadata: readonly GgufEntry[]): string {
  const hash = createHash('sha256');
  const tokens = metadata.find(({ key }) => key === 'tokenizer.ggml.tokens')?.value;
  if (tokens?.type === 'array' && tokens.elementType === 'string') {
    for (const token of tokens.value) hash.update(`${token}\0`);
  }
  return hash.digest('hex');
}

const samplingKeys = {
  temperature: 'general.sampling.temp',
  topK: 'general.sampling.top_k',
  topP: 'general.sampling.top_p',
  minP: 'general.sampling.min_p',
} as const;

/** Values out of range are left out. */
function recommendedSampling(metadata: readonly GgufEntry[]): Sampling {
  const given = Object.entries(samplingKeys).flatMap(([name, key]) => {
    const stored = entryNumber(metadata, key);
    const isSingle = entryValue(metadata, key)?.type === 'float32';
    const value = stored === undefined || !isSingle ? stored : shortestSingle(stored);
    return value === undefined ? [] : [[name, value] as const];
  });
  const valid = given.filter(
    ([name, value]) => samplingSchema.safeParse({ [name]: value }).success,
  );
  return Object.fromEntries(valid);
}

/** Files that llama.cpp would load and then answer nonsense, or refuse without saying why. */
function refuseOtherFiles(
  path: string,
  metadata: readonly GgufEntry[],
  purpose: 'answers' | 'vectors',
): void {
  const type = entryString(metadata, 'general.type') ?? 'model';
  if (type !== 'model') {
    throw new StudioError(
      'gguf/invalid',
      `${path} is not a model: its general.type is "${type}".`,
      {
        hint: 'Give the base model; adapters are given with --lora.',
      },
    );
  }
  if (purpose === 'answers' && isEmbeddingModel(metadata)) {
    throw new StudioError(
      'architecture/unsupported',
      `${path} is an embedding model: it turns texts into vectors and has no answers.`,
      { hint: 'Give a model that generates text.' },
    );
  }
}

/** Throws `usage/invalid` for a name that the bundle does not have, `adapter/invalid` for files that are no adapters. */
export async function resolveAdapters(
  modelPath: string,
  choices: readonly AdapterChoice[],
): Promise<ResolvedAdapter[]> {
  const resolved: ResolvedAdapter[] = [];
  for (const choice of choices) {
    resolved.push(
      'path' in choice
        ? await checkedFile(choice.path, choice.scale)
        : await bundledAdapter(modelPath, choice.bundled, choice.scale),
    );
  }
  return resolved;
}

async function checkedFile(path: string, scale: number): Promise<ResolvedAdapter> {
  const source = await openFileByteSource(path).catch((error: unknown) => {
    const isFolder = error instanceof StudioError && / is not a file/.test(error.message);
    if (!isFolder) throw error;
    throw new StudioError('adapter/invalid', `${path} is a folder, a GGUF adapter was expected.`, {
      hint: 'Convert it first: gguf-studio convert-lora FOLDER --base BASE --outfile adapter.gguf.',
    });
  });
  try {
    await readGgufHeader(source);
  } finally {
    await source.close();
  }
  return { name: path, filePath: path, scale };
}

async function bundledAdapter(
  modelPath: string,
  name: string,
  scale: number,
): Promise<ResolvedAdapter> {
  const source = await openFileByteSource(modelPath);
  try {
    const members = readBundle(source, await readGgufHeader(source));
    const member = members.find((candidate) => candidate.name === name);
    if (member === undefined) {
      const names = members.map((candidate) => candidate.name).join(', ');
      throw new StudioError('usage/invalid', `${modelPath} carries no adapter "${name}".`, {
        hint:
          names === ''
            ? 'It carries none; GGUF adapters are given with --lora.'
            : `It carries: ${names}.`,
      });
    }
    const filePath = await extractBundleMember(source, member);
    return { name, filePath, scale: scale * member.scale };
  } finally {
    await source.close();
  }
}
