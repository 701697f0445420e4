// Makes a family's router manifest from what a build knows.
import { defaultTones } from '#src/contract/routing/default-tones.ts';
import {
  emotionLabels,
  routerManifestSchema,
  routerManifestVersion,
  type ManifestParent,
  type RouterManifest,
} from '#src/contract/routing/manifest.ts';

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
  /** Texts that belong to no route. */
  readonly offTopic?: readonly string[] | undefined;
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
    steps: input.emotion ? [emotionStep()] : [],
    routes: [...routes.values()],
    fallback: {
      parent: input.parents[0].id,
      ...(input.offTopic === undefined || input.offTopic.length === 0
        ? {}
        : { examples: [...input.offTopic] }),
    },
    classifier: { kind: 'lexical' },
    policy: { preload: [input.parents[0].id], keepAliveSeconds: 300 },
  } satisfies RouterManifest);
}

/** On, with its tones written out, so that whoever opens the manifest sees and edits them; `enabled` switches all off. */
function emotionStep(): RouterManifest['steps'][number] {
  return {
    kind: 'emotion',
    enabled: true,
    language: 'en',
    labels: [...emotionLabels],
    tones: structuredClone(defaultTones),
  };
}
