// A routing set put into a manifest: training prompts and keywords become the examples of routes, off-topic ones those of the
// fallback. As a manifest, or as edits of a manifest's text that leave notes and formatting alone.
import type { RoutingSet } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { applyJsonSplices, type JsonSplice } from '#src/recipe/json-splices.ts';
import { parseManifestDocument, type ManifestDocument } from './parse-manifest.ts';

/** The manifest with the set's prompts. Routes that the set does not know keep what they have. */
export function applyRoutingSet(manifest: RouterManifest, set: RoutingSet): RouterManifest {
  const { train } = set.offTopic;
  return {
    ...manifest,
    routes: manifest.routes.map((route) => {
      const prompts = ownEntry(set.routes, route.id);
      if (prompts === undefined) return route;
      return {
        ...route,
        examples: [...prompts.train],
        keywords: [...(prompts.keywords ?? route.keywords)],
      };
    }),
    fallback:
      train === undefined ? manifest.fallback : { ...manifest.fallback, examples: [...train] },
  };
}

/** Writes thresholds into a manifest's text; every other byte stays. */
export function writeThresholds(
  document: ManifestDocument,
  thresholds: ReadonlyMap<string, number>,
): string {
  const splices = document.manifest.routes.flatMap(({ id, threshold }, index): JsonSplice[] => {
    const value = thresholds.get(id);
    return value === undefined || value === threshold
      ? []
      : [{ splice: 'set', path: ['routes', index], property: 'threshold', value }];
  });
  return applyJsonSplices(document.json, splices);
}

/** Writes the set's prompts and thresholds into a manifest's text; what they do not name stays as it is. */
export function writeRoutingSet(
  document: ManifestDocument,
  set: RoutingSet,
  thresholds: ReadonlyMap<string, number>,
): string {
  const applied = applyRoutingSet(document.manifest, set);
  const splices = applied.routes.flatMap((route, index): JsonSplice[] => {
    const before = document.manifest.routes[index];
    return (['examples', 'keywords'] as const).flatMap((property) =>
      isSame(before?.[property], route[property])
        ? []
        : [{ splice: 'set', path: ['routes', index], property, value: route[property] }],
    );
  });
  const { examples } = applied.fallback;
  if (examples !== undefined && !isSame(document.manifest.fallback.examples, examples)) {
    splices.push({ splice: 'set', path: ['fallback'], property: 'examples', value: examples });
  }
  const text = applyJsonSplices(document.json, splices);
  return writeThresholds(parseManifestDocument(text, document.json.label), thresholds);
}

function isSame(left: readonly string[] | undefined, right: readonly string[]): boolean {
  return left?.length === right.length && right.every((text, index) => text === left[index]);
}

/** Route ids come from files: `constructor` is not one of them. */
function ownEntry<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
