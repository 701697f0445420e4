// Metadata after a round trip through libggml, which copies strings up to their first zero byte and flags as 0 or 1
// (gguf_set_kv in ggml/src/gguf.cpp). Nothing that llama.cpp would read is lost.
import { ByteWriter } from '#src/formats/bytes/byte-writer.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

/** The entry as libggml copies it; the same object when nothing changes. */
export function asLibggmlCopies(entry: GgufEntry): GgufEntry {
  const { key, value, encoded } = entry;
  if (value.type === 'bool') return { key, value };
  if (value.type === 'string') {
    if (!value.value.includes('\0')) return entry;
    return {
      key,
      value: { type: 'string', value: cutText(value.value) },
      ...(encoded === undefined ? {} : { encoded: cutStrings(encoded, 0, 1) }),
    };
  }
  if (value.type !== 'array' || value.elementType !== 'string') return entry;
  if (!value.value.some((text) => text.includes('\0'))) return entry;
  return {
    key,
    value: { type: 'array', elementType: 'string', value: value.value.map(cutText) },
    // Element type (4 bytes) and count (8 bytes) stand before the strings.
    ...(encoded === undefined ? {} : { encoded: cutStrings(encoded, 12, value.value.length) }),
  };
}

function cutText(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** Shortens each of `count` encoded strings from `offset` on; the bytes before stay. */
function cutStrings(encoded: Uint8Array, offset: number, count: number): Uint8Array {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const writer = new ByteWriter();
  writer.raw(encoded.subarray(0, offset));
  let position = offset;
  for (let index = 0; index < count; index++) {
    const length = Number(view.getBigUint64(position, true));
    const bytes = encoded.subarray(position + 8, position + 8 + length);
    const zero = bytes.indexOf(0);
    const kept = zero < 0 ? bytes : bytes.subarray(0, zero);
    writer.uint64(BigInt(kept.length));
    writer.raw(kept);
    position += 8 + length;
  }
  return writer.finish();
}
