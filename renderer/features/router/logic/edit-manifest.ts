// Every edit of a manifest that the window makes, as a pure function from one manifest to the next. What an edit does not
// name keeps its identity; notes are never touched.
import type {
  EmotionLabel,
  ManifestParent,
  ManifestRoute,
  RouterManifest,
  Tone,
} from '#src/contract/routing/manifest.ts';
import { withClassifier } from '#src/routing/manifest/with-classifier.ts';
import { defaultTones } from '#src/routing/emotion/apply-tone.ts';
import type { MovedPrompt } from './router-document.ts';

/** Where a route leads. */
export interface RouteTarget {
  readonly parent: string;
  readonly adapter?: string | undefined;
}

export function routeOf(manifest: RouterManifest, id: string): ManifestRoute | undefined {
  return manifest.routes.find((route) => route.id === id);
}

export function parentOf(manifest: RouterManifest, id: string): ManifestParent | undefined {
  return manifest.parents.find((parent) => parent.id === id);
}

/** Adapters that can be switched: those in the weights cannot. */
export function switchable(parent: ManifestParent): ManifestParent['adapters'] {
  return parent.adapters.filter(({ source }) => source !== 'merged');
}

/**
 * Which adapter of a parent takes a route that is dropped on the parent itself: the one of its name, else the one of its
 * subdomain, else the only one; none where the choice is open or nothing can be switched.
 */
export function adapterFor(parent: ManifestParent, route: string): string | undefined {
  const adapters = switchable(parent);
  const subdomain = route.slice(route.lastIndexOf('/') + 1);
  const [only] = adapters;
  return (
    adapters.find(({ id }) => id === route) ??
    adapters.find((adapter) => adapter.subdomain === subdomain) ??
    (adapters.length === 1 ? only : undefined)
  )?.id;
}

export function changeRoute(
  manifest: RouterManifest,
  id: string,
  change: (route: ManifestRoute) => ManifestRoute,
): RouterManifest {
  const index = manifest.routes.findIndex((route) => route.id === id);
  const before = manifest.routes[index];
  if (before === undefined) return manifest;
  const after = change(before);
  if (after === before) return manifest;
  return { ...manifest, routes: manifest.routes.with(index, after) };
}

/** Sends a route to another parent and adapter. */
export function remap(manifest: RouterManifest, id: string, target: RouteTarget): RouterManifest {
  return changeRoute(manifest, id, (route) => led(route, target));
}

export function remapFallback(manifest: RouterManifest, target: RouteTarget): RouterManifest {
  const fallback = led(manifest.fallback, target);
  return fallback === manifest.fallback ? manifest : { ...manifest, fallback };
}

/** What leads somewhere, leading elsewhere; the same one when it leads there already. */
function led<T extends { parent: string; adapter?: string | undefined }>(
  before: T,
  { parent, adapter }: RouteTarget,
): T {
  if (before.parent === parent && before.adapter === adapter) return before;
  return withProperty({ ...before, parent }, 'adapter', adapter);
}

/** Sets a property of a route; undefined takes it out. */
export function setOfRoute<K extends keyof ManifestRoute>(
  manifest: RouterManifest,
  id: string,
  property: K,
  value: ManifestRoute[K] | undefined,
): RouterManifest {
  return changeRoute(manifest, id, (route) =>
    route[property] === value ? route : withProperty(route, property, value),
  );
}

/** A copy with a property set; without it where the value is undefined. */
export function withProperty<T extends object, K extends keyof T>(
  object: T,
  property: K,
  value: T[K] | undefined,
): T {
  const copy = { ...object };
  if (value === undefined) delete copy[property];
  else copy[property] = value;
  return copy;
}

