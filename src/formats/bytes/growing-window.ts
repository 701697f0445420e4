// Reads a head of unknown length through a window that starts at the entry being parsed and grows only when that entry
// does not fit: the file is never read whole, and what is read is bounded by a limit.
import { StudioError } from '#src/errors/studio-error.ts';
import { readBytes, type ByteSource } from './byte-source.ts';
import { ByteCursor, NeedMoreBytes } from './cursor.ts';

export interface GrowingWindow {
  /** Offset in the file of the next entry. */
  readonly offset: number;
  /** Runs `step` on a cursor at the next entry; repeats it with more bytes when it asks for them. */
  parse<Result>(step: (cursor: ByteCursor) => Result): Promise<Result>;
}

export interface GrowingWindowOptions {
  /** Bytes read at first. */
  readonly firstLength: number;
  /** The head ends before this offset, else `format/limit`. */
  readonly limit: number;
  /** Names the head in messages: "GGUF header". */
  readonly what: string;
}

export function openGrowingWindow(
  source: ByteSource,
  { firstLength, limit, what }: GrowingWindowOptions,
): GrowingWindow {
  let cursor = new ByteCursor(new Uint8Array(0), 0, source.size, source.label);

  async function enlarge(wanted: number): Promise<void> {
    const base = cursor.offset;
    if (base + wanted > limit) {
      throw new StudioError(
        'format/limit',
        `${source.label}: the ${what} is longer than ${limit} bytes (an entry at offset ${base} wants ${wanted}).`,
        {
          hint: 'No real file has such a head: it is damaged.',
          details: { offset: base, wanted, limit },
        },
      );
    }
    const length = Math.min(
      source.size - base,
      Math.max(wanted, firstLength, 2 * (cursor.bytes.length - cursor.position)),
      limit - base,
    );
    const bytes = await readBytes(source, base, length);
    cursor = new ByteCursor(bytes, base, source.size, source.label);
  }

  return {
    get offset() {
      return cursor.offset;
    },
    async parse(step) {
      for (;;) {
        const start = cursor.position;
        try {
          return step(cursor);
        } catch (error) {
          if (!(error instanceof NeedMoreBytes)) throw error;
          cursor.position = start;
          await enlarge(error.byteCount - start);
        }
      }
    },
  };
}
