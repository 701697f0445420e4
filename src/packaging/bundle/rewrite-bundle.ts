// A bundled parent with adapters added or taken out: a new file, whose tensors are one copy of the old one's, byte for
// byte. The old file stays as it is.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { BundleMember, PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { openMember, readBundle } from '#src/formats/bundle/read-bundle.ts';
import { memoryByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { ggufAdapterOf } from '#src/model/open-gguf-adapter.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { refuseMergedTwice } from '#src/stages/package/provenance.ts';
import { planHash, writePieces, type Piece } from '../write-pieces.ts';
import { findMembers } from './find-members.ts';
import { openParent, type OpenParent } from './open-parent.ts';
import { planBundle, type BundlePlan } from './plan-bundle.ts';
import { mergedInto, recipeOfHeader, recipeWithAdapters } from './recipe-with-adapters.ts';

/** An adapter to add: a GGUF LoRA, perhaps converted from `source`. */
export interface AddedAdapter {
  readonly path: string;
  readonly name: string;
  readonly domain: string;
  readonly scale: number;
  /** What the user named: the same file, or a PEFT folder, with its content hash. */
  readonly source: { readonly path: string; readonly sha256: string };
}

export interface BundleChange {
  /** Names, or `domain/name`. */
  readonly remove?: readonly string[];
  readonly add?: readonly AddedAdapter[];
  /** Take all of them out: the plain base. */
  readonly plain?: boolean;
}

export interface RewriteOptions {
  readonly overwrite: boolean;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

export interface RewrittenBundle {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** `domain/name` of what rides in the new file. */
  readonly adapters: readonly string[];
}

/**
 * Writes `output`. Throws `bundle/unknown-adapter`, `bundle/invalid`, `build/conflict` for a name or an adapter that is
 * there already, `adapter/wrong-base`, and what writing throws.
 */
export async function rewriteBundle(
  path: string,
  output: string,
  change: BundleChange,
  { overwrite, emit, signal }: RewriteOptions,
): Promise<RewrittenBundle> {
  const parent = await openParent(path);
  const opened: ByteSource[] = [];
  try {
    const kept = keptMembers(parent, change);
    const added = change.add ?? [];
    const files: { member: BundleMember; source: ByteSource }[] = [];
    // Also of those that stay: a damaged adapter must not get a second home.
    for (const index of kept) {
      const member = parent.members[index] as PlacedMember;
      files.push({ member, source: await openMember(parent.source, member, sha256OfSource) });
    }
    await checkAdded(parent, files, added);
    for (const adapter of added) {
      const source = await openFileByteSource(adapter.path);
      opened.push(source);
      files.push({ member: await memberOf(adapter, source, signal), source });
    }
    const recipe = recipeOfHeader(parent.header, path);
    const text =
      recipe === undefined
        ? undefined
        : recipeWithAdapters(recipe, kept, added.map((each) => ({ ...each, ...each.source }))); // prettier-ignore
    const plan = planBundle(
      parent.header,
      files.map(({ member }) => member),
      text,
      path,
    );
    const pieces = piecesOf(parent, plan, files.map(({ source }) => source)); // prettier-ignore
    await makeFolder(dirname(output));
    emit({ event: 'phase', phase: 'Writing', detail: output });
    const total = pieces.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    const { size, mtimeMs } = await stat(path);
    const written = await writePieces(output, {
      size: plan.fileSize,
      pieces,
      plan: planHash([plan.header.bytes, path, size, mtimeMs]),
      overwrite,
      inputs: [path, ...added.map((adapter) => adapter.path)],
      signal,
      onBytes: (count) => emit({ event: 'progress', done: (done += count), total, unit: 'bytes' }),
      check: (partial) => checkMembers(partial, plan),
    });
    emit({ event: 'artifact', path: output, ...written });
    const adapters = plan.members.map(({ domain, name }) => `${domain}/${name}`);
    return { path: output, ...written, adapters };
  } finally {
    for (const source of opened) await source.close();
    await parent.close();
  }
}

/** Positions of the members that stay. */
function keptMembers(parent: OpenParent, { remove = [], plain }: BundleChange): number[] {
  if (plain === true) return [];
  const gone = new Set(findMembers(parent, remove));
  return parent.members.flatMap((member, index) => (gone.has(member) ? [] : [index]));
}

async function memberOf(
  { name, domain, scale, path }: AddedAdapter,
  source: ByteSource,
  signal: AbortSignal,
): Promise<BundleMember> {
  const sha256 = await hashFile(path, { signal });
  return { name, domain, scale: Math.fround(scale), size: source.size, sha256 };
}

/** Fits the base, is not in the weights already, and has a name of its own. */
async function checkAdded(
  parent: OpenParent,
  files: readonly { readonly member: BundleMember }[],
  added: readonly AddedAdapter[],
): Promise<void> {
  if (added.length === 0) return;
  const recipe = recipeOfHeader(parent.header, parent.path);
  const sources = added.map(({ name, source }) => ({ name, sha256: source.sha256 }));
  refuseMergedTwice(sources, mergedInto(recipe), parent.path);
  const names = new Set(files.map(({ member }) => `${member.domain}/${member.name}`));
  const model = await openGgufModel(parent.source, () =>
    Promise.reject(new StudioError('gguf/split', `${parent.path} is a part of a split GGUF.`)),
  );
  // The model is a view of the parent's source, which its owner closes.
  const base = baseOfModel(model);
  for (const adapter of added) {
    const id = `${adapter.domain}/${adapter.name}`;
    if (names.has(id)) {
      throw new StudioError('build/conflict', `${parent.path} carries "${id}" already.`, {
        hint: 'Give the new one another name, or take the old one out first.',
      });
    }
    names.add(id);
    const source = await openFileByteSource(adapter.path);
    try {
      await mapAdapter(ggufAdapterOf(await openGgufModel(source, refuseParts)), base);
    } finally {
      await source.close();
    }
  }
}

function refuseParts(name: string): Promise<never> {
  return Promise.reject(
    new StudioError('gguf/split', `An adapter is one file, but ${name} belongs to it.`),
  );
}

function piecesOf(
  parent: OpenParent,
  { header, members }: BundlePlan,
  sources: readonly ByteSource[],
): Piece[] {
  const bytes = memoryByteSource(header.bytes, 'header');
  const last = parent.header.tensors.at(-1);
  const data = last === undefined ? 0 : last.offset + last.byteLength;
  return [
    { source: bytes, from: 0, size: bytes.size, at: 0 },
    { source: parent.source, from: parent.header.dataOffset, size: data, at: header.dataOffset },
    ...members.flatMap(({ offset, size }, index) => {
      const source = sources[index];
      return source === undefined ? [] : [{ source, from: 0, size, at: offset }];
    }),
  ];
}

/** The new file is read back before it gets its name. */
async function checkMembers(partial: string, plan: BundlePlan): Promise<void> {
  const source = await openFileByteSource(partial);
  try {
    const members = readBundle(source, await readGgufHeader(source));
    for (const member of members) await openMember(source, member, sha256OfSource);
    if (members.length !== plan.members.length) {
      throw new StudioError('bundle/invalid', `${partial} does not carry what was packed.`);
    }
  } finally {
    await source.close();
  }
}
