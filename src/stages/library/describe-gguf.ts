// The headline of a GGUF, whole or split, from its header alone: model, LoRA adapter, importance matrix or companion.
import type { LibraryItem } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry, GgufHeader, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { readPartHeaders } from '#src/model/gguf-parts.ts';
import { ggufAdapterOf } from '#src/model/open-gguf-adapter.ts';
import { domainOfGguf } from './domain-of-gguf.ts';
import { roleOfGguf } from './gguf-role.ts';
import { levelOfGguf } from './level-of-gguf.ts';
import {
  domainFields,
  given,
  itemOf,
  problemOfItem,
  type LibraryPlace,
  type OpenSibling,
} from './library-place.ts';
import { estimateMemory } from './memory-estimate.ts';

/**
 * Reads the headers of all parts. `source` stays the caller's; siblings are closed here.
 * Throws what keeps the file from being used: what readGgufHeader, joinGgufParts and ggufAdapterOf throw.
 */
export async function describeGguf(
  source: ByteSource,
  place: LibraryPlace,
  openSibling: OpenSibling,
): Promise<LibraryItem> {
  const header = await readGgufHeader(source);
  const { parts, metadata } = await readPartHeaders(source, header, openSibling);
  const tensors = parts.flatMap((part) => part.header.tensors);
  const type = entryString(metadata, 'general.type');
  const sized = { ...place, bytes: parts.reduce((sum, { size }) => sum + size, 0) };
  const format = parts.length > 1 ? `GGUF, ${parts.length} parts` : 'GGUF';
  const architecture = entryString(metadata, 'general.architecture') ?? '';
  if (type === 'imatrix') return itemOf(sized, 'imatrix', 'GGUF matrix');
  if (type === 'adapter') {
    return describeAdapter(source.label, metadata, tensors, architecture, sized);
  }
  if (architecture === '') {
    throw new StudioError(
      'gguf/invalid',
      `${source.label}: the metadata has no "general.architecture", so no program can load it.`,
      { hint: 'Fetch or convert the model again.' },
    );
  }
  const bundle = bundleOf(source, header);
  const { kind, role } = roleOfGguf(architecture, metadata, tensors.length);
  const weights = weightCount(tensors);
  const tensorBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const memory = kind === 'gguf' ? estimateMemory({ architecture, metadata, tensors }) : undefined;
  return {
    ...itemOf(sized, kind, format),
    architecture: architecture.slice(0, 100),
    parameters: weights,
    ...given('type', isHybrid(metadata) ? 'hybrid' : levelOfGguf(metadata, tensors)),
    ...given('bitsPerWeight', weights > 0 ? (tensorBytes * 8) / weights : undefined),
    ...given('contextLength', entryNumber(metadata, `${architecture}.context_length`)),
    ...given('contextWindow', entryNumber(metadata, 'studio.context_window')),
    ...domainFields(place, domainOfGguf(metadata, bundle.members)),
    bundledAdapters: bundle.members.map(({ name, domain, scale }) => ({ name, domain, scale })),
    ...given('memory', memory),
    role,
    ...given('problem', bundle.problem),
  };
}

/** Of no level: its types were chosen tensor by tensor (`allocate`). */
function isHybrid(metadata: readonly GgufEntry[]): boolean {
  return entryString(metadata, 'studio.allocation.profile') !== undefined;
}

function bundleOf(source: ByteSource, header: GgufHeader) {
  try {
    return { members: readBundle(source, header), problem: undefined };
  } catch (error) {
    // As the plain base such a file still works.
    return { members: [], problem: problemOfItem(error) };
  }
}

function describeAdapter(
  label: string,
  metadata: readonly GgufEntry[],
  tensors: readonly GgufTensorInfo[],
  architecture: string,
  place: LibraryPlace,
): LibraryItem {
  const adapter = ggufAdapterOf({
    label,
    architecture,
    metadata,
    tensors: tensors.map(({ name, shape, type }) => ({
      name,
      shape,
      type,
      readRows: () => Promise.reject(new Error(`${name} is only described`)),
    })),
    close: () => Promise.resolve(),
  });
  const weights = weightCount(tensors);
  const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    ...itemOf(place, 'adapter', 'GGUF adapter'),
    ...(architecture === '' ? {} : { architecture: architecture.slice(0, 100) }),
    parameters: weights,
    ...given('type', dominantType(tensors)),
    ...given('bitsPerWeight', weights > 0 ? (bytes * 8) / weights : undefined),
    ...domainFields(place, domainOfGguf(metadata, [])),
    adapter: {
      rank: Math.max(...adapter.modules.map(({ rank }) => rank)),
      alpha: adapter.alpha,
      ...given('baseName', adapter.baseModel?.slice(0, 300)),
    },
  };
}

function dominantType(tensors: readonly GgufTensorInfo[]): string | undefined {
  return [...tensors].sort((left, right) => right.byteLength - left.byteLength)[0]?.type;
}

function weightCount(tensors: readonly GgufTensorInfo[]): number {
  return tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
}
