// Where readers get bytes from. Formats never open files: they ask a ByteSource, so that a file, a part of a
// file and a buffer built by a test look the same to them.
import { StudioError } from '#src/errors/studio-error.ts';

export interface ByteSource {
  /** How messages name it: a path as the user gave it. */
  readonly label: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Fills `target` completely with the bytes from `offset` on.
   * Throws `format/truncated` when the source ends before; never returns a short read.
   */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Reads exactly `length` bytes at `offset` into a new array. */
export async function readBytes(
  source: ByteSource,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  checkRange(source, offset, length);
  const target = new Uint8Array(length);
  await source.readInto(target, offset);
  return target;
}

/** Throws `format/truncated` unless [offset, offset + length) lies inside the source; call it before allocating. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > source.size) {
    throw new StudioError(
      'format/truncated',
      `${source.label}: wanted ${length} bytes at offset ${offset}, but the file has ${source.size} bytes.`,
      {
        hint: 'The download or copy is probably incomplete: fetch the file again.',
        details: { offset, wanted: length, size: source.size },
      },
    );
  }
}

/** A source over bytes in memory. */
export function memoryByteSource(bytes: Uint8Array, label = 'memory'): ByteSource {
  const source: ByteSource = {
    label,
    size: bytes.byteLength,
    readInto(target, offset) {
      checkRange(source, offset, target.byteLength);
      target.set(bytes.subarray(offset, offset + target.byteLength));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return source;
}

/** A window [offset, offset + size) of another source. Closing it does not close the other. */
export function sliceByteSource(
  source: ByteSource,
  offset: number,
  size: number,
  label?: string,
): ByteSource {
  checkRange(source, offset, size);
  const slice: ByteSource = {
    label: label ?? source.label,
    size,
    async readInto(target, innerOffset) {
      checkRange(slice, innerOffset, target.byteLength);
      await source.readInto(target, offset + innerOffset);
    },
    close: () => Promise.resolve(),
  };
  return slice;
}
