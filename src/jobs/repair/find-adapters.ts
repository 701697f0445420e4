// Adapters of a bundle that fell off or were damaged, taken back by their hash: from other bundles, from what was extracted
// before, from GGUF files, or converted again from the PEFT folder that the recipe names.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { sliceByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { adapterCacheFolder } from '#src/io/adapter-cache.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { adapterName } from '#src/recipe/node-names.ts';
import type { JobFolder } from '../job-folder.ts';
import { openAdapterPacker } from '../pack-adapters.ts';
import type { FactoryPorts } from '../ports.ts';
import type { ContentFinder } from './find-content.ts';
import type { NearbyFile } from './nearby-files.ts';
import type { Reference } from './reference.ts';

export interface FoundAdapter {
  /** Where it comes from, for people. */
  readonly from: string;
  readonly path: string;
  /** Its bytes, whose hash was checked. */
  readonly source: ByteSource;
  close(): Promise<void>;
}

export interface AdapterPlaces {
  /** The damaged file, and where its tensors end: a tool may have moved what lies behind them. */
  readonly own: { readonly source: ByteSource; readonly end: number };
  readonly nearby: readonly NearbyFile[];
  readonly finder: ContentFinder;
  readonly reference: Reference | undefined;
  readonly folder: JobFolder;
  readonly ports: FactoryPorts;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Finds an adapter's very bytes; the reason when they are nowhere. */
export async function findAdapter(
  member: PlacedMember,
  places: AdapterPlaces,
): Promise<FoundAdapter | string> {
  const { own, nearby, finder, signal } = places;
  const moved = await findInTail(own.source, own.end, member, signal);
  if (moved !== undefined) {
    const slice = sliceByteSource(own.source, moved, member.size);
    return { from: 'its own tail', path: own.source.label, source: slice, close: () => Promise.resolve() }; // prettier-ignore
  }
  for (const file of nearby) {
    const twin = file.members.find(({ sha256, size }) => sha256 === member.sha256 && size === member.size); // prettier-ignore
    if (twin === undefined) continue;
    const slice = sliceByteSource(file.source, twin.offset, twin.size);
    if ((await sha256OfSource(slice, signal)) !== member.sha256) continue;
    return { from: basename(file.path), path: file.path, source: slice, close: () => Promise.resolve() }; // prettier-ignore
  }
  for (const path of [...(await cached(member.sha256)), ...(await finder.ggufFiles())]) {
    signal.throwIfAborted();
    const found = await fileOf(path, member, signal);
    if (found !== undefined) return found;
  }
  return convertedAgain(member, places);
}

/** Where the very bytes lie behind the tensors, if they do: a GGUF starts at a multiple of 8 by all writers. */
async function findInTail(
  source: ByteSource,
  end: number,
  { size, sha256 }: PlacedMember,
  signal: AbortSignal,
): Promise<number | undefined> {
  const step = 8;
  const window = 4 << 20;
  for (let start = Math.floor(end / step) * step; start + size <= source.size; start += window) {
    signal.throwIfAborted();
    const bytes = new Uint8Array(Math.min(window, source.size - start));
    await source.readInto(bytes, start);
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + 4 <= bytes.length; at += step) {
      if (view.getUint32(at, true) !== 0x4655_4747) continue;
      const place = start + at;
      if (place < end || place + size > source.size) continue;
      const slice = sliceByteSource(source, place, size);
      if ((await sha256OfSource(slice, signal)) === sha256) return place;
    }
  }
  return undefined;
}

/** The adapters that the recipe packs, for a list that cannot be read. Empty where one cannot be had. */
export async function membersOfRecipe(places: AdapterPlaces): Promise<PlacedMember[]> {
  const { reference, folder, ports, emit, signal } = places;
  const output = reference?.output;
  if (reference === undefined || output?.package === undefined) return [];
  const { domain, adapterType } = output.package;
  if (!output.adapters.every(({ id }) => reference.sources.has(id))) return [];
  try {
    const { pack } = openAdapterPacker(reference.sources, folder, ports, emit, signal);
    const members: PlacedMember[] = [];
    for (const node of output.adapters) {
      const packed = await pack(node, domain, reference.view, adapterType);
      if (packed.sha256 === '') return [];
      const { name, domain: own, size, sha256, scale } = packed;
      members.push({ name, domain: own, size, sha256, scale, offset: 0 });
    }
    return members;
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return [];
  }
}

/** Files of the cache carry the hash of their bytes in their names. */
async function cached(sha256: string): Promise<string[]> {
  const folder = adapterCacheFolder();
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith(`${sha256}.gguf`)).map((name) => join(folder, name));
}

async function fileOf(
  path: string,
  { size, sha256 }: PlacedMember,
  signal: AbortSignal,
): Promise<FoundAdapter | undefined> {
  const source = await openFileByteSource(path).catch(() => undefined);
  if (source === undefined) return undefined;
  if (source.size === size && (await sha256OfSource(source, signal)) === sha256) {
    return { from: basename(path), path, source, close: () => source.close() };
  }
  await source.close();
  return undefined;
}

/** The adapter of the recipe, packed as the build packed it. */
async function convertedAgain(
  member: PlacedMember,
  { reference, folder, ports, emit, signal }: AdapterPlaces,
): Promise<FoundAdapter | string> {
  const hash = `SHA-256 ${member.sha256.slice(0, 12)}…`;
  const nowhere = `no file with the ${hash} was found`;
  const output = reference?.output;
  if (reference === undefined || output?.package === undefined) return nowhere;
  const { domain, adapterType } = output.package;
  const node = output.adapters.find(
    (each) => adapterName(each) === member.name && (each.domain ?? domain) === member.domain,
  );
  if (node === undefined || !reference.sources.has(node.id)) return nowhere;
  try {
    const { pack } = openAdapterPacker(reference.sources, folder, ports, emit, signal);
    const packed = await pack(node, domain, reference.view, adapterType);
    const found = await fileOf(packed.path, member, signal);
    const name = reference.sources.get(node.id)?.name ?? node.id;
    return found === undefined
      ? `${name} gives other bytes than were packed (${hash})`
      : { ...found, from: name };
  } catch (error) {
    if (!(error instanceof StudioError) || isAbort(error)) throw error;
    return error.message;
  }
}
