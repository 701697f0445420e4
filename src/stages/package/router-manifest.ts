// The router manifest, `router.json` (design section 6): which domain goes to which parent and adapter. A build writes
// what it knows (files, hashes, levels, adapters, routes); thresholds and policies are then edited in place.
import { z } from 'zod';

export const routerManifestVersion = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const file = z.string().min(1).max(4096).describe("Relative to the manifest's folder.");
const text = z.string().max(20_000);

const adapterSchema = z.strictObject({
  id: z.string().describe('`domain/subdomain`.'),
  domain: z.string(),
  subdomain: z.string(),
  scale: z.number(),
  sha256: sha256.describe('Of the source the adapter was read from.'),
  source: z.enum(['bundled', 'merged']).describe('Inside the file, or in its weights.'),
});

const parentSchema = z.strictObject({
  id: z.string(),
  domain: z.string(),
  base: z.string(),
  file,
  sha256,
  bytes: z.int().min(0),
  quantization: z.string(),
  contextWindow: z.int().min(1).optional(),
  adapters: z.array(adapterSchema),
});

const companionSchema = z.strictObject({
  role: z.enum(['emotion', 'asr', 'tts', 'vocoder', 'mmproj']),
  file,
  sha256,
});

/** Read before a request is routed; its result goes into the trace and, where a route asks for it, the prompt. */
const emotionStepSchema = z.strictObject({
  kind: z.literal('emotion'),
  language: z.literal('en'),
  labels: z.array(z.string()).min(1),
});

const routeSchema = z.strictObject({
  id: z.string().describe('`domain/subdomain`.'),
  domain: z.string(),
  parent: z.string(),
  adapter: z
    .string()
    .optional()
    .describe('Absent for a merged parent, which has no adapters to switch.'),
  examples: z.array(text),
  keywords: z.array(z.string()),
  threshold: z.number().min(0).max(1).optional(),
  systemPrompt: text.optional(),
  sampling: z.record(z.string(), z.number()).optional(),
});

export const routerManifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(routerManifestVersion),
    name: z.string(),
    parents: z.array(parentSchema).min(1),
    companions: z.array(companionSchema),
    steps: z.array(emotionStepSchema).describe('What happens before routing, in order.'),
    routes: z.array(routeSchema),
    fallback: z.strictObject({ parent: z.string(), adapter: z.string().optional() }),
    classifier: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('lexical') }),
      z.strictObject({ kind: z.literal('embedding'), file, sha256 }),
    ]),
    policy: z.strictObject({
      memoryBudgetBytes: z.int().min(0).optional().describe('Default: what the machine has free.'),
      preload: z.array(z.string()),
      keepAliveSeconds: z.int().min(0),
    }),
  })
  .describe('Which domain goes to which parent and adapter.');

export type RouterManifest = z.output<typeof routerManifestSchema>;
export type ManifestParent = RouterManifest['parents'][number];

/** The five states that the emotion step tells apart (design section 10). */
const emotionLabels = ['neutral', 'positive', 'sad', 'angry', 'anxious'];

/** What the router may know about one adapter beyond where it lies. */
export interface RouteDescription {
  readonly adapterId: string;
  readonly examples: readonly string[];
  readonly keywords: readonly string[];
  readonly threshold?: number | undefined;
  readonly systemPrompt?: string | undefined;
  readonly sampling?: Readonly<Record<string, number>> | undefined;
}

/**
 * Builds the manifest of a set of parents. The first parent that has an adapter serves its route (levels come in the
 * order of the recipe, so the first level is the default); requests that no route takes go to the first parent.
 */
export function buildRouterManifest(input: {
  readonly name: string;
  readonly parents: readonly [ManifestParent, ...ManifestParent[]];
  readonly routes: readonly RouteDescription[];
  readonly emotion: boolean;
}): RouterManifest {
  const descriptions = new Map(input.routes.map((route) => [route.adapterId, route]));
  const routes = new Map<string, RouterManifest['routes'][number]>();
  for (const parent of input.parents) {
    for (const adapter of parent.adapters) {
      if (routes.has(adapter.id)) continue;
      const { examples, keywords, threshold, systemPrompt, sampling } = descriptions.get(
        adapter.id,
      ) ?? { examples: [], keywords: [] };
      routes.set(adapter.id, {
        id: adapter.id,
        domain: adapter.domain,
        parent: parent.id,
        ...(adapter.source === 'bundled' ? { adapter: adapter.id } : {}),
        examples: [...examples],
        keywords: [...keywords],
        ...(threshold === undefined ? {} : { threshold }),
        ...(systemPrompt === undefined ? {} : { systemPrompt }),
        ...(sampling === undefined ? {} : { sampling: { ...sampling } }),
      });
    }
  }
  return routerManifestSchema.parse({
    version: routerManifestVersion,
    name: input.name,
    parents: [...input.parents],
    companions: [],
    steps: input.emotion ? [{ kind: 'emotion', language: 'en', labels: emotionLabels }] : [],
    routes: [...routes.values()],
    fallback: { parent: input.parents[0].id },
    classifier: { kind: 'lexical' },
    policy: { preload: [input.parents[0].id], keepAliveSeconds: 300 },
  } satisfies RouterManifest);
}
