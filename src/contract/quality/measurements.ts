// The figures of a measurement, under llama.cpp's names (tools/perplexity). KLD in nats, probabilities and shares 0 to 1.
import { z } from 'zod';

/** A mean with its standard error over scored tokens, as llama-perplexity prints it: `a ± b`. */
export const estimateSchema = z.object({ value: z.number(), error: z.number() });

/** 95 % interval of a block bootstrap over chunks: tokens of one chunk are not independent. */
export const intervalSchema = z.object({ low: z.number(), high: z.number() });

/** Name of a percentile -> value: 'max', '99.9', '99', '95', '90', '75', 'median', '25', '10', '5', '1', '0.1', 'min'. */
export const percentilesSchema = z.record(z.string(), z.number());

/** Means of each chunk in the text's order: what paired comparisons resample. All arrays have one entry per chunk. */
export const chunkMeansSchema = z.object({
  /** Mean negative log-likelihood of the subject, and of the reference. */
  nll: z.array(z.number()),
  nllBase: z.array(z.number()),
  kld: z.array(z.number()),
  /** Share of positions whose most probable token is the reference's. */
  sameTop: z.array(z.number()),
  deltaP: z.array(z.number()),
  deltaPSquared: z.array(z.number()),
});

/** One subject on one text. */
export const measurementSchema = z.object({
  subject: z.string(),
  text: z.string(),
  scoredTokens: z.number(),
  chunks: chunkMeansSchema,
  /** exp(mean nll). */
  ppl: estimateSchema,
  pplBase: estimateSchema,
  /** Mean ln(PPL(Q)/PPL(base)), and the ratio itself. */
  lnPplRatio: estimateSchema,
  pplRatio: estimateSchema,
  /** Pearson correlation of ln PPL(Q) and ln PPL(base), 0 to 1. */
  lnPplCorrelation: z.number(),
  kld: z.object({
    mean: estimateSchema,
    interval: intervalSchema,
    /** Standard error that the reference's sampled tail adds to the mean; 0 in a full comparison. */
    samplingError: z.number(),
    percentiles: percentilesSchema,
  }),
  /** Change of the probability of the token that follows in the text. */
  deltaP: z.object({
    mean: estimateSchema,
    rms: estimateSchema,
    percentiles: percentilesSchema,
  }),
  sameTop: estimateSchema,
  sameTopInterval: intervalSchema,
  /** Seconds of the pass; never reused from another run. Absent where the figures came from the store. */
  seconds: z.number().exactOptional(),
});

/** Repeated timings: median, and the fastest and slowest run. */
export const timingSchema = z.object({ median: z.number(), low: z.number(), high: z.number() });

/** One subject's speed and memory on this machine (`bench-speed`). */
export const speedSchema = z.object({
  subject: z.string(),
  runs: z.number(),
  threads: z.number(),
  /** `CPU`, `CUDA0`, `Vulkan0`. */
  device: z.string(),
  gpuLayers: z.number(),
  loadSeconds: timingSchema,
  promptTokens: z.number(),
  promptTokensPerSecond: timingSchema,
  generatedTokens: z.number(),
  generationTokensPerSecond: timingSchema,
  firstTokenSeconds: timingSchema,
  /** Of the process that held this file alone, pages of the mapped file included. */
  peakRamBytes: z.number(),
  /** What that process held before it loaded the file: part of `peakRamBytes`, and the program's own. */
  processRamBytes: z.number().exactOptional(),
  peakVramBytes: z.number().exactOptional(),
});

/** Exact answers asked of a subject (`tasks`): how many were right. */
export const taskResultSchema = z.object({
  /** Of the run's subjects, or of its references. */
  subject: z.string(),
  task: z.string(),
  title: z.string(),
  asked: z.number(),
  right: z.number(),
  /** One character per question in the file's order, `1` for right: what paired comparisons need. */
  outcomes: z
    .string()
    .regex(/^[01]*$/)
    .exactOptional(),
  /** The first wrong ones, to look at. */
  wrong: z.array(z.object({ prompt: z.string(), expected: z.string(), answered: z.string() })),
});

export type Estimate = z.infer<typeof estimateSchema>;
export type Interval = z.infer<typeof intervalSchema>;
export type Percentiles = z.infer<typeof percentilesSchema>;
export type ChunkMeans = z.infer<typeof chunkMeansSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Timing = z.infer<typeof timingSchema>;
export type Speed = z.infer<typeof speedSchema>;
export type TaskResult = z.infer<typeof taskResultSchema>;
