// What is known of a model before it is loaded: its file's hash and size, its level, its vocabulary, its adapters' hashes.
// Read from headers, so that a wrong file is refused before hours of measuring.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Subject, SubjectAdapter, SubjectRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashSourceFiles, listSourceFiles, type SourceFile } from '#src/io/source-hash.ts';
import { isFolder, openBase } from '#src/jobs/open-sources.ts';
import { elementCountOf, type ModelView } from '#src/model/model-view.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { isEmbeddingModel } from '#src/stages/validate/validate-model.ts';
import { tensorByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';

/** What decides which tokens a text becomes and what they mean. */
export interface VocabularyFacts {
  readonly size: number;
  /** Hash of the tokens' texts in their order. */
  readonly texts: string;
  /** Hash of everything else under `tokenizer.`: how texts are cut, which tokens are added. */
  readonly rules: string;
}

/** An adapter with the hash of its own content; a bundled one with the file that holds it. */
export interface HashedAdapter {
  readonly request: SubjectAdapter;
  readonly sha256: string;
  /** The request's, times the bundle's own for a bundled one. */
  readonly scale: number;
}

export interface MeasuredModel {
  readonly subject: Subject;
  /** What llama.cpp loads: the first part of a split; the folder of a Hugging Face model. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly adapters: readonly HashedAdapter[];
  readonly vocabulary: VocabularyFacts;
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly SizedTensor[];
}

export interface SizedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: GgmlType;
  readonly byteLength: number;
}

/**
 * Reads a model's headers and hashes its files. Throws `io/*`, `gguf/*` for files that are no model,
 * `architecture/unsupported` for embedding models, `usage/invalid` for an adapter that the file does not carry.
 */
export async function describeMeasured(
  request: SubjectRequest,
  { signal, onFile }: { signal: AbortSignal; onFile?: (path: string) => void },
): Promise<MeasuredModel> {
  const folder = await isFolder(request.path);
  const base = await openBase(request.path, { signal });
  try {
    const { content } = base;
    refuseEmbedding(request.path, content);
    const files = await listSourceFiles(request.path, 'base');
    onFile?.(request.path);
    const sha256 = await hashSourceFiles(files, { signal });
    const tensors = content.tensors.map(({ name, shape, type }) => ({
      name,
      shape,
      type,
      byteLength: tensorByteLength(type, shape),
    }));
    const tensorBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const weights = tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
    const level = levelOfGguf(content.metadata, tensors);
    const vocabulary = vocabularyFacts(request.path, content.metadata);
    return {
      subject: {
        ...request,
        sha256,
        bytes: sizeOf(files, folder),
        ...(level === undefined ? {} : { level }),
        bitsPerWeight: weights === 0 ? 0 : (tensorBytes * 8) / weights,
        architecture: content.architecture,
        vocabularySize: vocabulary.size,
      },
      path: folder ? request.path : (files[0]?.path ?? request.path),
      isFolder: folder,
      adapters: await hashAdapters(request, signal),
      vocabulary,
      metadata: content.metadata,
      tensors,
    };
  } finally {
    await base.content.close();
  }
}

/** Of a folder the weights; its tokenizer and configuration are not what people compare. */
function sizeOf(files: readonly SourceFile[], folder: boolean): number {
  const counted = folder
    ? files.filter(({ name }) => /\.(?:safetensors|bin|pt|pth)$/i.test(name))
    : files;
  return counted.reduce((sum, { size }) => sum + size, 0);
}

function refuseEmbedding(path: string, { metadata }: ModelView): void {
  if (!isEmbeddingModel(metadata)) return;
  throw new StudioError(
    'architecture/unsupported',
    `${path} is an embedding model: it turns texts into vectors and predicts no tokens.`,
    { hint: 'Measure models that generate text.' },
  );
}

function vocabularyFacts(path: string, metadata: readonly GgufEntry[]): VocabularyFacts {
  const tokens = entryValue(metadata, 'tokenizer.ggml.tokens');
  if (tokens?.type !== 'array' || tokens.elementType !== 'string' || tokens.value.length === 0) {
    throw new StudioError('evaluation/vocabulary', `${path} carries no tokenizer.`, {
      hint: 'Convert the model from a folder that has its tokenizer files.',
    });
  }
  const texts = createHash('sha256');
  for (const token of tokens.value) texts.update(token).update('\0');
  const rules = createHash('sha256');
  const others = metadata.filter(
    ({ key }) =>
      key.startsWith('tokenizer.ggml.') &&
      key !== 'tokenizer.ggml.tokens' &&
      // Not every converter writes scores where they decide nothing (BPE).
      !key.endsWith('.scores'),
  );
  for (const { key, value } of [...others].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    rules.update(`\n${key} `);
    if (value.type !== 'array') rules.update(String(value.value));
    else
      for (const item of Array.from<unknown>(value.value as ArrayLike<unknown>))
        rules.update(`${String(item)}\0`);
  }
  return { size: tokens.value.length, texts: texts.digest('hex'), rules: rules.digest('hex') };
}

/** What a model with its adapters is, wherever it lies and whatever it is called. */
export interface ModelIdentity {
  readonly sha256: string;
  readonly adapters: readonly { readonly sha256: string; readonly scale: number }[];
}

/** Throws `io/*`, and `usage/invalid` for an adapter that the file does not carry. */
export async function identifyModel(
  request: Pick<SubjectRequest, 'path' | 'adapters'>,
  signal: AbortSignal,
): Promise<ModelIdentity> {
  const sha256 = await hashSourceFiles(await listSourceFiles(request.path, 'base'), { signal });
  const adapters = await hashAdapters(request, signal);
  return { sha256, adapters: adapters.map(({ sha256, scale }) => ({ sha256, scale })) };
}

async function hashAdapters(
  { path, adapters }: Pick<SubjectRequest, 'path' | 'adapters'>,
  signal: AbortSignal,
): Promise<HashedAdapter[]> {
  const hashed: HashedAdapter[] = [];
  for (const request of adapters) {
    if ('path' in request) {
      const files = await listSourceFiles(request.path, 'adapter');
      const sha256 = await hashSourceFiles(files, { signal });
      hashed.push({ request, sha256, scale: request.scale });
      continue;
    }
    const member = (await bundleOf(path)).find(({ name }) => name === request.bundled);
    if (member === undefined) {
      throw new StudioError('usage/invalid', `${path} carries no adapter "${request.bundled}".`, {
        hint: 'gguf-studio inspect tells which adapters it carries.',
      });
    }
    hashed.push({ request, sha256: member.sha256, scale: request.scale * member.scale });
  }
  return hashed;
}

/** The adapters inside a file; a folder carries none. */
export async function bundleOf(path: string) {
  if (await isFolder(path)) return [];
  const source = await openFileByteSource(path);
  try {
    return readBundle(source, await readGgufHeader(source));
  } finally {
    await source.close();
  }
}

/**
 * Throws `evaluation/vocabulary` unless `other` can be compared with the reference token by token. Which tokens are added
 * is the loaded vocabularies' to tell (checkStartToken).
 */
export function checkVocabularies(reference: MeasuredModel, other: MeasuredModel): void {
  const [base, own] = [reference.vocabulary, other.vocabulary];
  const names = `${nameOf(other)} and the reference ${nameOf(reference)}`;
  if (base.size !== own.size) {
    throw new StudioError(
      'evaluation/vocabulary',
      `${names} have vocabularies of different sizes: ${own.size} and ${base.size} tokens.`,
      {
        hint: 'Compare a model with the one that it was made from.',
        details: { subject: other.subject.path, size: own.size, referenceSize: base.size },
      },
    );
  }
  if (base.texts === own.texts) return;
  throw new StudioError('evaluation/vocabulary', `${names} have different tokenizers.`, {
    hint: 'Their tokens have the same number but other texts. Compare a model with the one that it was made from.',
    details: { subject: other.subject.path },
  });
}

/** Throws `evaluation/vocabulary` when one puts BOS before a text and the other does not, or another BOS. */
export function checkStartToken(
  reference: { readonly model: MeasuredModel; readonly startToken: number },
  other: { readonly model: MeasuredModel; readonly startToken: number },
): void {
  if (reference.startToken === other.startToken) return;
  const say = (token: number) =>
    token < 0 ? 'puts nothing there' : `puts BOS there (token ${token})`;
  throw new StudioError(
    'evaluation/vocabulary',
    `${nameOf(other.model)} and the reference ${nameOf(reference.model)} begin texts differently: the first ${say(other.startToken)}, the reference ${say(reference.startToken)}.`,
    {
      hint: 'tokenizer.ggml.add_bos_token or bos_token_id differ: convert the model again from its source.',
    },
  );
}

function nameOf({ subject }: MeasuredModel): string {
  return basename(subject.path);
}
