import { describe, expect, it } from 'vitest';
import { invariant } from '#src/errors/assert.ts';
import { decodePosition } from '#src/evaluation/reference/decode-position.ts';
import { drawUniforms, hashTokens } from '#src/evaluation/reference/draw-uniforms.ts';
import { encodePosition } from '#src/evaluation/reference/encode-position.ts';
import { estimateDivergence } from '#src/evaluation/reference/estimate-divergence.ts';
import type { PositionReference } from '#src/evaluation/reference/position-reference.ts';
import {
  chunkHeaderBytes,
  joinReferenceChunk,
  positionOffsets,
} from '#src/evaluation/reference/reference-chunk.ts';
import {
  chooseReferenceSize,
  llamaLogitsBytes,
  type ReferenceSize,
} from '#src/evaluation/reference/reference-size.ts';
import { createLogitsKernel, type LogitsKernel } from '#src/kernels/logits-kernel.ts';
import {
  disturbed,
  exactDivergence,
  exactLogSumExp,
  normalNumbers,
  randomLogits,
} from '#test/helpers/random-logits.ts';

/** A position as the score workers make it. */
function positionOf(
  kernel: LogitsKernel,
  row: Float32Array,
  size: ReferenceSize,
  position = 0,
): PositionReference {
  kernel.row(0).set(row);
  const split = kernel.split(0, size.topTokens);
  invariant(!('notFiniteAt' in split), 'the row is finite');
  const draws = [...kernel.sampleTail(drawUniforms(size.sampledTokens, 1, 2, position))];
  const sampledTokens = Uint32Array.from(new Set(draws));
  const logP = (token: number) => (row[token] as number) - split.logSumExp;
  return {
    topTokens: split.topTokens,
    topLogProbabilities: Float64Array.from(split.topTokens, logP),
    best: split.topTokens.indexOf(split.top),
    tailMass: split.tailMass,
    sampledTokens,
    sampledLogProbabilities: Float64Array.from(sampledTokens, logP),
    sampledCounts: sampledTokens.map((token) => draws.filter((each) => each === token).length),
  };
}

/** Many equally likely tokens: the hardest case for distances, and the largest tail. */
const flat = (size: number): Float32Array => randomLogits(size, 5, 0.05);

