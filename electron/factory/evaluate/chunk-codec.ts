// What is kept of a chunk as bytes: the reference's distributions, or a subject's scores. Little endian; the store around it
// checks that nothing was changed, here only lengths are checked.
import type { PositionScores, ReferenceChunk } from '#src/evaluation/position-scores.ts';

const wordBytes = 4;

/** One part per decode call of the chunk. Layout: count, then per part: positions, bytes, nll (F32), encoded, padding to 4. */
export function encodeReference(parts: readonly ReferenceChunk[]): Uint8Array {
  const padded = (length: number) => Math.ceil(length / wordBytes) * wordBytes;
  const length = parts.reduce(
    (sum, { nll, encoded }) => sum + 2 * wordBytes + nll.byteLength + padded(encoded.byteLength),
    wordBytes,
  );
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, parts.length, true);
  let at = wordBytes;
  for (const { nll, encoded } of parts) {
    view.setUint32(at, nll.length, true);
    view.setUint32(at + wordBytes, encoded.byteLength, true);
    at += 2 * wordBytes;
    bytes.set(bytesOf(nll), at);
    at += nll.byteLength;
    bytes.set(encoded, at);
    at += padded(encoded.byteLength);
  }
  return bytes;
}

/** Undefined for bytes that are no reference. */
export function decodeReference(bytes: Uint8Array): ReferenceChunk[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < wordBytes) return undefined;
  const count = view.getUint32(0, true);
  const parts: ReferenceChunk[] = [];
  let at = wordBytes;
  for (let index = 0; index < count; index++) {
    if (at + 2 * wordBytes > bytes.byteLength) return undefined;
    const positions = view.getUint32(at, true);
    const encodedBytes = view.getUint32(at + wordBytes, true);
    at += 2 * wordBytes;
    const end = at + positions * wordBytes + encodedBytes;
    if (end > bytes.byteLength) return undefined;
    const nll = floats(bytes, at, positions);
    parts.push({ nll, encoded: bytes.slice(at + positions * wordBytes, end) });
    at = Math.ceil(end / wordBytes) * wordBytes;
  }
  return parts;
}

const scoreArrays = ['nll', 'nllBase', 'kld', 'samplingVariance'] as const;

/** Four F32 arrays and one of bytes, all of the same length. */
export function encodeScores(scores: PositionScores): Uint8Array {
  const count = scores.nll.length;
  const bytes = new Uint8Array(count * (scoreArrays.length * wordBytes + 1));
  scoreArrays.forEach((name, index) => bytes.set(bytesOf(scores[name]), index * count * wordBytes));
  bytes.set(scores.sameTop, scoreArrays.length * count * wordBytes);
  return bytes;
}

/** Undefined for bytes that are not the scores of `count` positions. */
export function decodeScores(bytes: Uint8Array, count: number): PositionScores | undefined {
  if (bytes.byteLength !== count * (scoreArrays.length * wordBytes + 1)) return undefined;
  const array = (index: number) => floats(bytes, index * count * wordBytes, count);
  return {
    nll: array(0),
    nllBase: array(1),
    kld: array(2),
    samplingVariance: array(3),
    sameTop: bytes.slice(scoreArrays.length * count * wordBytes),
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy: the bytes may lie at any address. */
function floats(bytes: Uint8Array, at: number, count: number): Float32Array {
  return new Float32Array(bytes.slice(at, at + count * wordBytes).buffer);
}
