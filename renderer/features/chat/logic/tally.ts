// The tally of blind votes: shares of won rounds, with how sure so few votes can make one.
import type { Tally } from '#src/contract/conversation.ts';

export interface TallyLine {
  readonly model: string;
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  readonly votes: number;
  /** Wins of all its votes, ties counted as half a win. */
  readonly rate: number;
  /** 95 % Wilson score interval of the rate. */
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval for `successes` of `count` at 95 % (z = 1.96); 0..1 without votes.
 * Wilson (1927), "Probable inference, the law of succession, and statistical inference".
 */
export function wilsonInterval(successes: number, count: number): { low: number; high: number } {
  if (count === 0) return { low: 0, high: 1 };
  const z = 1.959964;
  const rate = successes / count;
  const scale = 1 + (z * z) / count;
  const middle = (rate + (z * z) / (2 * count)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / count + (z * z) / (4 * count * count));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Best first; models without a vote are left out. */
export function tallyLines(tally: Tally): TallyLine[] {
  return tally
    .map(({ model, wins, ties, losses }) => {
      const votes = wins + ties + losses;
      const successes = wins + ties / 2;
      const rate = votes === 0 ? 0 : successes / votes;
      return { model, wins, ties, losses, votes, rate, ...wilsonInterval(successes, votes) };
    })
    .filter(({ votes }) => votes > 0)
    .sort((left, right) => right.rate - left.rate || right.votes - left.votes);
}
