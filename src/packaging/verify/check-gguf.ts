// One GGUF of a package by itself: its header, a hash per tensor where it carries them, and every adapter that rides in it.
import type { ManifestParent } from '#src/contract/routing/manifest.ts';
import type { PlacedMember } from '#src/formats/bundle/bundle-entries.ts';
import { openMember } from '#src/formats/bundle/read-bundle.ts';
import { sliceByteSource } from '#src/formats/bytes/byte-source.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { ggufAdapterOf } from '#src/model/open-gguf-adapter.ts';
import { baseOfModel, type AdapterBase } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openParent, type OpenParent } from '../bundle/open-parent.ts';
import type { CheckList } from './check-list.ts';

export interface CheckGgufOptions {
  /** Name in the list. */
  readonly subject: string;
  /** Compare every tensor with the hash that the file carries; not needed where the whole file's hash is known. */
  readonly tensors: boolean;
  readonly signal: AbortSignal;
}

/** The adapters that were found sound; undefined when the file cannot be read. */
export async function checkGguf(
  path: string,
  { subject, tensors, signal }: CheckGgufOptions,
  list: CheckList,
): Promise<readonly PlacedMember[] | undefined> {
  const parent = await list.attempt(subject, 'structure', () => openParent(path));
  if (parent === undefined) return undefined;
  try {
    list.passed(
      subject,
      'structure',
      `${parent.header.tensors.length} tensors, all inside the file`,
    );
    if (tensors) await checkTensors(parent, subject, list, signal);
    return await checkMembers(parent, subject, list, signal);
  } finally {
    await parent.close();
  }
}

async function checkTensors(
  { header, source }: OpenParent,
  subject: string,
  list: CheckList,
  signal: AbortSignal,
): Promise<void> {
  const hashes = readProvenance(header.metadata)?.tensorHashes ?? [];
  if (hashes.length === 0) {
    list.warning(subject, 'tensors', 'carries no hashes of its tensors: GGUF Studio did not build it'); // prettier-ignore
    return;
  }
  if (hashes.length !== header.tensors.length) {
    list.failed(subject, 'tensors', `carries ${hashes.length} hashes for ${header.tensors.length} tensors`); // prettier-ignore
    return;
  }
  const wrong: string[] = [];
  for (const [index, tensor] of header.tensors.entries()) {
    signal.throwIfAborted();
    const slice = sliceByteSource(source, header.dataOffset + tensor.offset, tensor.byteLength);
    if ((await sha256OfSource(slice, signal)) !== hashes[index]) wrong.push(tensor.name);
  }
  if (wrong.length === 0) return list.passed(subject, 'tensors', `${hashes.length} hashes match`);
  const shown = wrong.slice(0, 3).join(', ');
  list.failed(
    subject,
    'tensors',
    `${wrong.length} of ${hashes.length} tensors differ from their hashes: ${shown}${wrong.length > 3 ? ', ...' : ''}`,
    'The file was changed or damaged after it was built: copy it again, or build it again.',
  );
}

async function checkMembers(
  parent: OpenParent,
  subject: string,
  list: CheckList,
  signal: AbortSignal,
): Promise<PlacedMember[]> {
  const sound: PlacedMember[] = [];
  if (parent.members.length === 0) return sound;
  const base = await baseOf(parent);
  for (const member of parent.members) {
    const name = `${subject}#${member.domain}/${member.name}`;
    const fits = await list.attempt(name, 'bundle', async () => {
      const slice = await openMember(parent.source, member, (source) => sha256OfSource(source, signal)); // prettier-ignore
      await mapAdapter(ggufAdapterOf(await openGgufModel(slice, refuseParts)), base);
      return true;
    });
    if (fits !== true) continue;
    list.passed(name, 'bundle', 'hash matches, a LoRA that fits the base');
    sound.push(member);
  }
  return sound;
}

async function baseOf(parent: OpenParent): Promise<AdapterBase> {
  // Closing the view would close the parent's source, which is still read.
  return baseOfModel(await openGgufModel(parent.source, refuseParts));
}

function refuseParts(name: string): Promise<never> {
  return Promise.reject(new StudioError('gguf/split', `${name} belongs to a split, which cannot be packaged.`)); // prettier-ignore
}

/** What the manifest says of a parent's adapters against what the file carries. */
export function compareAdapters(
  parent: ManifestParent,
  members: readonly PlacedMember[],
  list: CheckList,
): void {
  const found = new Set(members.map((member) => `${member.domain}/${member.name}`));
  const bundled = parent.adapters.filter(({ source }) => source === 'bundled');
  for (const { id, domain, subdomain } of bundled) {
    if (found.has(`${domain}/${subdomain}`)) list.passed(id, 'adapter', `is in ${parent.file}`);
    else {
      list.failed(
        id,
        'adapter',
        `${parent.file} does not carry it, or carries it damaged`,
        `It carries: ${[...found].join(', ') || 'none'}.`,
      );
    }
  }
  const listed = new Set(bundled.map(({ domain, subdomain }) => `${domain}/${subdomain}`));
  for (const name of found) {
    if (!listed.has(name)) list.warning(`${parent.file}#${name}`, 'adapter', 'rides in the file, but the manifest does not name it'); // prettier-ignore
  }
}
