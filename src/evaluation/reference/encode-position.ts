// Writes one position of the small reference. Layout, little-endian:
//   varint  bytes that follow
//   f32     tail mass
//   f32     smallest ln p;  f32  step of the codes
//   varint  index of the most probable token among the top ones
//   varint  number of distinct sampled tokens
//   top tokens:     varint distance to the one before (the first to -1, minus 1), all of them; then u16 codes
//   sampled tokens: varint 2 * distance + (1 if drawn more than once, then varint of the times minus 2); then u16 codes
// A code c means ln p = smallest + c * step, off by at most half a step: 2.5e-4 for the whole range of 32 nats.
import { lowestLogProbability, type PositionReference } from './position-reference.ts';

const highestCode = 65_535;

/** Appends a varint (7 bits a byte, lowest first) at `offset`; gives the offset behind it. */
function putVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    target[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[offset++] = rest;
  return offset;
}

/** The encoded position. Ids may have 28 bits, which no vocabulary comes near. */
export function encodePosition(position: PositionReference): Uint8Array {
  const { topTokens, sampledTokens } = position;
  const body = new Uint8Array(32 + 6 * topTokens.length + 11 * sampledTokens.length);
  const view = new DataView(body.buffer);
  const scale = scaleOf(position);
  view.setFloat32(0, position.tailMass, true);
  view.setFloat32(4, scale.least, true);
  view.setFloat32(8, scale.step, true);
  let at = putVarint(body, 12, position.best);
  at = putVarint(body, at, sampledTokens.length);
  let previous = -1;
  for (const token of topTokens) {
    at = putVarint(body, at, token - previous - 1);
    previous = token;
  }
  at = putCodes(view, at, position.topLogProbabilities, scale);
  previous = -1;
  sampledTokens.forEach((token, index) => {
    const count = position.sampledCounts[index] as number;
    at = putVarint(body, at, 2 * (token - previous - 1) + (count > 1 ? 1 : 0));
    if (count > 1) at = putVarint(body, at, count - 2);
    previous = token;
  });
  at = putCodes(view, at, position.sampledLogProbabilities, scale);
  const head = new Uint8Array(5);
  const headLength = putVarint(head, 0, at);
  const encoded = new Uint8Array(headLength + at);
  encoded.set(head.subarray(0, headLength));
  encoded.set(body.subarray(0, at), headLength);
  return encoded;
}

interface Scale {
  readonly least: number;
  readonly step: number;
}

/** Both as the F32 values that are stored, so that codes are chosen for what will be read. */
function scaleOf({ topLogProbabilities, sampledLogProbabilities }: PositionReference): Scale {
  let least = 0;
  let most = lowestLogProbability;
  for (const values of [topLogProbabilities, sampledLogProbabilities]) {
    for (const value of values) {
      const floored = Math.max(value, lowestLogProbability);
      if (floored < least) least = floored;
      if (floored > most) most = floored;
    }
  }
  least = Math.fround(least);
  return { least, step: Math.fround(Math.max(0, most - least) / highestCode) };
}

function putCodes(view: DataView, offset: number, values: Float64Array, scale: Scale): number {
  const factor = scale.step === 0 ? 0 : 1 / scale.step;
  for (const value of values) {
    const code = Math.round((value - scale.least) * factor);
    view.setUint16(offset, Math.min(highestCode, Math.max(0, code)), true);
    offset += 2;
  }
  return offset;
}
