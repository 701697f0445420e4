// The binary files beside a run for the token drift view. Little endian, every file begins with 8 bytes of magic (with the
// version) and its counts; lengths are checked before anything is read.
//
// texts/TEXT.tokens   "GSRTOK01", u32 context size, u32 chunks, i32 start token (-1: none), u32 distinct tokens,
//                     i32 × (chunks × context size) token ids as they stand in the text,
//                     per distinct token, ascending: i32 id, u32 length, its bytes
// scores/SUBJECT/TEXT.scores
//                     "GSRSCO01", u32 context size, u32 chunks, u32 scored positions per chunk, u32 0,
//                     F32 KLD, F32 p of the token by the reference, F32 p by the subject, u8 flags (1: same top), each array
//                     over all chunks
import { StudioError } from '#src/errors/studio-error.ts';
import { scoredPerChunk } from './chunk-plan.ts';
import type { PositionScores } from './position-scores.ts';

const tokensMagic = 'GSRTOK01';
const scoresMagic = 'GSRSCO01';
const headerBytes = 24;

export interface TextTokens {
  readonly contextSize: number;
  /** Put in place of each chunk's first token; -1 for none. */
  readonly startToken: number;
  /** Whole chunks, as they stand in the text. */
  readonly tokens: Int32Array;
  /** Bytes of every token that occurs. */
  readonly pieces: ReadonlyMap<number, Uint8Array>;
}

export interface ScoredChunk {
  readonly kld: Float32Array;
  readonly pBase: Float32Array;
  readonly p: Float32Array;
  /** 1 where both models' most probable token is the same. */
  readonly sameTop: Uint8Array;
}

export function encodeTextTokens({
  contextSize,
  startToken,
  tokens,
  pieces,
}: TextTokens): Uint8Array {
  const distinct = [...pieces].sort(([a], [b]) => a - b);
  const pieceBytes = distinct.reduce((sum, [, piece]) => sum + 8 + piece.length, 0);
  const bytes = new Uint8Array(headerBytes + tokens.byteLength + pieceBytes);
  const view = header(bytes, tokensMagic, [
    contextSize,
    tokens.length / contextSize,
    startToken,
    distinct.length,
  ]);
  tokens.forEach((token, index) => view.setInt32(headerBytes + 4 * index, token, true));
  let at = headerBytes + tokens.byteLength;
  for (const [token, piece] of distinct) {
    view.setInt32(at, token, true);
    view.setUint32(at + 4, piece.length, true);
    bytes.set(piece, at + 8);
    at += 8 + piece.length;
  }
  return bytes;
}

/** Throws `run/invalid`. */
export function decodeTextTokens(bytes: Uint8Array, label: string): TextTokens {
  const view = checkHeader(bytes, tokensMagic, label);
  const contextSize = view.getUint32(8, true);
  const count = view.getUint32(12, true) * contextSize;
  const distinct = view.getUint32(20, true);
  if (headerBytes + 4 * count > bytes.length) throw broken(label, 'it ends too early');
  const tokens = Int32Array.from({ length: count }, (_, index) =>
    view.getInt32(headerBytes + 4 * index, true),
  );
  const pieces = new Map<number, Uint8Array>();
  let at = headerBytes + 4 * count;
  for (let index = 0; index < distinct; index++) {
    if (at + 8 > bytes.length) throw broken(label, 'it ends too early');
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) throw broken(label, 'it ends too early');
    pieces.set(view.getInt32(at, true), bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return { contextSize, startToken: view.getInt32(16, true), tokens, pieces };
}

export function encodeScoreFile(
  contextSize: number,
  chunks: readonly PositionScores[],
): Uint8Array {
  const scored = scoredPerChunk(contextSize);
  const count = scored * chunks.length;
  const bytes = new Uint8Array(headerBytes + 13 * count);
  const view = header(bytes, scoresMagic, [contextSize, chunks.length, scored, 0]);
  chunks.forEach(({ kld, nll, nllBase, sameTop }, chunk) => {
    for (let index = 0; index < scored; index++) {
      const at = chunk * scored + index;
      view.setFloat32(headerBytes + 4 * at, kld[index] ?? 0, true);
      view.setFloat32(headerBytes + 4 * (count + at), Math.exp(-(nllBase[index] ?? 0)), true);
      view.setFloat32(headerBytes + 4 * (2 * count + at), Math.exp(-(nll[index] ?? 0)), true);
      bytes[headerBytes + 12 * count + at] = sameTop[index] ?? 0;
    }
  });
  return bytes;
}

/** One chunk of a score file. Throws `run/invalid`, and `usage/invalid` for a chunk that it does not have. */
export function readScoredChunk(bytes: Uint8Array, chunk: number, label: string): ScoredChunk {
  const view = checkHeader(bytes, scoresMagic, label);
  const contextSize = view.getUint32(8, true);
  const chunks = view.getUint32(12, true);
  const scored = view.getUint32(16, true);
  if (scored !== scoredPerChunk(contextSize) || bytes.length !== headerBytes + 13 * scored * chunks)
    throw broken(label, 'its lengths contradict each other');
  checkChunk(chunk, chunks, label);
  const floats = (array: number) =>
    Float32Array.from({ length: scored }, (_, index) =>
      view.getFloat32(headerBytes + 4 * ((array * chunks + chunk) * scored + index), true),
    );
  const flags = headerBytes + 12 * scored * chunks + chunk * scored;
  return {
    kld: floats(0),
    pBase: floats(1),
    p: floats(2),
    sameTop: bytes.slice(flags, flags + scored).map((flag) => flag & 1),
  };
}

/** Throws `usage/invalid` for a chunk that is not there. */
export function checkChunk(chunk: number, chunks: number, label: string): void {
  if (chunk < chunks) return;
  throw new StudioError(
    'usage/invalid',
    `${label} has ${chunks} chunks; there is none ${chunk + 1}.`,
  );
}

function header(bytes: Uint8Array, magic: string, values: readonly number[]): DataView {
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(magic));
  values.forEach((value, index) => view.setInt32(8 + 4 * index, value, true));
  return view;
}

function checkHeader(bytes: Uint8Array, magic: string, label: string): DataView {
  const found = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (bytes.length < headerBytes || found !== magic) throw broken(label, 'it is no file of a run');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8, true) === 0) throw broken(label, 'its context has no size');
  return view;
}

function broken(label: string, what: string): StudioError {
  return new StudioError('run/invalid', `${label} cannot be read: ${what}.`, {
    hint: 'Measure again; kept chunks make that quick.',
  });
}
