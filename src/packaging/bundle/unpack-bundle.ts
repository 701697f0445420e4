// Takes adapters out of a bundled parent as GGUF files of their own, their bytes as they were packed.
import { join } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { openMember } from '#src/formats/bundle/read-bundle.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { checkDistinct } from '#src/io/same-file.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { levelOfGguf } from '#src/stages/library/level-of-gguf.ts';
import { adapterFileName, baseNameOf } from '../file-names.ts';
import { planHash, writePieces } from '../write-pieces.ts';
import { findMembers } from './find-members.ts';
import { openParent, type OpenParent } from './open-parent.ts';
import { rewriteBundle, type RewrittenBundle } from './rewrite-bundle.ts';

export interface UnpackRequest {
  readonly path: string;
  /** Names, or `domain/name`; all of them when empty. */
  readonly adapters: readonly string[];
  /** Also write the parent without its adapters. */
  readonly base: boolean;
  /** Absolute. */
  readonly folder: string;
  readonly overwrite: boolean;
}

export interface UnpackedAdapter {
  readonly name: string;
  readonly domain: string;
  readonly scale: number;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** It lay there already. */
  readonly reused: boolean;
}

export interface Unpacked {
  readonly adapters: readonly UnpackedAdapter[];
  readonly base?: Omit<RewrittenBundle, 'adapters'>;
}

/** Throws `bundle/invalid` (also for a hash that does not match), `bundle/unknown-adapter`, `output/exists`, I/O errors. */
export async function unpackBundle(
  { path, adapters, base, folder, overwrite }: UnpackRequest,
  { emit, signal }: { readonly emit: EventSink; readonly signal: AbortSignal },
): Promise<Unpacked> {
  const parent = await openParent(path);
  try {
    const members = adapters.length === 0 ? parent.members : findMembers(parent, adapters);
    if (parent.members.length === 0) {
      throw new StudioError('bundle/unknown-adapter', `${path} carries no adapters.`, {
        hint: 'Only bundled parents do; the adapters of a merged one are in its weights.',
      });
    }
    await makeFolder(folder);
    const places: string[] = [];
    for (const member of members) places.push(join(folder, await nameOf(parent, member)));
    await checkDistinct(places);
    const unpacked: UnpackedAdapter[] = [];
    for (const [index, member] of members.entries()) {
      const place = places[index] ?? '';
      emit({ event: 'phase', phase: 'Unpacking', detail: `${member.domain}/${member.name}` });
      unpacked.push(await unpackOne(parent, member, place, overwrite, signal));
      emit({ event: 'artifact', path: place, bytes: member.size, sha256: member.sha256 });
    }
    if (!base) return { adapters: unpacked };
    const plain = join(folder, plainName(parent));
    const { path: place, bytes, sha256 } = await rewriteBundle(path, plain, { plain: true }, { overwrite, emit, signal }); // prettier-ignore
    return { adapters: unpacked, base: { path: place, bytes, sha256 } };
  } finally {
    await parent.close();
  }
}

async function unpackOne(
  parent: OpenParent,
  member: PlacedMember,
  place: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<UnpackedAdapter> {
  const { name, domain, scale, size: bytes, sha256 } = member;
  const source = await openMember(parent.source, member, (slice) => sha256OfSource(slice, signal));
  const there = await hashFile(place, { signal }).catch(() => undefined);
  if (there === sha256) return { name, domain, scale, path: place, bytes, sha256, reused: true };
  await writePieces(place, {
    size: bytes,
    pieces: [{ source, from: 0, size: bytes, at: 0 }],
    plan: planHash(['unpack', sha256]),
    overwrite,
    inputs: [parent.path],
    signal,
  });
  return { name, domain, scale, path: place, bytes, sha256, reused: false };
}

/** `<Base>-<domain>-<subdomain>-<TYPE>-LoRA.gguf`: type last but one, as the GGUF naming convention has it. */
async function nameOf(parent: OpenParent, member: PlacedMember): Promise<string> {
  const source = await openMember(parent.source, member, sha256OfSource);
  const { metadata, tensors } = await readGgufHeader(source);
  const type = levelOfGguf(metadata, tensors) ?? 'F32';
  return adapterFileName(parent.path, member, type);
}

function plainName(parent: OpenParent): string {
  const { name, level } = baseNameOf(parent.path);
  return [name, 'base', ...(level === undefined ? [] : [level])].join('-') + '.gguf';
}
