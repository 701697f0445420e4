// What a run says about its subjects: pairwise comparisons that admit "no difference", the Pareto line, and what to use for
// which purpose. Derived from a run's chunk means, never measured.
import { z } from 'zod';
import { estimateSchema, intervalSchema } from './measurements.ts';

export const verdicts = ['closer', 'farther', 'no difference'] as const;

/** Subject `left` against `right` by paired mean KLD over all chunks of all texts that both have. */
export const comparisonSchema = z.object({
  left: z.string(),
  right: z.string(),
  /** Mean of KLD(left) − KLD(right). */
  difference: z.number(),
  interval: intervalSchema,
  verdict: z.enum(verdicts),
});

export const useCases = ['production', 'quality-critical', 'mobile', 'development'] as const;

export const recommendationSchema = z.object({
  /** A use case, or `fits 8 GB`. */
  purpose: z.string(),
  subject: z.string().exactOptional(),
  /** One sentence. */
  reason: z.string(),
});

export const rankedSubjectSchema = z.object({
  subject: z.string(),
  /** Over all texts, each text weighing the same. */
  kld: estimateSchema,
  kldInterval: intervalSchema,
  /** No other subject is both smaller and closer (beyond doubt). */
  onParetoLine: z.boolean(),
  /** A larger subject that is measurably worse, when there is one. */
  worseThanSmaller: z.string().exactOptional(),
});

export const rankingSchema = z.object({
  subjects: z.array(rankedSubjectSchema),
  comparisons: z.array(comparisonSchema),
  recommendations: z.array(recommendationSchema),
  /** Non-monotone results and other things to know, one sentence each. */
  remarks: z.array(z.string()),
});

export type Comparison = z.infer<typeof comparisonSchema>;
export type Recommendation = z.infer<typeof recommendationSchema>;
export type RankedSubject = z.infer<typeof rankedSubjectSchema>;
export type Ranking = z.infer<typeof rankingSchema>;
