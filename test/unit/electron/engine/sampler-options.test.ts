import { expect, it } from 'vitest';
import { samplerOptions } from '#electron/engine/sampler-options.ts';

it("uses llama.cpp's defaults and leaves out what is off", () => {
  expect(samplerOptions({ seed: 3 }, 512)).toEqual({
    temperature: 0.8,
    topK: 40,
    topP: 0.95,
    minP: 0.05,
    seed: 3,
    repeatPenalty: false,
  });
});

it('passes penalties, XTC and DRY on, with their defaults filled in', () => {
  const options = samplerOptions(
    { seed: 0, presencePenalty: 0.5, xtcProbability: 0.5, dryMultiplier: 0.8 },
    512,
  );
  expect(options.repeatPenalty).toEqual({
    penalty: 1,
    lastTokens: 64,
    frequencyPenalty: 0,
    presencePenalty: 0.5,
  });
  expect(options.xtc).toEqual({ probability: 0.5, threshold: 0.1 });
  const dry = { strength: 0.8, base: 1.75, allowedLength: 2 };
  expect(options.dryRepeatPenalty).toEqual({ ...dry, lastTokens: 64 });
});

it('takes -1 as the whole window and 0 as off', () => {
  const dry = { seed: 0, dryMultiplier: 1 };
  const whole = samplerOptions({ ...dry, dryPenaltyLastN: -1 }, 512);
  expect(whole.dryRepeatPenalty).toMatchObject({ lastTokens: 512 });
  expect(samplerOptions({ ...dry, dryPenaltyLastN: 0 }, 512).dryRepeatPenalty).toBeUndefined();
  const noPenalty = samplerOptions({ seed: 0, repeatPenalty: 2, repeatLastN: 0 }, 512);
  expect(noPenalty.repeatPenalty).toBe(false);
});
