// Runs a reader over damaged files. A case passes when the file is accepted or refused with a StudioError that names it,
// within bounds of time, memory and bytes read.
import { expect } from 'vitest';
import { memoryByteSource, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { seededRandom, type Random } from './mutations.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly cases: number;
  /** The file's name in messages. */
  readonly label: string;
  readonly make: (random: Random) => Uint8Array;
  /** Reads the file and checks what it accepted. */
  readonly read: (source: ByteSource) => Promise<void>;
}

export interface FuzzOutcome {
  readonly accepted: number;
  /** How often each error code came up. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A reader may allocate a few times the file (window, copy, decoded text), and its fixed buffers. */
const allocationFactor = 24;
const fixedAllocation = 1 << 20;
const longestCaseMilliseconds = 3_000;

export async function runCases(options: FuzzOptions): Promise<FuzzOutcome> {
  const random = seededRandom(options.seed);
  const refused: Record<string, number> = {};
  let accepted = 0;
  for (let index = 0; index < options.cases; index++) {
    const bytes = options.make(random);
    const where = `case ${index} of seed ${options.seed} (${bytes.length} bytes)`;
    const start = performance.now();
    const { error, allocated, bytesRead } = await runCase(bytes, options);
    expect(performance.now() - start, `${where} takes too long`).toBeLessThan(longestCaseMilliseconds);
    const bound = allocationFactor * bytes.length + fixedAllocation;
    expect(allocated, `${where} allocates too much`).toBeLessThan(bound);
    expect(bytesRead, `${where} reads too much`).toBeLessThan(bound);
    if (error === undefined) accepted++;
    else if (error instanceof StudioError) {
      expect(error.message, where).toContain(options.label);
      refused[error.code] = (refused[error.code] ?? 0) + 1;
    } else throw new Error(`${where} throws something else`, { cause: error });
  }
  return { accepted, refused };
} // prettier-ignore

async function runCase(
  bytes: Uint8Array,
  { label, read }: FuzzOptions,
): Promise<{ error: unknown; allocated: number; bytesRead: number }> {
  let bytesRead = 0;
  const inner = memoryByteSource(bytes, label);
  const source: ByteSource = {
    ...inner,
    readInto(target, offset) {
      bytesRead += target.byteLength;
      return inner.readInto(target, offset);
    },
  };
  const meter = meterAllocations();
  try {
    await read(source);
    return { error: undefined, allocated: meter.stop(), bytesRead };
  } catch (error) {
    return { error, allocated: meter.stop(), bytesRead };
  }
}

/** Counts the bytes of all typed arrays that are made by length, until it is stopped. */
function meterAllocations(): { readonly stop: () => number } {
  let total = 0;
  const scope = globalThis as unknown as Record<string, unknown>;
  const originals = [Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array, BigInt64Array]; // prettier-ignore
  for (const original of originals) {
    scope[original.name] = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        if (typeof args[0] === 'number') total += args[0] * target.BYTES_PER_ELEMENT;
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  }
  return {
    stop() {
      for (const original of originals) scope[original.name] = original;
      return total;
    },
  };
}
