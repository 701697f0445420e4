// Words of an evaluate step's figures. Pure.
import type { MeasuredNode } from '#src/contract/measured-node.ts';

/** `0.02310 ± 0.00110`; tiny values by their power of ten. */
export function figureText({ value, error }: { value: number; error: number }): string {
  return `${numberText(value)} ± ${numberText(error)}`;
}

function numberText(value: number): string {
  return value === 0 || Math.abs(value) >= 1e-4 ? value.toFixed(5) : value.toExponential(2);
}

/** Undefined without a gate. */
export function verdictOf({ passed }: Pick<MeasuredNode, 'passed'>): string | undefined {
  if (passed === undefined) return undefined;
  return passed ? 'passed' : 'failed';
}