describe('the small reference', () => {
  it.each([100_000, 128_256, 150_000, 151_936, 262_144])(
    'takes at most 1 % of llama.cpp’s file for a vocabulary of %i, even for the flattest row',
    (vocabularySize) => {
      const size = chooseReferenceSize(vocabularySize);
      const kernel = createLogitsKernel(vocabularySize);
      for (const row of [flat(vocabularySize), randomLogits(vocabularySize, 1, 3)]) {
        const encoded = encodePosition(positionOf(kernel, row, size));
        // With a whole chunk's header and the token's own likelihood (4 bytes).
        const bytes = encoded.length + chunkHeaderBytes + 4;
        expect(bytes).toBeLessThanOrEqual(0.01 * llamaLogitsBytes(vocabularySize));
      }
      expect(size.topTokens + size.sampledTokens).toBeGreaterThan(450);
    },
  );

  it('keeps small vocabularies whole, and enough of middling ones', () => {
    expect(chooseReferenceSize(300)).toEqual({ topTokens: 300, sampledTokens: 0 });
    expect(chooseReferenceSize(512)).toEqual({ topTokens: 256, sampledTokens: 64 });
    expect(chooseReferenceSize(32_000)).toEqual({ topTokens: 256, sampledTokens: 64 });
    expect(llamaLogitsBytes(4_001)).toBe(2 * 4_006);
  });

  it.each([300, 4_000, 150_000])(
    'comes back as it was written (vocabulary of %i)',
    (vocabularySize) => {
      const size = chooseReferenceSize(vocabularySize);
      const kernel = createLogitsKernel(vocabularySize);
      for (const spread of [0.05, 3, 12]) {
        const written = positionOf(kernel, randomLogits(vocabularySize, 3, spread), size);
        const encoded = encodePosition(written);
        const { position, end } = decodePosition(encoded, 0, vocabularySize, size);
        expect(end).toBe(encoded.length);
        expect(position.topTokens).toEqual(written.topTokens);
        expect(position.sampledTokens).toEqual(written.sampledTokens);
        expect(position.sampledCounts).toEqual(written.sampledCounts);
        expect(position.best).toBe(written.best);
        expect(position.tailMass).toBe(Math.fround(written.tailMass));
        const pairs = [
          [position.topLogProbabilities, written.topLogProbabilities],
          [position.sampledLogProbabilities, written.sampledLogProbabilities],
        ] as const;
        for (const [read, made] of pairs) {
          // Half a step of 32 nats in 65,535, and the rounding of the scale itself.
          read.forEach((value, index) => {
            expect(Math.abs(value - Math.max(-32, made[index] as number))).toBeLessThan(2.5e-4);
          });
        }
      }
    },
  );

  it.each([
    { vocabularySize: 2_000, spread: 1, noise: 0.02 },
    { vocabularySize: 2_000, spread: 1, noise: 0.3 },
    { vocabularySize: 2_000, spread: 2, noise: 1.5 },
    { vocabularySize: 40_000, spread: 3, noise: 0.1 },
    { vocabularySize: 40_000, spread: 5, noise: 0.5 },
  ])(
    'estimates divergence without bias and states its error: $vocabularySize tokens, noise $noise',
    ({ vocabularySize, spread, noise }) => {
      const size = chooseReferenceSize(vocabularySize);
      const kernel = createLogitsKernel(vocabularySize);
      const rows = 8;
      const draws = 50;
      let standardized = 0;
      let squares = 0;
      let stated = 0;
      for (let index = 0; index < rows; index++) {
        const base = randomLogits(vocabularySize, 100 + index, spread);
        const subject = disturbed(base, noise, 200 + index);
        const exact = exactDivergence(base, subject);
        const logSumExp = exactLogSumExp(subject);
        for (let draw = 0; draw < draws; draw++) {
          const encoded = encodePosition(positionOf(kernel, base, size, rows * draw + index));
          const { position } = decodePosition(encoded, 0, vocabularySize, size);
          const estimate = estimateDivergence(position, subject, logSumExp);
          standardized += estimate.kld - exact;
          squares += (estimate.kld - exact) ** 2;
          stated += estimate.variance;
        }
      }
      const trials = rows * draws;
      // The mean error is within four of its standard errors of zero, and the stated variance is the true one.
      expect(Math.abs(standardized / trials)).toBeLessThan((4 * Math.sqrt(squares)) / trials);
      expect(stated / squares).toBeGreaterThan(0.75);
      expect(stated / squares).toBeLessThan(1.33);
    },
  );

  it('is exact where it keeps all tokens, and zero for the model itself', () => {
    const size = chooseReferenceSize(300);
    const kernel = createLogitsKernel(300);
    for (let seed = 0; seed < 20; seed++) {
      const base = randomLogits(300, seed, 4);
      const subject = disturbed(base, 0.5, 50 + seed);
      const { position } = decodePosition(
        encodePosition(positionOf(kernel, base, size)),
        0,
        300,
        size,
      );
      const estimate = estimateDivergence(position, subject, exactLogSumExp(subject));
      expect(estimate.variance).toBe(0);
      // The codes' rounding meets ln p/q only, and tokens at the border of -16 may fall on its other side.
      expect(Math.abs(estimate.kld - exactDivergence(base, subject))).toBeLessThan(1e-4);
      expect(Math.abs(estimateDivergence(position, base, exactLogSumExp(base)).kld)).toBeLessThan(
        1e-7,
      );
    }
  });

  it('gives a model its own distribution back: no divergence, hardly any variance', () => {
    const vocabularySize = 40_000;
    const size = chooseReferenceSize(vocabularySize);
    const kernel = createLogitsKernel(vocabularySize);
    const base = randomLogits(vocabularySize, 1, 2);
    const encoded = encodePosition(positionOf(kernel, base, size));
    const { position } = decodePosition(encoded, 0, vocabularySize, size);
    const estimate = estimateDivergence(position, base, exactLogSumExp(base));
    expect(position.tailMass).toBeGreaterThan(0.1);
    expect(Math.abs(estimate.kld)).toBeLessThan(1e-6);
    expect(Math.sqrt(estimate.variance)).toBeLessThan(1e-6);
  });
});

