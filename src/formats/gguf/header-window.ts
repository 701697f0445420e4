// Reads a header of unknown length through a window that starts at the entry being parsed and grows only when that
// entry does not fit: the file is never read whole, and what is read is bounded by the header limit.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { ByteCursor, NeedMoreBytes } from '#src/formats/bytes/cursor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { StudioError } from '#src/errors/studio-error.ts';

export interface HeaderWindow {
  /** Offset in the file of the next entry. */
  readonly offset: number;
  /** Runs `step` on a cursor at the next entry; repeats it with more bytes when it asks for them. */
  parse<Result>(step: (cursor: ByteCursor) => Result): Promise<Result>;
}

export function openHeaderWindow(source: ByteSource): HeaderWindow {
  let cursor = new ByteCursor(new Uint8Array(0), 0, source.size, source.label);

  async function enlarge(wanted: number): Promise<void> {
    const base = cursor.offset;
    if (base + wanted > limits.ggufHeaderBytes) {
      throw new StudioError(
        'format/limit',
        `${source.label}: the GGUF header is longer than ${limits.ggufHeaderBytes} bytes (an entry at offset ${base} wants ${wanted}).`,
        {
          hint: 'No real model has such a header: the file is damaged.',
          details: { offset: base, wanted, limit: limits.ggufHeaderBytes },
        },
      );
    }
    const length = Math.min(
      source.size - base,
      Math.max(wanted, limits.ggufFirstWindow, 2 * (cursor.bytes.length - cursor.position)),
      limits.ggufHeaderBytes - base,
    );
    cursor = new ByteCursor(await readBytes(source, base, length), base, source.size, source.label);
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
