import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import values from '#test/golden/convert/values.json' with { type: 'json' };
import { llama3RopeFactors } from '#src/architectures/llama3-rope-factors.ts';
import { readRopeParameters } from '#src/architectures/rope-parameters.ts';

describe('the rotary factors of Llama 3.1 and 3.2', () => {
  it('have the bits that torch computes', () => {
    for (const [base, headLength, factor, expected] of values.llama3Factors) {
      const rope = readRopeParameters({
        rope_theta: base,
        rope_scaling: {
          rope_type: 'llama3',
          factor,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 8192,
        },
      });
      const factors = llama3RopeFactors(rope, Number(headLength));
      const hash = createHash('sha256').update(new Uint8Array(factors.buffer)).digest('hex');
      expect([base, headLength, factor, hash]).toEqual([base, headLength, factor, expected]);
    }
  });
});
