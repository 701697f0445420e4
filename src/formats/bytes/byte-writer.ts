// A growing little-endian byte buffer for headers; large data never goes through it.

export class ByteWriter {
  private bytes = new Uint8Array(65_536);
  private view = new DataView(this.bytes.buffer);
  private static readonly encoder = new TextEncoder();
  length = 0;

  /**
   * Makes room for `byteCount` bytes and moves behind them; gives where they start. Call it before looking at `bytes` or
   * `view`: it may replace them.
   */
  private advance(byteCount: number): number {
    this.reserve(byteCount);
    const start = this.length;
    this.length += byteCount;
    return start;
  }

  private reserve(byteCount: number): void {
    if (this.length + byteCount <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + byteCount));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  raw(bytes: Uint8Array): void {
    const at = this.advance(bytes.length);
    this.bytes.set(bytes, at);
  }

  uint8(value: number): void {
    const at = this.advance(1);
    this.view.setUint8(at, value);
  }

  uint16(value: number): void {
    const at = this.advance(2);
    this.view.setUint16(at, value, true);
  }

  uint32(value: number): void {
    const at = this.advance(4);
    this.view.setUint32(at, value, true);
  }

  float32(value: number): void {
    const at = this.advance(4);
    this.view.setFloat32(at, value, true);
  }

  float64(value: number): void {
    const at = this.advance(8);
    this.view.setFloat64(at, value, true);
  }

  uint64(value: bigint): void {
    const at = this.advance(8);
    this.view.setBigUint64(at, value, true);
  }

  /** A GGUF string: length in bytes as u64, then UTF-8. */
  text(value: string): void {
    const lengthAt = this.advance(8);
    this.reserve(value.length * 3);
    const { written } = ByteWriter.encoder.encodeInto(value, this.bytes.subarray(this.length));
    this.view.setBigUint64(lengthAt, BigInt(written), true);
    this.length += written;
  }

  /** Zeros up to the next multiple of `alignment`. */
  pad(alignment: number): void {
    this.advance((alignment - (this.length % alignment)) % alignment);
  }

  /** The written bytes (a copy of exactly their length). */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
