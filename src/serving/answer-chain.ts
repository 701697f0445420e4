// Who answers when the one that should cannot: the route's fallback, then that one's, then the family's. Only what lies in
// the parent itself leads on (no memory for it, a missing or changed file); a wrong request is wrong everywhere.
import type { ManifestRoute, RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { addressedBy, type Addressed } from './model-names.ts';

export interface ChainLink extends Addressed {
  /** undefined: the family's fallback. */
  readonly route: ManifestRoute | undefined;
}

const leadingOn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'memory/short',
  'serving/files',
  'io/not-found',
  'io/failed',
  'native/failed',
  'native/crashed',
  'gguf/invalid',
  'gguf/version',
  'format/not-gguf',
  'format/truncated',
  'bundle/invalid',
  'architecture/unsupported',
  'adapter/invalid',
  'adapter/wrong-base',
]);

/** True when another parent may be asked instead. */
export function mayFallBack(error: unknown): error is StudioError {
  return error instanceof StudioError && leadingOn.has(error.code);
}

/** The route and its fallbacks, each once; the family's fallback last. `id` null: the family's fallback alone. */
export function chainOf(manifest: RouterManifest, id: string | null): ChainLink[] {
  const chain: ChainLink[] = [];
  const seen = new Set<string>();
  let next = id ?? undefined;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    const route = manifest.routes.find((candidate) => candidate.id === next);
    if (route === undefined) break;
    chain.push({ ...addressedBy(manifest, route), route });
    next = route.fallback;
  }
  const last = addressedBy(manifest, manifest.fallback);
  const isListed = chain.some(
    ({ parent, adapter }) => parent === last.parent && adapter === last.adapter,
  );
  if (!isListed) {
    chain.push({ ...last, route: undefined });
  }
  return chain;
}