/** Adds an example to a route (null: to what belongs to none) and takes it out of every other place. */
export function withExample(
  manifest: RouterManifest,
  text: string,
  route: string | null,
): RouterManifest {
  const wanted = text.trim();
  if (wanted === '') return manifest;
  let changed = false;
  const placed = (examples: readonly string[], belongs: boolean): string[] | undefined => {
    const has = examples.includes(wanted);
    if (has === belongs) return undefined;
    changed = true;
    return has ? examples.filter((example) => example !== wanted) : [...examples, wanted];
  };
  const routes = manifest.routes.map((each) => {
    const examples = placed(each.examples, each.id === route);
    return examples === undefined ? each : { ...each, examples };
  });
  const none = placed(manifest.fallback.examples ?? [], route === null);
  const fallback =
    none === undefined
      ? manifest.fallback
      : withProperty(manifest.fallback, 'examples', none.length === 0 ? undefined : none);
  return changed ? { ...manifest, routes, fallback } : manifest;
}

/** The list of moved prompts with one more; a prompt that is moved again stands in it once. */
export function withMoved(moved: readonly MovedPrompt[], prompt: MovedPrompt): MovedPrompt[] {
  return [...moved.filter(({ text }) => text !== prompt.text), prompt];
}

/** Why a route cannot have this id; undefined when it can. */
export function whyNotRouteId(manifest: RouterManifest, id: string): string | undefined {
  if (!/^[^\s/]+\/[^\s/]+$/.test(id)) return 'A route is called domain/subdomain, without blanks.';
  if (id.length > 300) return 'At most 300 characters.';
  return routeOf(manifest, id) === undefined ? undefined : `There is a route ${id} already.`;
}

/** Adds a route without examples; it goes to a parent that has an adapter of its name, else to the fallback's. */
export function addRoute(manifest: RouterManifest, id: string): RouterManifest {
  const domain = id.slice(0, id.indexOf('/'));
  const named = manifest.parents.find((parent) =>
    parent.adapters.some((adapter) => adapter.id === id),
  );
  const parent = named ?? parentOf(manifest, manifest.fallback.parent) ?? manifest.parents[0];
  if (parent === undefined) return manifest;
  const adapter = adapterFor(parent, id);
  const route: ManifestRoute = {
    id,
    domain,
    parent: parent.id,
    ...(adapter === undefined ? {} : { adapter }),
    examples: [],
    keywords: [],
  };
  return { ...manifest, routes: [...manifest.routes, route] };
}

/** Removes a route; what fell back to it falls back to nothing. */
export function removeRoute(manifest: RouterManifest, id: string): RouterManifest {
  return {
    ...manifest,
    routes: manifest.routes
      .filter((route) => route.id !== id)
      .map((route) => (route.fallback === id ? withProperty(route, 'fallback', undefined) : route)),
  };
}

export function changeParent(
  manifest: RouterManifest,
  id: string,
  change: (parent: ManifestParent) => ManifestParent,
): RouterManifest {
  return {
    ...manifest,
    parents: manifest.parents.map((parent) => (parent.id === id ? change(parent) : parent)),
  };
}

/** Removes a parent that nothing leads to; the manifest as it is when something does, or it is the last one. */
export function removeParent(manifest: RouterManifest, id: string): RouterManifest {
  if (manifest.parents.length === 1 || leadTo(manifest, id).length > 0) return manifest;
  const { classifier } = manifest;
  return {
    ...manifest,
    parents: manifest.parents.filter((parent) => parent.id !== id),
    policy: { ...manifest.policy, preload: manifest.policy.preload.filter((one) => one !== id) },
    classifier:
      classifier.kind !== 'lexical' && classifier.parent === id
        ? withProperty(classifier, 'parent', undefined)
        : classifier,
  };
}

/** What leads to a parent: route ids, and `none of these` for the fallback. */
export function leadTo(manifest: RouterManifest, parent: string): string[] {
  const routes = manifest.routes.filter((route) => route.parent === parent).map(({ id }) => id);
  return manifest.fallback.parent === parent ? [...routes, 'none of these'] : routes;
}

