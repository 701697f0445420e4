import { expect, it } from 'vitest';
import { groupNotices } from '#src/stages/quantize/group-notices.ts';

it('says once, with all levels, what is the same for several', () => {
  const without = 'm.gguf has no weights for token_embd.weight; rounded without weights.';
  expect(
    groupNotices([
      { label: 'Q4_K_M', notices: [`Q4_K_M: ${without}`, 'Layers change their number.'] },
      { label: 'Q2_K', notices: ['Q2_K: 2 of 38 tensors do not fit.', `Q2_K: ${without}`] },
      { label: 'Q8_0', notices: ['Layers change their number.'] },
    ]),
  ).toEqual([
    `Q4_K_M, Q2_K: ${without}`,
    'Layers change their number.',
    'Q2_K: 2 of 38 tensors do not fit.',
  ]);
});
