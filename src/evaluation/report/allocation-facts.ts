// How a hybrid was chosen, as reports tell it: the verdict, what was asked, and which types each group of tensors got.
import type { AllocationOfRun } from '#src/contract/quality/allocate.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { intervalText, significant } from './figure-text.ts';

const profileWords: Readonly<Record<AllocationOfRun['profile'], string>> = {
  fast: 'types that CPUs are quick with',
  smallest: 'all types',
  'attention-high': 'attention a class of bits above feed-forward',
};

/** Name and value of every condition that decided the types. */
export function allocationFacts(allocation: AllocationOfRun): (readonly [string, string])[] {
  const { budget, profile, comparison, predictedKld, probeTexts, moves } = allocation;
  const interval = intervalText(comparison.interval);
  return [
    ['Budget', budgetWords(budget)],
    ['Types', profileWords[profile]],
    [
      'Paired difference of KLD',
      `${significant(comparison.difference)}${interval === undefined ? '' : ` (95 %: ${interval})`}`,
    ],
    ['Predicted KLD', significant(predictedKld)],
    ['Search', isProbed(allocation) ? `probed on ${probeTexts.join(', ')}` : 'published priors'],
    ...(moves.tried === 0 ? [] : [['Moves', `${moves.kept} of ${moves.tried} kept`] as const]),
  ];
}

function budgetWords(budget: AllocationOfRun['budget']): string {
  switch (budget.kind) {
    case 'bytes':
      return `${formatBytes(budget.bytes)} (${formatCount(budget.bytes)} bytes)`;
    case 'level':
      return `the size of ${budget.level}`;
    case 'kld':
      return `mean KLD at most ${budget.kld}`;
  }
}

function isProbed({ groups }: AllocationOfRun): boolean {
  return groups.some(({ probeKld }) => probeKld !== undefined);
}

export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly bytes: number;
}

/** How many tensors got which type; the most bytes first. */
export function typeShares({ tensors }: Pick<AllocationOfRun, 'tensors'>): TypeShare[] {
  const shares = new Map<string, TypeShare>();
  for (const { type, bytes } of tensors) {
    const known = shares.get(type) ?? { type, tensors: 0, bytes: 0 };
    shares.set(type, { type, tensors: known.tensors + 1, bytes: known.bytes + bytes });
  }
  return [...shares.values()].sort((left, right) => right.bytes - left.bytes);
}
