// The older form of an importance matrix (.dat): i32 entry count; per entry an i32 name length, the name, an i32 call count,
// an i32 value count and the values as F32 (mean times calls); then, optionally, the last call count and the dataset's name.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import { checkValueCount } from './check-value-count.ts';
import { invalidImatrix } from './invalid-imatrix.ts';
import type { ImatrixFile } from './imatrix-file.ts';
import type { ImatrixEntry, ImatrixSums } from './imatrix-sums.ts';

/** The means that quantizers use. */
export async function readLegacyImatrix(source: ByteSource): Promise<ImatrixFile> {
  const { entries, ...about } = await readLegacySums(source);
  for (const { sums, counts } of entries.values()) {
    const callCount = counts[0] ?? 0;
    if (callCount > 0)
      sums.forEach((sum, channel) => (sums[channel] = sum / Math.fround(callCount)));
  }
  const values = new Map([...entries].map(([name, { sums }]) => [name, sums]));
  return { format: 'legacy', values, ...about };
}

/** Mean × calls and calls, as they are stored. Throws `imatrix/invalid`. */
export async function readLegacySums(source: ByteSource): Promise<ImatrixSums> {
  const reader = new LegacyReader(source);
  const entryCount = await reader.int32();
  // Least bytes of an entry: three lengths, one value.
  if (entryCount < 1 || entryCount > limits.imatrixEntries || entryCount * 16 > source.size) {
    throw invalidImatrix(
      source.label,
      `as an importance matrix of the older form it would have ${entryCount} entries`,
    );
  }
  const entries = new Map<string, ImatrixEntry>();
  let total = 0;
  for (let index = 0; index < entryCount; index++) {
    const name = await reader.text(`the name of entry ${index}`);
    const callCount = await reader.int32();
    const valueCount = await reader.int32();
    if (valueCount < 1 || valueCount * 4 > reader.remaining) {
      throw invalidImatrix(
        source.label,
        `the entry "${name}" claims ${valueCount} values, but ${reader.remaining} bytes are left`,
      );
    }
    total += valueCount;
    checkValueCount(source.label, total);
    // A repeated name replaces the earlier entry, as in llama.cpp.
    entries.set(name, {
      sums: await reader.floats(valueCount),
      counts: Float64Array.of(callCount),
    });
  }
  return { entries, ...(await readTrailer(reader)), chunkSize: 0 };
}

/** Both parts may be missing or cut short: llama.cpp then goes on without. */
async function readTrailer(
  reader: LegacyReader,
): Promise<{ chunkCount: number; datasets: readonly string[] }> {
  if (reader.remaining < 4) return { chunkCount: 0, datasets: [] };
  const chunkCount = await reader.int32();
  if (reader.remaining < 4) return { chunkCount, datasets: [] };
  const length = await reader.int32();
  if (length <= 0 || length > Math.min(reader.remaining, limits.imatrixNameBytes)) {
    return { chunkCount, datasets: [] };
  }
  return { chunkCount, datasets: [await reader.cString(length)] };
}

class LegacyReader {
  private offset = 0;

  constructor(private readonly source: ByteSource) {}

  get remaining(): number {
    return this.source.size - this.offset;
  }

  async int32(): Promise<number> {
    const bytes = await this.take(4);
    return new DataView(bytes.buffer).getInt32(0, true);
  }

  async text(what: string): Promise<string> {
    const length = await this.int32();
    if (length < 1 || length > limits.imatrixNameBytes) {
      throw invalidImatrix(this.source.label, `${what} has ${length} bytes`);
    }
    return this.cString(length);
  }

  /** Text of `length` bytes, ended early by a zero byte. */
  async cString(length: number): Promise<string> {
    const bytes = await this.take(length);
    const end = bytes.indexOf(0);
    return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  }

  async floats(count: number): Promise<Float32Array> {
    const bytes = await this.take(count * 4);
    return new Float32Array(bytes.buffer);
  }

  private async take(length: number): Promise<Uint8Array> {
    const bytes = await readBytes(this.source, this.offset, length);
    this.offset += length;
    return bytes;
  }
}
