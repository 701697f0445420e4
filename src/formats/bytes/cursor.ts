// A reading position over a window of a file, little-endian unless told otherwise. Parsers stay synchronous and fast: where
// the window ends too early they throw NeedMoreBytes, and the owner of the window repeats the step with a larger one.
import { StudioError } from '#src/errors/studio-error.ts';

/** Not an error: asks the owner of the window for at least `byteCount` bytes from the start of the window. */
export class NeedMoreBytes extends Error {
  constructor(readonly byteCount: number) {
    super('The window is too small');
  }
}

export class ByteCursor {
  private readonly view: DataView;
  position = 0;

  /** `bytes` is the part of the file that starts at `base`; `size` is the size of the whole file. */
  constructor(
    readonly bytes: Uint8Array,
    readonly base: number,
    readonly size: number,
    readonly label: string,
    /** False only for files that were made for big-endian machines, which the doctor reads. */
    readonly littleEndian = true,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset in the file. */
  get offset(): number {
    return this.base + this.position;
  }

  /** Bytes between the position and the end of the file. */
  get remaining(): number {
    return this.size - this.offset;
  }

  /** Throws unless `byteCount` more bytes are there: `format/truncated` where the file ends, NeedMoreBytes else. */
  require(byteCount: number): void {
    if (this.position + byteCount <= this.bytes.length) return;
    if (byteCount > this.remaining) {
      throw new StudioError(
        'format/truncated',
        `${this.label}: the file ends at ${this.size} bytes, but ${byteCount} bytes were expected at offset ${this.offset}.`,
        {
          hint: 'The download or copy is probably incomplete: fetch the file again.',
          details: { offset: this.offset, wanted: byteCount, size: this.size },
        },
      );
    }
    throw new NeedMoreBytes(this.position + byteCount);
  }

  private advance(byteCount: number): number {
    this.require(byteCount);
    const start = this.position;
    this.position += byteCount;
    return start;
  }

  /** The next bytes, not copied. */
  take(byteCount: number): Uint8Array {
    const start = this.advance(byteCount);
    return this.bytes.subarray(start, start + byteCount);
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  int8(): number {
    return this.view.getInt8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), this.littleEndian);
  }

  int16(): number {
    return this.view.getInt16(this.advance(2), this.littleEndian);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), this.littleEndian);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), this.littleEndian);
  }

  float32(): number {
    return this.view.getFloat32(this.advance(4), this.littleEndian);
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), this.littleEndian);
  }

  uint64(): bigint {
    return this.view.getBigUint64(this.advance(8), this.littleEndian);
  }

  int64(): bigint {
    return this.view.getBigInt64(this.advance(8), this.littleEndian);
  }

  /**
   * A 64-bit count, length or offset as a number; above 2^53 - 1 it throws `format/limit`, naming `what`.
   * Two 32-bit reads: millions of string lengths are read through here, and bigints are slow.
   */
  length64(what: string): number {
    const start = this.advance(8);
    const high = this.view.getUint32(this.littleEndian ? start + 4 : start, this.littleEndian);
    if (high > 0x1f_ffff) {
      throw new StudioError(
        'format/limit',
        `${this.label}: ${what} at offset ${this.base + start} is ${this.view.getBigUint64(start, this.littleEndian)}, more than any file holds.`,
        { hint: 'The file is damaged: fetch it again.' },
      );
    }
    const low = this.view.getUint32(this.littleEndian ? start : start + 4, this.littleEndian);
    return high * 0x1_0000_0000 + low;
  }
}
