// Sampling under llama.cpp's names as node-llama-cpp wants it. What is absent is llama.cpp's default, not node-llama-cpp's:
// that would be greedy, with a repeat penalty of 1.1.
import type { LLamaChatGenerateResponseOptions } from 'node-llama-cpp';
import { defaultSampling, type Sampling } from '#src/contract/sampling.ts';

export type SamplerOptions = Pick<
  LLamaChatGenerateResponseOptions,
  'temperature' | 'topK' | 'topP' | 'minP' | 'seed' | 'xtc' | 'repeatPenalty' | 'dryRepeatPenalty'
>;

/**
 * Samplers run in llama.cpp's order (penalties, DRY, top-k, top-p, min-p, XTC, temperature). Those that are switched off
 * are left out, so that they cost nothing. Penalties and DRY see the answer's own tokens, not the prompt's.
 */
export function samplerOptions(
  given: Sampling & { seed: number },
  contextSize: number,
): SamplerOptions {
  const sampling = { ...defaultSampling, ...given };
  const penalizes =
    sampling.repeatLastN > 0 &&
    (sampling.repeatPenalty !== 1 ||
      sampling.frequencyPenalty !== 0 ||
      sampling.presencePenalty !== 0);
  return {
    temperature: sampling.temperature,
    topK: sampling.topK,
    topP: sampling.topP,
    minP: sampling.minP,
    seed: sampling.seed,
    repeatPenalty: penalizes && {
      penalty: sampling.repeatPenalty,
      lastTokens: sampling.repeatLastN,
      frequencyPenalty: sampling.frequencyPenalty,
      presencePenalty: sampling.presencePenalty,
    },
    ...(sampling.xtcProbability > 0 && {
      xtc: { probability: sampling.xtcProbability, threshold: sampling.xtcThreshold },
    }),
    ...(sampling.dryMultiplier > 0 &&
      sampling.dryPenaltyLastN !== 0 && {
        dryRepeatPenalty: {
          strength: sampling.dryMultiplier,
          base: sampling.dryBase,
          allowedLength: sampling.dryAllowedLength,
          // Absent or -1 would switch it off in llama.cpp v0.5.0.
          lastTokens: sampling.dryPenaltyLastN === -1 ? contextSize : sampling.dryPenaltyLastN,
        },
      }),
  };
}
