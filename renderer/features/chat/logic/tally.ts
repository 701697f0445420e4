// The tally of blind votes: shares of won rounds, with how sure so few votes can make one.
import { wilsonInterval } from '#src/evaluation/statistics/wilson-interval.ts';
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
