// Real workers over native memory, against the definitions computed in F64.
import koffi from 'koffi';
import { afterAll, describe, expect, it } from 'vitest';
import { ScorePool, scoreWorkerBytes } from '#electron/factory/evaluate/score-pool.ts';
import type { LogitRows } from '#src/evaluation/position-scores.ts';
import {
  disturbed,
  exactDivergence,
  exactLogSumExp,
  randomLogits,
} from '#test/helpers/random-logits.ts';

const vocabularySize = 5_003;
/** More than one job's rows, and not a multiple of them. */
const count = 41;
const allocated: bigint[] = [];

/** Rows in memory that JavaScript does not own, as llama.cpp's are. */
function nativeRows(rows: readonly Float32Array[]): LogitRows {
  const address = koffi.alloc('float', rows.length * vocabularySize) as bigint;
  allocated.push(address);
  const joined = new Float32Array(rows.length * vocabularySize);
  rows.forEach((row, index) => joined.set(row, index * vocabularySize));
  koffi.encode(address, 'float', joined, joined.length);
  return { address, count: rows.length };
}

const baseRows = Array.from({ length: count }, (_, index) => randomLogits(vocabularySize, index));
const subjectRows = baseRows.map((row, index) => disturbed(row, 0.2, 1_000 + index));
const next = Int32Array.from({ length: count }, (_, index) => (index * 7_919) % vocabularySize);
const base = nativeRows(baseRows);
const subject = nativeRows(subjectRows);
const pool = new ScorePool({ threads: 2, vocabularySize, seed: 1 });

afterAll(async () => {
  await pool.dispose();
  for (const address of allocated) koffi.free(address);
});

const likelihood = (rows: readonly Float32Array[], index: number): number => {
  const row = rows[index] as Float32Array;
  return exactLogSumExp(row) - (row[next[index] as number] as number);
};
const topOf = (row: Float32Array): number => row.indexOf(Math.max(...row));

describe('a pool of score workers', () => {
  it('scores two models side by side as llama-perplexity does', async () => {
    const scores = await pool.scorePair(base, subject, next);
    for (let index = 0; index < count; index++) {
      const [row, other] = [baseRows[index] as Float32Array, subjectRows[index] as Float32Array];
      expect(scores.nllBase[index]).toBeCloseTo(likelihood(baseRows, index), 5);
      expect(scores.nll[index]).toBeCloseTo(likelihood(subjectRows, index), 5);
      const kld = exactDivergence(row, other);
      expect(Math.abs((scores.kld[index] as number) - kld)).toBeLessThan(2e-6 * kld + 1e-8);
      expect(scores.sameTop[index]).toBe(topOf(row) === topOf(other) ? 1 : 0);
      expect(scores.samplingVariance[index]).toBe(0);
    }
  });

  it('scores a model against the small reference, within its stated error', async () => {
    const reference = await pool.scoreReference(base, next);
    const scores = await pool.scoreAgainst(subject, next, reference);
    const full = await pool.scorePair(base, subject, next);
    expect(scores.nll).toEqual(full.nll);
    expect(scores.sameTop).toEqual(full.sameTop);
    scores.nllBase.forEach((value, index) =>
      expect(value).toBeCloseTo(full.nllBase[index] as number, 5),
    );
    let difference = 0;
    let variance = 0;
    scores.kld.forEach((kld, index) => {
      difference += kld - (full.kld[index] as number);
      variance += scores.samplingVariance[index] as number;
    });
    expect(variance).toBeGreaterThan(0);
    expect(Math.abs(difference)).toBeLessThan(4 * Math.sqrt(variance));
    // The error is small beside the divergence itself (0.8 in all).
    expect(Math.sqrt(variance)).toBeLessThan(0.01);
  });

  it('makes the same reference again, whatever the number of workers', async () => {
    const alone = new ScorePool({ threads: 1, vocabularySize, seed: 1 });
    const other = new ScorePool({ threads: 1, vocabularySize, seed: 2 });
    const reference = await pool.scoreReference(base, next);
    expect(await alone.scoreReference(base, next)).toEqual(reference);
    expect(await other.scoreReference(base, next)).not.toEqual(reference);
    await Promise.all([alone.dispose(), other.dispose()]);
  });

  it('tells in which row a logit is not finite, and goes on with other chunks', async () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const rows = baseRows.map((row) => row.slice());
      (rows[37] as Float32Array)[vocabularySize - 1] = value;
      (rows[40] as Float32Array)[5] = value;
      const broken = nativeRows(rows);
      const refusal = { code: 'evaluation/not-finite', details: { row: 37, token: 5_002 } };
      await expect(pool.scoreReference(broken, next)).rejects.toMatchObject(refusal);
      await expect(pool.scorePair(base, broken, next)).rejects.toMatchObject(refusal);
      const reference = await pool.scoreReference(base, next);
      await expect(pool.scoreAgainst(broken, next, reference)).rejects.toMatchObject(refusal);
    }
  });

  it('refuses references of other vocabularies and texts, and damaged ones', async () => {
    const reference = await pool.scoreReference(base, next);
    const refusal = { code: 'evaluation/reference' };
    const shorter = { address: subject.address, count: count - 1 };
    await expect(pool.scoreAgainst(shorter, next.slice(1), reference)).rejects.toMatchObject(
      refusal,
    );
    const cut = { ...reference, encoded: reference.encoded.slice(0, -1) };
    await expect(pool.scoreAgainst(subject, next, cut)).rejects.toMatchObject(refusal);
    const changed = { ...reference, encoded: reference.encoded.slice() };
    changed.encoded[4] = 7;
    await expect(pool.scoreAgainst(subject, next, changed)).rejects.toMatchObject(refusal);
    const unlikely = { ...reference, nll: reference.nll.map(() => NaN) };
    await expect(pool.scoreAgainst(subject, next, unlikely)).rejects.toMatchObject(refusal);
  });

  it('refuses work once it has ended', async () => {
    const ended = new ScorePool({ threads: 1, vocabularySize, seed: 1 });
    const running = ended.scoreReference(base, next);
    await Promise.all([
      expect(running).rejects.toMatchObject({ code: 'cancelled' }),
      ended.dispose(),
    ]);
    await expect(ended.scoreReference(base, next)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says what memory a worker takes', () => {
    expect(scoreWorkerBytes(150_000)).toBeLessThan(24 * 1024 ** 2);
    expect(scoreWorkerBytes(150_000)).toBeGreaterThan(2 * 4 * 150_000);
  });
});
