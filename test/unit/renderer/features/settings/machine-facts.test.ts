import { expect, it } from 'vitest';
import { processorFeatures } from '#renderer/features/settings/machine-facts.ts';

it('only features that are on are named', () => {
  expect(processorFeatures('CPU : SSE3 = 1 | AVX = 1 | AVX2 = 0 | LLAMAFILE = 1 | ')).toEqual([
    'SSE3',
    'AVX',
    'LLAMAFILE',
  ]);
  expect(processorFeatures('')).toEqual([]);
});
