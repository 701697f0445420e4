// A chunk of the small reference: a header, then its positions one after another. The header says for which vocabulary and
// how many tokens it was made, so that a reference never meets another model's logits.
import { ReferenceReader, refuseReference } from './decode-position.ts';
import { chooseReferenceSize, type ReferenceSize } from './reference-size.ts';

/** `GSR1`: GGUF Studio reference, version 1. */
const magic = 0x31525347;
export const chunkHeaderBytes = 20;

/** Joins encoded positions (any number per part) to a chunk. */
export function joinReferenceChunk(
  vocabularySize: number,
  positions: number,
  parts: readonly Uint8Array[],
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, chunkHeaderBytes);
  const encoded = new Uint8Array(length);
  const { topTokens, sampledTokens } = chooseReferenceSize(vocabularySize);
  new Uint32Array(encoded.buffer, 0, 5).set(
    littleEndian([magic, vocabularySize, positions, topTokens, sampledTokens]),
  );
  let at = chunkHeaderBytes;
  for (const part of parts) {
    encoded.set(part, at);
    at += part.length;
  }
  return encoded;
}

/**
 * Checks a chunk's header and cuts it into positions: gives where each starts, and as the last entry where the last one
 * ends. Throws `evaluation/reference` when it was made for another vocabulary or number of positions, or is damaged.
 */
export function positionOffsets(
  encoded: Uint8Array,
  vocabularySize: number,
  positions: number,
): Uint32Array {
  if (encoded.length < chunkHeaderBytes) refuseReference('it has no header');
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const word = (index: number) => view.getUint32(4 * index, true);
  const size: ReferenceSize = chooseReferenceSize(vocabularySize);
  if (word(0) !== magic) refuseReference('it does not begin as one');
  if (word(1) !== vocabularySize) {
    refuseReference(`it is for ${word(1)} tokens, the model has ${vocabularySize}`);
  }
  if (word(2) !== positions) {
    refuseReference(`it has ${word(2)} positions, the text has ${positions}`);
  }
  if (word(3) !== size.topTokens || word(4) !== size.sampledTokens) {
    refuseReference(`it keeps ${word(3)} + ${word(4)} tokens per position`);
  }
  const offsets = new Uint32Array(positions + 1);
  const reader = new ReferenceReader(encoded, chunkHeaderBytes);
  for (let index = 0; index < positions; index++) {
    offsets[index] = reader.at;
    reader.take(reader.varint());
  }
  offsets[positions] = reader.at;
  if (reader.left !== 0) refuseReference('bytes are left over');
  return offsets;
}

/** Typed arrays have the machine's byte order, the file has the little-endian one. */
function littleEndian(words: readonly number[]): Uint32Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, index) => view.setUint32(4 * index, word, true));
  return new Uint32Array(view.buffer);
}
