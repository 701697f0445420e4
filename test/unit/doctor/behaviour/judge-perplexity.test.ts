import { describe, expect, it } from 'vitest';
import { judgePerplexity } from '#src/doctor/behaviour/probe-model.ts';

const codes = (value: number, source?: number) =>
  judgePerplexity({ value, tokens: 128 }, source === undefined ? undefined : { value: source, tokens: 128 }, 4_096).map(({ code }) => code); // prettier-ignore

describe('judgePerplexity', () => {
  it('takes for plausible what is far from chance, and not much worse than the source', () => {
    expect(codes(225)).toEqual([]);
    expect(codes(225, 66)).toEqual([]);
  });

  it('tells numbers near chance, unless the source is like that', () => {
    expect(codes(2_000)).toEqual(['behaviour/perplexity']);
    expect(codes(2_000, 1_500)).toEqual([]);
  });

  it('tells what is five times worse than the source, and what is no number', () => {
    expect(codes(400, 66)).toEqual(['behaviour/perplexity']);
    expect(codes(Number.NaN)).toEqual(['behaviour/not-finite']);
  });
});
