// Sampling of one answer, under llama.cpp's names; what is absent is llama.cpp's default, or the model's own recommendation.
import { z } from 'zod';

export const samplingSchema = z.object({
  /** 0 takes the most likely token. */
  temperature: z.number().min(0).max(10).exactOptional(),
  topK: z.int().min(0).exactOptional(),
  topP: z.number().min(0).max(1).exactOptional(),
  minP: z.number().min(0).max(1).exactOptional(),
  /** 0 to 2^32 - 1; a random one when absent. */
  seed: z.int().min(0).max(0xffff_ffff).exactOptional(),
  maxTokens: z.int().min(1).exactOptional(),
  /** 1 changes nothing. */
  repeatPenalty: z.number().min(0).max(10).exactOptional(),
  /** How many of the answer's last tokens the penalties look at; 0 switches them off. */
  repeatLastN: z.int().min(0).max(1_000_000).exactOptional(),
  frequencyPenalty: z.number().min(-10).max(10).exactOptional(),
  presencePenalty: z.number().min(-10).max(10).exactOptional(),
  xtcProbability: z.number().min(0).max(1).exactOptional(),
  xtcThreshold: z.number().min(0).max(1).exactOptional(),
  /** 0 switches DRY off. */
  dryMultiplier: z.number().min(0).max(100).exactOptional(),
  dryBase: z.number().min(1).max(100).exactOptional(),
  dryAllowedLength: z.int().min(1).max(1_000_000).exactOptional(),
  /** How many of the last tokens DRY looks at: 0 switches it off, -1 is the whole window. */
  dryPenaltyLastN: z.int().min(-1).max(1_000_000).exactOptional(),
});

export type Sampling = z.infer<typeof samplingSchema>;

/** llama.cpp's defaults (common_params_sampling, v0.5.0). */
export const defaultSampling = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  repeatPenalty: 1,
  repeatLastN: 64,
  frequencyPenalty: 0,
  presencePenalty: 0,
  xtcProbability: 0,
  xtcThreshold: 0.1,
  dryMultiplier: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
  dryPenaltyLastN: 64,
} as const satisfies Sampling;
