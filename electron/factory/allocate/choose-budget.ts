// What a budget means for a model: bytes, and the stock level that a hybrid of these bytes is held against.
import type { Budget } from '#src/contract/quality/allocate.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { formatCount } from '#src/text/format-number.ts';
import { planStockLevel, type AllocationModel } from './model-to-allocate.ts';

export interface ChosenBudget {
  readonly bytes: number;
  /** The best stock level that fits; the smallest where none does. */
  readonly stock: OutputPlan;
}

/** Throws `allocate/budget` for a size that no allocation reaches, naming the nearest that one does. */
export async function chooseBudget(
  model: AllocationModel,
  budget: Exclude<Budget, { kind: 'kld' }>,
): Promise<ChosenBudget> {
  if (budget.kind === 'bytes') {
    const bytes = Math.floor(budget.bytes);
    checkReachable(model, bytes, `A file of ${formatCount(bytes)} bytes`);
    return { bytes, stock: stockWithin(model, bytes) };
  }
  const stock = await planStockLevel(model, budget.level);
  const bytes = stock.header.fileSize;
  checkReachable(model, bytes, `${budget.level} (${formatCount(bytes)} bytes)`);
  return { bytes, stock };
}

/** The largest level of at most `bytes`; the smallest of all where none is that small. */
export function stockWithin({ stock }: AllocationModel, bytes: number): OutputPlan {
  const fitting = stock.filter(({ header }) => header.fileSize <= bytes);
  const found = fitting.at(-1) ?? stock[0];
  if (found !== undefined) return found;
  throw new StudioError('quantize/failed', 'llama.cpp can write no level of this model.', {
    hint: 'gguf-studio quantize with one level tells why.',
  });
}

function checkReachable(model: AllocationModel, bytes: number, what: string): void {
  const { smallestBytes, largestBytes, profile, importance } = model;
  const details = { bytes, smallestBytes, largestBytes };
  if (bytes < smallestBytes) {
    const ways = [
      ...(profile === 'smallest' ? [] : ['--profile smallest has smaller types']),
      ...(importance === undefined ? ['types below 2.5 bits need --imatrix'] : []),
    ];
    const more = ways.length === 0 ? '' : ` (${ways.join('; ')})`;
    throw new StudioError(
      'allocate/budget',
      `${what} is too small: with profile ${profile}, the smallest possible is ${formatCount(smallestBytes)} bytes.`,
      { hint: `Give at least that${more}.`, details },
    );
  }
  // The record in the header is ours: a budget of the level Q8_0 is no mistake.
  if (bytes > largestBytes) {
    throw new StudioError(
      'allocate/budget',
      `${what} is more than everything in the largest type takes (Q8_0: ${formatCount(largestBytes)} bytes): there is nothing to choose.`,
      { hint: 'Give less, or keep the unquantized model.', details },
    );
  }
}
