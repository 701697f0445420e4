// When two files hold the same weights: built files carry a hash of every tensor, so bundled parents of one base, which
// differ only in the adapters behind it, need its weights in memory once.
import { createHash } from 'node:crypto';
import { provenanceKeys } from '#src/stages/package/provenance.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufArray, GgufHeader, GgufValue } from '#src/formats/gguf/types.ts';

/**
 * A hash of everything that computing depends on (tensors, architecture, tokenizer), or undefined for a file that does
 * not list its tensors' hashes. What it says of its tensors is believed: served files are checked against their manifest.
 */
export function weightsIdentity(header: GgufHeader): string | undefined {
  const hashes = entryValue(header.metadata, provenanceKeys.tensorHashes);
  if (hashes?.type !== 'array' || hashes.elementType !== 'string') return undefined;
  if (hashes.value.length !== header.tensors.length) return undefined;
  const hash = createHash('sha256');
  for (const [index, { name, shape, type }] of header.tensors.entries()) {
    hash.update(JSON.stringify([name, shape, type, hashes.value[index]]));
  }
  for (const { key, value } of header.metadata.toSorted((left, right) =>
    left.key < right.key ? -1 : 1,
  )) {
    const isAbout = key.startsWith('studio.') || key.startsWith('quantize.');
    if (isAbout || (key.startsWith('general.') && key !== 'general.architecture')) continue;
    hash.update(`\n${key}\0`);
    update(hash, value);
  }
  return hash.digest('hex');
}

function update(hash: ReturnType<typeof createHash>, value: GgufValue): void {
  if (value.type !== 'array') return void hash.update(`${value.type}:${String(value.value)}\0`);
  hash.update(`${value.elementType}[${value.value.length}]`);
  const items: ArrayLike<GgufArray | number | bigint | boolean | string> = value.value;
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!;
    if (typeof item === 'object') update(hash, item);
    else hash.update(`${String(item)}\0`);
  }
}
