// Typed-array views of little-endian bytes. Files are little-endian, and so is every platform that we run on (x64,
// arm64); only alignment can stand in the way of a view.

/** `count` 16-bit numbers at the start of `bytes`; copies only when the bytes are not aligned. */
export function littleEndianUint16(bytes: Uint8Array, count: number): Uint16Array {
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint16Array(bytes.slice(0, 2 * count).buffer, 0, count);
}

/** `count` F32 values at the start of `bytes`; copies only when the bytes are not aligned. */
export function littleEndianFloat32(bytes: Uint8Array, count: number): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  return new Float32Array(bytes.slice(0, 4 * count).buffer, 0, count);
}
