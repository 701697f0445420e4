import type { Token } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import type { LastAnswer } from '#electron/engine/column.ts';
import { commonLength, firstDifference } from '#electron/engine/first-difference.ts';

const answer = (ids: readonly number[], ended: boolean): LastAnswer => ({
  prompt: [],
  answer: ids as Token[],
  text: '',
  ended,
  vocabulary: '',
});

describe('firstDifference', () => {
  it('is the first position with different tokens', () => {
    expect(firstDifference(answer([1, 2, 3], true), answer([1, 5, 3], true))).toBe(1);
  });

  it('is the end of an answer where the other goes on', () => {
    expect(firstDifference(answer([1, 2], true), answer([1, 2, 3], false))).toBe(2);
  });

  it('is null where one was stopped before they differ, or both are the same', () => {
    expect(firstDifference(answer([1, 2], false), answer([1, 2, 3], true))).toBeNull();
    expect(firstDifference(answer([1, 2], true), answer([1, 2], true))).toBeNull();
  });
});

describe('commonLength', () => {
  it('never ends within a surrogate pair', () => {
    expect(commonLength('a😀', 'a😁')).toBe(1);
    expect(commonLength('a😀b', 'a😀c')).toBe(3);
  });
});
