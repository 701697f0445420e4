// The header of a parent with other adapters than it had: everything but the bundle's list stays, in its order. The
// tensors move as one block, so a rewrite costs one copy.
import { invariant } from '#src/errors/assert.ts';
import {
  bundleEntries,
  placeMembers,
  type BundleMember,
  type PlacedMember,
} from '#src/formats/bundle/bundle-entries.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry, GgufHeader } from '#src/formats/gguf/types.ts';
import { encodeGgufHeader, type EncodedGgufHeader } from '#src/formats/gguf/write-header.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { provenanceKeys } from '#src/stages/package/provenance.ts';

export interface BundlePlan {
  readonly header: EncodedGgufHeader;
  readonly members: readonly PlacedMember[];
  readonly fileSize: number;
}

/**
 * Lays a parent out with these adapters; `recipe` replaces what it says about its making. Throws `bundle/invalid` for a
 * file whose tensors do not lie as every GGUF writer lays them (they are moved as one block).
 */
export function planBundle(
  old: GgufHeader,
  members: readonly BundleMember[],
  recipe: string | undefined,
  label: string,
): BundlePlan {
  const own = old.metadata
    .filter(({ key }) => !key.startsWith('studio.bundle.'))
    .map((entry) =>
      entry.key === provenanceKeys.recipe && recipe !== undefined
        ? stringEntry(entry.key, recipe)
        : entry,
    );
  // Entries have the same length at any offset: planned at 0, the header's size is already the final one.
  const draft = encode(old, members.length === 0 ? own : [...own, ...listOf(members, 0)]);
  const placed = placeMembers(members, draft.fileSize);
  const header = encode(
    old,
    members.length === 0 ? own : [...own, ...bundleEntries(placed.members)],
  );
  invariant(header.fileSize === draft.fileSize, 'offsets do not change the size of the header');
  const moved = old.tensors.findIndex((tensor, index) => tensor.offset !== header.tensors[index]?.offset); // prettier-ignore
  if (moved !== -1) {
    throw new StudioError(
      'bundle/invalid',
      `${label}: the tensor "${old.tensors[moved]?.name ?? ''}" does not follow the one before it, so the file cannot be rewritten as it is.`,
      { hint: 'Write it anew first: gguf-studio quantize IN.gguf OUT.gguf COPY.' },
    );
  }
  return { header, members: placed.members, fileSize: placed.fileSize };
}

function listOf(members: readonly BundleMember[], fileSize: number): GgufEntry[] {
  return bundleEntries(placeMembers(members, fileSize).members);
}

function encode(old: GgufHeader, metadata: readonly GgufEntry[]): EncodedGgufHeader {
  return encodeGgufHeader({
    version: 3,
    metadata,
    tensors: old.tensors,
    alignment: old.alignment,
  });
}
