// The bundled parent (design section 5): an ordinary GGUF, then, after its last tensor and padded to 32 bytes, the
// adapters' own GGUF files. These entries list them; llama.cpp ignores both the entries and the tail.
import { invariant } from '#src/errors/assert.ts';
import {
  float32ArrayEntry,
  stringArrayEntry,
  uint32Entry,
  uint64ArrayEntry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export const bundleVersion = 1;
export const bundleAlignment = 32;

export const bundleKeys = {
  version: 'studio.bundle.version',
  names: 'studio.bundle.names',
  domains: 'studio.bundle.domains',
  offsets: 'studio.bundle.offsets',
  sizes: 'studio.bundle.sizes',
  sha256: 'studio.bundle.sha256',
  scales: 'studio.bundle.scales',
} as const;

/** An adapter to carry. */
export interface BundleMember {
  /** Its subdomain. */
  readonly name: string;
  readonly domain: string;
  /** Bytes of its GGUF file. */
  readonly size: number;
  /** Of its GGUF file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Weight at which it is meant to run, on top of its own alpha / rank; an F32 value. */
  readonly scale: number;
}

/** An adapter and where it lies in the file. */
export interface PlacedMember extends BundleMember {
  /** From the start of the file; a multiple of 32. */
  readonly offset: number;
}

/**
 * Places members behind a GGUF of `fileSize` bytes (its tensors' padding included).
 * The entries have the same length whatever the offsets are, so the header is planned with members placed at 0, and
 * the real offsets follow from the size that it gives.
 */
export function placeMembers(
  members: readonly BundleMember[],
  fileSize: number,
): { readonly members: readonly PlacedMember[]; readonly fileSize: number } {
  let offset = alignBundle(fileSize);
  let end = fileSize;
  const placed = members.map((member) => {
    const result = { ...member, offset };
    end = offset + member.size;
    offset = alignBundle(end);
    return result;
  });
  invariant(Number.isSafeInteger(end), 'bundle offsets are exact');
  return { members: placed, fileSize: end };
}

export function alignBundle(offset: number): number {
  return Math.ceil(offset / bundleAlignment) * bundleAlignment;
}

/** The metadata of a bundle, in a fixed order. */
export function bundleEntries(members: readonly PlacedMember[]): GgufEntry[] {
  return [
    uint32Entry(bundleKeys.version, bundleVersion),
    stringArrayEntry(
      bundleKeys.names,
      members.map((member) => member.name),
    ),
    stringArrayEntry(
      bundleKeys.domains,
      members.map((member) => member.domain),
    ),
    uint64ArrayEntry(
      bundleKeys.offsets,
      members.map((member) => BigInt(member.offset)),
    ),
    uint64ArrayEntry(
      bundleKeys.sizes,
      members.map((member) => BigInt(member.size)),
    ),
    stringArrayEntry(
      bundleKeys.sha256,
      members.map((member) => member.sha256),
    ),
    float32ArrayEntry(
      bundleKeys.scales,
      members.map((member) => member.scale),
    ),
  ];
}