/** Whether the emotional context step is there and on. */
export function isEmotionOn(manifest: RouterManifest): boolean {
  return manifest.steps.some((step) => step.kind === 'emotion' && step.enabled !== false);
}

/** One switch: adds the step where it is missing, else turns it on or off and keeps its tones. */
export function switchEmotion(
  manifest: RouterManifest,
  on: boolean,
  labels: readonly EmotionLabel[],
): RouterManifest {
  if (isEmotionOn(manifest) === on) return manifest;
  if (!manifest.steps.some(({ kind }) => kind === 'emotion')) {
    const step: RouterManifest['steps'][number] = {
      kind: 'emotion',
      language: 'en',
      labels: [...labels],
      tones: defaultTones,
    };
    return { ...manifest, steps: [...manifest.steps, step] };
  }
  return {
    ...manifest,
    steps: manifest.steps.map((step) => withProperty(step, 'enabled', on ? undefined : false)),
  };
}

type Tones = NonNullable<ManifestRoute['tones']>;

/** Tones with one changed; undefined when none is left. A tone that says nothing is none. */
export function withTone(
  tones: Tones | undefined,
  label: EmotionLabel,
  tone: Tone | undefined,
): Tones | undefined {
  const isEmpty =
    tone === undefined ||
    (tone.systemPrompt === undefined && tone.sampling === undefined && tone.note === undefined);
  const next = withProperty(tones ?? {}, label, isEmpty ? undefined : tone);
  return Object.keys(next).length === 0 ? undefined : next;
}

/** Tones of the emotion step: for routes without their own. */
export function stepTones(manifest: RouterManifest): Tones | undefined {
  return manifest.steps.find(({ kind }) => kind === 'emotion')?.tones;
}

export function setStepTones(manifest: RouterManifest, tones: Tones | undefined): RouterManifest {
  return {
    ...manifest,
    steps: manifest.steps.map((step) => withProperty(step, 'tones', tones)),
  };
}

/** Sampling with one value changed; undefined when none is left. */
export function withSampling(
  sampling: Readonly<Record<string, number>> | undefined,
  name: string,
  value: number | undefined,
): Record<string, number> | undefined {
  const next: Record<string, number> = { ...sampling };
  if (value === undefined) delete next[name];
  else next[name] = value;
  return Object.keys(next).length === 0 ? undefined : next;
}

/** What the vectors of texts come from: an embedding GGUF of the family's folder, or a parent's hidden states. */
export type EmbeddingSource =
  | { readonly kind: 'file'; readonly file: string; readonly sha256: string }
  | { readonly kind: 'parent'; readonly id: string | undefined };

/**
 * The classifier with another source of vectors. Where words decided alone, both decide from now on (an embedding by itself
 * is asked for every text).
 */
export function withEmbedding(manifest: RouterManifest, source: EmbeddingSource): RouterManifest {
  const { classifier } =
    manifest.classifier.kind === 'lexical' ? withClassifier(manifest, 'cascade') : manifest;
  if (classifier.kind === 'lexical') return manifest;
  const [file, sha256, parent] =
    source.kind === 'file'
      ? [source.file, source.sha256, undefined]
      : [undefined, undefined, source.id];
  const isSame =
    classifier === manifest.classifier &&
    classifier.file === file &&
    classifier.sha256 === sha256 &&
    classifier.parent === parent;
  if (isSame) return manifest;
  const named = withProperty(withProperty(classifier, 'file', file), 'sha256', sha256);
  return { ...manifest, classifier: withProperty(named, 'parent', parent) };
}

/** The manifest with the thresholds of a trained one, by route; other edits stay. */
export function withThresholdsOf(
  manifest: RouterManifest,
  trained: RouterManifest,
): RouterManifest {
  const thresholds = new Map(trained.routes.map(({ id, threshold }) => [id, threshold]));
  return {
    ...manifest,
    routes: manifest.routes.map((route) => {
      const threshold = thresholds.get(route.id);
      return threshold === undefined ? route : { ...route, threshold };
    }),
  };
}
