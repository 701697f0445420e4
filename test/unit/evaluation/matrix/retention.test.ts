import { expect, it } from 'vitest';
import {
  addRetention,
  cosineOf,
  joinRetention,
  newRetentionSums,
  retentionOf,
} from '#src/evaluation/matrix/retention.ts';

const sumsOf = (merged: number[], base: number[], delta: number[]) => {
  const sums = newRetentionSums();
  addRetention(sums, Float32Array.from(merged), Float32Array.from(base), Float32Array.from(delta));
  return sums;
};

it('is the projection of what came out on what went in', () => {
  // ⟨(1, 0, −2), (2, 1, −2)⟩ / ‖(2, 1, −2)‖² = 6 / 9.
  expect(retentionOf(sumsOf([4, 5, 4], [3, 5, 6], [2, 1, -2]))).toBeCloseTo(6 / 9, 15);
});

it('is 1 when the whole change came out, 0 when nothing did, negative when it was turned round', () => {
  expect(retentionOf(sumsOf([1.5, -1], [1, 0], [0.5, -1]))).toBe(1);
  expect(retentionOf(sumsOf([1, 0], [1, 0], [0.5, -1]))).toBe(0);
  expect(retentionOf(sumsOf([0, 0], [1, 0], [1, 0]))).toBe(-1);
});

it('says nothing of a tensor without any change', () => {
  expect(retentionOf(sumsOf([1, 2], [1, 2], [0, 0]))).toBeUndefined();
});

it('has a cosine that falls with what came out beside the change', () => {
  // (3, 4) came out where (5, 0) went in: 15 / (5 · 5).
  expect(cosineOf(sumsOf([3, 4], [0, 0], [5, 0]))).toBeCloseTo(0.6, 15);
  expect(cosineOf(sumsOf([1, 0], [1, 0], [5, 0]))).toBe(0);
  expect(cosineOf(sumsOf([1, 0], [1, 0], [0, 0]))).toBeUndefined();
});

it('adds sums over tensors, so that a small change counts little', () => {
  const kept = sumsOf([11], [1], [10]);
  const lost = sumsOf([1], [1], [0.1]);
  expect(retentionOf(joinRetention([kept, lost]))).toBeCloseTo(100 / 100.01, 7);
});
