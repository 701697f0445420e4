import { describe, expect, it } from 'vitest';
import {
  decodeTextTokens,
  encodeScoreFile,
  encodeTextTokens,
  readScoredChunk,
} from '#src/evaluation/token-files.ts';

const pieces = new Map([
  [7, new TextEncoder().encode(' seven')],
  [2, Uint8Array.of(0xc3)],
  [900, new Uint8Array()],
]);
const text = {
  contextSize: 4,
  startToken: -1,
  tokens: Int32Array.of(7, 2, 900, 7, 2, 2, 7, 900),
  pieces,
};
const scores = (first: number) => ({
  nll: Float32Array.of(first),
  nllBase: Float32Array.of(first / 2),
  kld: Float32Array.of(first / 4),
  sameTop: Uint8Array.of(first > 1 ? 1 : 0),
  samplingVariance: Float32Array.of(0),
});

describe('the token file of a text', () => {
  it('gives back what was written', () => {
    const read = decodeTextTokens(encodeTextTokens(text), 'text');
    expect(read).toMatchObject({ contextSize: 4, startToken: -1, tokens: text.tokens });
    expect(new Map([...read.pieces].map(([token, piece]) => [token, [...piece]]))).toEqual(
      new Map([...pieces].map(([token, piece]) => [token, [...piece]])),
    );
  });

  it('is refused wherever it was cut off', () => {
    const bytes = encodeTextTokens(text);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeTextTokens(bytes.slice(0, length), 'text')).toThrow('cannot be read');
    }
  });

  it('is refused when it claims more tokens than it can hold', () => {
    const bytes = encodeTextTokens(text);
    new DataView(bytes.buffer).setUint32(12, 0xffff_ffff, true);
    expect(() => decodeTextTokens(bytes, 'text')).toThrow('ends too early');
  });
});

describe('the score file of a subject', () => {
  const bytes = encodeScoreFile(4, [scores(1), scores(2)]);

  it('gives one chunk: KLD, both probabilities, the flag', () => {
    const { kld, pBase, p, sameTop } = readScoredChunk(bytes, 1, 'scores');
    expect([...kld]).toEqual([0.5]);
    expect(pBase[0]).toBeCloseTo(Math.exp(-1), 6);
    expect(p[0]).toBeCloseTo(Math.exp(-2), 6);
    expect([...sameTop]).toEqual([1]);
    expect([...readScoredChunk(bytes, 0, 'scores').sameTop]).toEqual([0]);
  });

  it('is refused when its length is not what its counts say, or a chunk is not there', () => {
    expect(() => readScoredChunk(bytes.slice(0, -1), 0, 'scores')).toThrow('contradict');
    expect(() => readScoredChunk(bytes, 2, 'scores')).toThrow('there is none 3');
  });
});
