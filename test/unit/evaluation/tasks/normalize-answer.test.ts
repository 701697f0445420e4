import { describe, expect, it } from 'vitest';
import { isRight, normalizeAnswer } from '#src/evaluation/tasks/normalize-answer.ts';
import { taskScore } from '#src/evaluation/tasks/task-score.ts';

describe('normalizeAnswer', () => {
  it('drops what does not change an answer', () => {
    for (const text of ['Paris', ' paris. ', '"Paris"!', '**Paris**', '«PARIS»…', 'ＰＡＲＩＳ']) {
      expect(normalizeAnswer(text)).toBe('paris');
    }
    expect(normalizeAnswer('New \n  York,')).toBe('new york');
  });

  it('keeps what does', () => {
    expect(normalizeAnswer('-5')).toBe('-5');
    expect(normalizeAnswer('50 %')).toBe('50 %');
    expect(normalizeAnswer('C#')).toBe('c#');
    expect(normalizeAnswer('3.14')).toBe('3.14');
  });
});

describe('isRight', () => {
  it('wants the whole answer, or its beginning up to the end of a word', () => {
    const exact = { answers: ['4', 'four'], match: 'exact' } as const;
    expect(isRight('Four.', exact)).toBe(true);
    expect(isRight('4 of them', exact)).toBe(false);
    const start = { answers: ['the act'], match: 'start' } as const;
    expect(isRight('The act: of doing', start)).toBe(true);
    expect(isRight('The act', start)).toBe(true);
    expect(isRight('The action of', start)).toBe(false);
    expect(isRight('It is the act', start)).toBe(false);
  });
});

describe('taskScore', () => {
  it('gives the share with an error that never claims certainty', () => {
    const half = taskScore({ right: 50, asked: 100 });
    expect(half.value).toBe(0.5);
    expect(half.error).toBeCloseTo(0.05, 10);
    expect(taskScore({ right: 40, asked: 40 })).toMatchObject({ value: 1 });
    expect(taskScore({ right: 40, asked: 40 }).error).toBeGreaterThan(0.02);
    expect(taskScore({ right: 0, asked: 0 })).toEqual({ value: 0, error: 1 });
  });
});
