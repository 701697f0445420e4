// The router manifest, `router.json` (design section 6): which domain goes to which parent and adapter. A build writes
// what it knows (files, hashes, levels, adapters, routes); thresholds, tones and policies are then edited in place. Notes are kept.
import { z } from 'zod';

export const routerManifestVersion = 1;
export const routerManifestName = 'router.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const file = z.string().min(1).max(4096).describe("Relative to the manifest's folder.");
const text = z.string().max(20_000);
const id = z.string().min(1).max(300);
const note = z.string().max(20_000).optional().describe('For people; kept, never read.');
/** By the names of a chat's sampling (temperature, topK ...). */
const sampling = z.record(z.string().max(100), z.number());

/** What a chat is told and how it samples; beside the emotion that asks for it. */
const toneSchema = z.strictObject({
  systemPrompt: text.optional().describe("Put behind the route's own system prompt."),
  sampling: sampling.optional().describe("On top of the route's own."),
  note,
});

const adapterSchema = z.strictObject({
  id: id.describe('`domain/subdomain`.'),
  domain: z.string(),
  subdomain: z.string(),
  scale: z.number(),
  sha256: sha256.describe(
    'Of the source the adapter was read from; for the source `file`, of that file.',
  ),
  source: z
    .enum(['bundled', 'merged', 'file'])
    .describe('Inside the parent, in its weights, or a GGUF of its own beside it.'),
  file: file.optional().describe('For the source `file`.'),
  note,
});

const parentSchema = z.strictObject({
  id,
  domain: z.string(),
  base: z.string(),
  file,
  sha256,
  bytes: z.int().min(0),
  quantization: z.string(),
  contextWindow: z.int().min(1).optional(),
  adapters: z.array(adapterSchema).max(4_096),
  note,
});

/** Models that are packaged apart: never merged, loaded by whoever needs them. */
export const companionRoles = ['emotion', 'asr', 'tts', 'vocoder', 'mmproj'] as const;

const companionSchema = z.strictObject({
  id: id.optional().describe('Default: its role.'),
  role: z.enum(companionRoles),
  file,
  sha256,
  bytes: z.int().min(0).optional(),
  needs: z
    .array(z.enum(companionRoles))
    .max(companionRoles.length)
    .optional()
    .describe('Roles without which it is of no use: a voice model needs its vocoder.'),
  note,
});

/** The states that the emotion step tells apart (design section 10). */
export const emotionLabels = ['neutral', 'positive', 'sad', 'angry', 'anxious'] as const;

/** Read before a request is routed; its result goes into the trace and, where a route asks for it, the prompt. */
const emotionStepSchema = z.strictObject({
  kind: z.literal('emotion'),
  enabled: z.boolean().optional().describe('Default: true. Off: nothing is detected or changed.'),
  language: z.literal('en'),
  labels: z.array(z.string()).min(1),
  tones: z
    .partialRecord(z.enum(emotionLabels), toneSchema)
    .optional()
    .describe('For every route that has none of its own for an emotion.'),
  note,
});

const routeSchema = z.strictObject({
  id: id.describe('`domain/subdomain`.'),
  domain: z.string(),
  parent: id,
  adapter: id.optional().describe('Absent for a merged parent, which has no adapters to switch.'),
  examples: z.array(text).max(10_000),
  keywords: z.array(z.string().min(1).max(200)).max(10_000),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Lowest score that takes a request. Default: what training found, else 0.5.'),
  systemPrompt: text.optional(),
  sampling: sampling.optional(),
  tones: z.partialRecord(z.enum(emotionLabels), toneSchema).optional(),
  fallback: id
    .optional()
    .describe('Route that answers when this one cannot (its parent does not fit into memory).'),
  note,
});

const embeddingModel = {
  file: file.optional().describe('An embedding GGUF. Absent: the hidden states of `parent`.'),
  sha256: sha256.optional(),
  parent: id.optional().describe('Whose base gives mean-pooled hidden states.'),
  method: z.enum(['centroids', 'nearest']).optional().describe('Default: nearest examples.'),
  neighbours: z.int().min(1).max(100).optional().describe('Nearest examples that vote. Default 5.'),
};

const classifierSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('lexical').describe('Words and characters of examples and keywords; no model.'),
    note,
  }),
  z.strictObject({ kind: z.literal('embedding'), ...embeddingModel, note }),
  z.strictObject({
    kind: z.literal('cascade').describe('Lexical first; embedding where that is not sure.'),
    ...embeddingModel,
    certain: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Lexical score from which the second stage is not asked. Default 0.8.'),
    note,
  }),
]);

const policySchema = z.strictObject({
  memoryBudgetBytes: z.int().min(0).optional().describe('Default: what the machine has free.'),
  preload: z.array(id).max(1_000).describe('Parents that are loaded at the start.'),
  warmUp: z.boolean().optional().describe('Compute one token with what is preloaded.'),
  keepAliveSeconds: z.int().min(0),
  context: z
    .strictObject({
      initial: z.int().min(16).optional().describe('Tokens that a conversation starts with.'),
      whenFull: z
        .enum(['stop', 'slide'])
        .optional()
        .describe(
          'At the end of the window: stop and say so, or forget the oldest turns and say so.',
        ),
      note,
    })
    .optional(),
  sticky: z
    .strictObject({
      enabled: z.boolean(),
      leaveMargin: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('By how much another route must be ahead to take a conversation over.'),
      note,
    })
    .optional()
    .describe('A conversation stays with its route. Default: enabled, 0.2.'),
  note,
});

export const routerManifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(routerManifestVersion),
    name: z.string(),
    parents: z.array(parentSchema).min(1).max(1_000),
    companions: z.array(companionSchema).max(100),
    steps: z.array(emotionStepSchema).max(10).describe('What happens before routing, in order.'),
    routes: z.array(routeSchema).max(1_000),
    fallback: z
      .strictObject({
        parent: id,
        adapter: id.optional(),
        systemPrompt: text.optional(),
        sampling: sampling.optional(),
        tones: z.partialRecord(z.enum(emotionLabels), toneSchema).optional(),
        examples: z
          .array(text)
          .max(10_000)
          .optional()
          .describe(
            'Texts that belong to no route: what the router learns to leave to the fallback.',
          ),
        note,
      })
      .describe('What takes requests that no route takes.'),
    classifier: classifierSchema,
    policy: policySchema,
    note,
  })
  .describe('Which domain goes to which parent and adapter.');

export type RouterManifest = z.output<typeof routerManifestSchema>;
export type ManifestParent = RouterManifest['parents'][number];
export type ManifestAdapter = ManifestParent['adapters'][number];
export type ManifestRoute = RouterManifest['routes'][number];
export type ManifestCompanion = RouterManifest['companions'][number];
export type ManifestClassifier = RouterManifest['classifier'];
export type EmotionLabel = (typeof emotionLabels)[number];
export type Tone = z.output<typeof toneSchema>;