describe('random numbers of a position', () => {
  it('are the same for the same text and position, and unrelated otherwise', () => {
    const text = hashTokens(Int32Array.of(1, 2, 3));
    expect(drawUniforms(64, 1, text, 0)).toEqual(drawUniforms(64, 1, text, 0));
    const others = [
      drawUniforms(64, 1, text, 1),
      drawUniforms(64, 2, text, 0),
      drawUniforms(64, 1, hashTokens(Int32Array.of(1, 2, 4)), 0),
    ];
    const first = new Set(drawUniforms(64, 1, text, 0));
    for (const other of others) expect(other.some((value) => first.has(value))).toBe(false);
  });

  it('ascend, and are uniform', () => {
    let sum = 0;
    for (let position = 0; position < 500; position++) {
      const drawn = drawUniforms(20, 7, 8, position);
      expect(drawn).toEqual(drawn.slice().sort());
      sum += drawn.reduce((all, value) => all + value, 0) / 20;
    }
    // Standard error sqrt(1 / 12 / 10,000) = 0.003.
    expect(sum / 500).toBeCloseTo(0.5, 1.9);
  });
});

describe('bytes of a reference that come from anywhere', () => {
  const vocabularySize = 1_000;
  const size = chooseReferenceSize(vocabularySize);
  const kernel = createLogitsKernel(vocabularySize);
  const parts = [1, 2, 3].map((seed) =>
    encodePosition(positionOf(kernel, randomLogits(vocabularySize, seed, 2), size)),
  );
  const chunk = joinReferenceChunk(vocabularySize, 3, parts);

  it('are cut into their positions', () => {
    const offsets = [...positionOffsets(chunk, vocabularySize, 3)];
    expect(offsets).toEqual(
      parts.reduce((ends, part) => [...ends, (ends.at(-1) ?? 0) + part.length], [chunkHeaderBytes]),
    );
    // A view into a larger buffer, as a file's part is.
    const shifted = new Uint8Array(chunk.length + 3);
    shifted.set(chunk, 3);
    expect([...positionOffsets(shifted.subarray(3), vocabularySize, 3)]).toEqual(offsets);
  });

  it('are refused when cut anywhere', () => {
    for (let length = 0; length < chunk.length; length += 7) {
      expect(() => positionOffsets(chunk.slice(0, length), vocabularySize, 3)).toThrow(/damaged/);
    }
  });

  it('are refused for another vocabulary, number of positions, or with bytes left over', () => {
    expect(() => positionOffsets(chunk, 1_001, 3)).toThrow(/1000 tokens, the model has 1001/);
    expect(() => positionOffsets(chunk, vocabularySize, 4)).toThrow(/3 positions/);
    const longer = new Uint8Array(chunk.length + 1);
    longer.set(chunk);
    expect(() => positionOffsets(longer, vocabularySize, 3)).toThrow(/left over/);
  });

  it('never give a token outside the vocabulary, a figure that is not finite, or another error', () => {
    const original = parts[0] as Uint8Array;
    const normal = normalNumbers(11);
    const subject = randomLogits(vocabularySize, 9);
    let refused = 0;
    for (let trial = 0; trial < 3_000; trial++) {
      const changed = original.slice();
      const at =
        trial % 40 < 20 ? trial % 20 : Math.floor(Math.abs(normal()) * 300) % changed.length;
      changed[at] = Math.floor(Math.abs(normal()) * 100) & 0xff;
      try {
        const { position } = decodePosition(changed, 0, vocabularySize, size);
        const tokens = [...position.topTokens, ...position.sampledTokens];
        expect(Math.max(...tokens)).toBeLessThan(vocabularySize);
        const { kld } = estimateDivergence(position, subject, exactLogSumExp(subject));
        expect(Number.isFinite(kld)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: 'evaluation/reference' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
