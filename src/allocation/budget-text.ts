// A budget in the words of the command line, for records, titles and messages.
import type { Budget } from '#src/contract/quality/allocate.ts';

/** As the command line writes it. */
export function budgetText(budget: Budget): string {
  switch (budget.kind) {
    case 'bytes':
      return `${budget.bytes} bytes`;
    case 'level':
      return budget.level;
    case 'kld':
      return `kld:${budget.kld}`;
  }
}
