import { describe, expect, it } from 'vitest';
import { readSafetensorsHeader } from '#src/formats/safetensors/read-header.ts';
import { buildRawSafetensors, buildSafetensors } from '#test/helpers/build-safetensors.ts';
import { mutate, mutateNumbers } from './mutations.ts';
import { runCases } from './run-cases.ts';

const whole = buildSafetensors(
  [
    { name: 'model.embed_tokens.weight', shape: [8, 4], dtype: 'BF16' },
    { name: 'model.norm.weight', shape: [4] },
    { name: 'position_ids', shape: [1, 3], dtype: 'I64' },
    { name: 'scalar', shape: [] },
  ],
  { format: 'pt' },
);
const headerLength = Number(new DataView(whole.buffer).getBigUint64(0, true));
const headerText = new TextDecoder().decode(whole.subarray(8, 8 + headerLength));
const data = whole.subarray(8 + headerLength);

describe('damaged safetensors files', () => {
  it('are refused with a reason, or every tensor lies inside the file', async () => {
    const outcome = await runCases({
      seed: 31_337,
      cases: 3_000,
      label: 'damaged.safetensors',
      make(random) {
        // Half of the cases keep the frame and damage the header's numbers or characters only.
        if (random.below(2) === 0) return mutate(whole, random);
        const header = mutateNumbers(headerText, random);
        const text = random.below(2) === 0 ? header : new TextDecoder().decode(mutate(new TextEncoder().encode(header), random));
        return buildRawSafetensors(text, data);
      },
      async read(source) {
        const { tensors } = await readSafetensorsHeader(source);
        let end = 0;
        for (const { offset, byteLength } of tensors) {
          expect(offset).toBeGreaterThanOrEqual(end);
          end = offset + byteLength;
        }
        expect(tensors.length === 0 || end === source.size).toBe(true);
      },
    });
    expect(outcome.accepted).toBeGreaterThan(100);
    expect(outcome.refused['safetensors/invalid']).toBeGreaterThan(1_000);
    expect(outcome.refused['format/truncated']).toBeGreaterThan(50);
  }); // prettier-ignore
});
