// A GGUF from its header: model, adapter, importance matrix or something else.
import type { Inspection } from '#src/contract/inspection.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { readPartHeaders, type GgufHeaders } from '#src/model/gguf-parts.ts';
import { levels } from '#src/tensors/levels.ts';
import { describeMetadata } from './describe-metadata.ts';
import { describeCount, totalsByType, weightCount } from './summarize-tensors.ts';

/**
 * Reads the header (of all parts of a split). `source` stays the caller's; siblings are closed here.
 * Throws what readGgufHeader throws.
 */
export async function inspectGguf(
  source: ByteSource,
  path: string,
  openSibling: (fileName: string) => Promise<ByteSource>,
): Promise<Inspection> {
  const header = await readGgufHeader(source);
  const problems: Inspection['problems'] = [];
  // A split whose other parts are missing is shown as the one part that is there, with the problem.
  const { parts, metadata } = await readPartHeaders(source, header, openSibling).catch(
    (error: unknown): GgufHeaders => {
      problems.push(problemOf(error));
      return { parts: [{ size: source.size, header }], metadata: header.metadata };
    },
  );
  const tensors = parts.flatMap((part) =>
    part.header.tensors.map(({ name, shape, type, byteLength }) => ({
      name,
      shape: [...shape],
      type,
      bytes: byteLength,
    })),
  );
  let adapters: Inspection['adapters'] = [];
  try {
    adapters = readBundle(source, header).map(({ name, domain, size, scale, sha256 }) => ({
      name,
      domain,
      bytes: size,
      scale,
      sha256,
    }));
  } catch (error) {
    problems.push(problemOf(error));
  }
  const weights = tensors.reduce((sum, { shape }) => sum + weightCount(shape), 0);
  const tensorBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const chatTemplate = entryString(metadata, 'tokenizer.chat_template');
  return {
    path,
    kind: kindOf(metadata),
    bytes: parts.reduce((sum, part) => sum + part.size, 0),
    facts: [
      {
        name: 'Format',
        value: `GGUF v${header.version}${parts.length > 1 ? `, ${parts.length} parts` : ''}`,
      },
      ...factsOf(metadata),
      { name: 'Weights', value: describeCount(weights) },
      ...(weights > 0
        ? [{ name: 'Bits per weight', value: ((tensorBytes * 8) / weights).toFixed(2) }]
        : []),
    ],
    types: totalsByType(tensors),
    metadata: describeMetadata(metadata),
    tensors,
    adapters,
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    problems,
    notices: [],
  };
}

/** What is wrong with the file; everything else is thrown on. */
export function problemOf(error: unknown): Inspection['problems'][number] {
  if (!(error instanceof StudioError) || error.kind !== 'input') throw error;
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

function kindOf(metadata: readonly GgufEntry[]): Inspection['kind'] {
  switch (entryString(metadata, 'general.type')) {
    case 'adapter':
      return 'gguf-adapter';
    case 'imatrix':
      return 'gguf-imatrix';
    default:
      return entryString(metadata, 'general.architecture') === undefined
        ? 'gguf-other'
        : 'gguf-model';
  }
}

const levelByFileType = new Map<number, string>(
  Object.entries(levels).map(([name, { fileType }]) => [fileType, name]),
);

/** The entries that people ask for first; absent ones are left out. */
function factsOf(metadata: readonly GgufEntry[]): Inspection['facts'] {
  const architecture = entryString(metadata, 'general.architecture');
  const text = (key: string) => entryString(metadata, key);
  const number = (key: string) => entryNumber(metadata, key)?.toString();
  const fileType = entryNumber(metadata, 'general.file_type');
  const ofArchitecture = (key: string) => number(`${architecture ?? ''}.${key}`);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Architecture', architecture],
    ['Name', text('general.name')],
    [
      'Level',
      fileType === undefined
        ? undefined
        : (levelByFileType.get(fileType) ?? `file type ${fileType}`),
    ],
    ['Layers', ofArchitecture('block_count')],
    ['Embedding length', ofArchitecture('embedding_length')],
    ['Trained window', ofArchitecture('context_length')],
    ['Window of this build', number('studio.context_window')],
    ['Tokenizer', joined(text('tokenizer.ggml.model'), text('tokenizer.ggml.pre'))],
    ['Adapter type', text('adapter.type')],
    ['Adapter alpha', number('adapter.lora.alpha')],
    ['Base model', text('general.base_model.0.name')],
    ['Chunks', number('imatrix.chunk_count')],
    ['Chunk size', number('imatrix.chunk_size')],
    ['Licence', text('general.license')],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function joined(first: string | undefined, second: string | undefined): string | undefined {
  return first === undefined ? undefined : second === undefined ? first : `${first}, ${second}`;
}
