// Reads one position of the small reference (layout: encode-position.ts). The bytes come from a file: every id, count and
// length is checked, so that a damaged reference is refused instead of giving a wrong figure.
import { StudioError } from '#src/errors/studio-error.ts';
import { lowestLogProbability, type PositionReference } from './position-reference.ts';
import type { ReferenceSize } from './reference-size.ts';

/** No draw is repeated more often, and no id is larger. */
const largestVarint = 2 ** 28;

/** Throws `evaluation/reference`: what is wrong with the kept reference. */
export function refuseReference(what: string): never {
  throw new StudioError('evaluation/reference', `The kept reference is damaged: ${what}.`, {
    hint: 'Measure again with --fresh, which makes the reference anew.',
  });
}

/** Walks over encoded bytes; every read is inside `end`. */
export class ReferenceReader {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at = 0,
    private readonly end = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.end - this.at;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= this.end) refuseReference('it ends inside a number');
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > largestVarint) break;
        return value;
      }
    }
    return refuseReference('a number has too many digits');
  }

  float32(): number {
    const value = this.view.getFloat32(this.take(4), true);
    if (!Number.isFinite(value)) refuseReference('a value is not finite');
    return value;
  }

  /** `count` codes of two bytes as ln p. */
  logProbabilities(count: number, least: number, step: number): Float64Array {
    const start = this.take(2 * count);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const code = this.view.getUint16(start + 2 * index, true);
      values[index] = Math.min(0, least + code * step);
    }
    return values;
  }

  /** Moves over `length` bytes; gives where they start. */
  take(length: number): number {
    if (length > this.left) refuseReference(`it ends ${length - this.left} bytes too early`);
    const start = this.at;
    this.at += length;
    return start;
  }
}

/** The position at `reader`, which then stands behind it. Throws `evaluation/reference`. */
export function decodePosition(
  bytes: Uint8Array,
  offset: number,
  vocabularySize: number,
  size: ReferenceSize,
): { readonly position: PositionReference; readonly end: number } {
  const length = new ReferenceReader(bytes, offset);
  const byteCount = length.varint();
  const start = length.take(byteCount);
  const reader = new ReferenceReader(bytes, start, start + byteCount);
  const tailMass = reader.float32();
  const least = reader.float32();
  const step = reader.float32();
  if (tailMass < 0 || tailMass > 1) refuseReference(`a probability is ${tailMass}`);
  if (least > 0 || least < lowestLogProbability || step < 0 || step > 1) {
    refuseReference('a scale is out of range');
  }
  const best = reader.varint();
  const distinct = reader.varint();
  if (best >= size.topTokens) refuseReference('its most probable token is not among its tokens');
  if (distinct > size.sampledTokens) refuseReference(`it has ${distinct} sampled tokens`);

  const topTokens = new Uint32Array(size.topTokens);
  let token = -1;
  for (let index = 0; index < size.topTokens; index++) {
    token += reader.varint() + 1;
    topTokens[index] = token;
  }
  if (token >= vocabularySize) refuseReference(`it names the token ${token}`);
  const topLogProbabilities = reader.logProbabilities(size.topTokens, least, step);

  const sampledTokens = new Uint32Array(distinct);
  const sampledCounts = new Uint32Array(distinct);
  let draws = 0;
  token = -1;
  for (let index = 0; index < distinct; index++) {
    const word = reader.varint();
    token += Math.floor(word / 2) + 1;
    sampledTokens[index] = token;
    const count = word % 2 === 1 ? reader.varint() + 2 : 1;
    sampledCounts[index] = count;
    draws += count;
  }
  if (token >= vocabularySize) refuseReference(`it names the token ${token}`);
  if (draws !== size.sampledTokens) refuseReference(`it has ${draws} draws`);
  const sampledLogProbabilities = reader.logProbabilities(distinct, least, step);
  if (reader.left !== 0) refuseReference('a position has bytes left over');
  return {
    position: {
      topTokens,
      topLogProbabilities,
      best,
      tailMass,
      sampledTokens,
      sampledLogProbabilities,
      sampledCounts,
    },
    end: start + byteCount,
  };
}
