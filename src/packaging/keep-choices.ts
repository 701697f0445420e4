// What people changed in a manifest survives a rebuild: thresholds, tones, prompts, notes, examples, companions, where a
// route goes. Told from what the last build wrote (`base`) where that is remembered, so that a change of the recipe and a
// change by hand both count; where they contradict, the hand wins.
import type {
  ManifestCompanion,
  ManifestParent,
  ManifestRoute,
  RouterManifest,
} from '#src/contract/routing/manifest.ts';

export interface Choices {
  /** The manifest as it lies there. */
  readonly old: RouterManifest;
  /** What the last build wrote, where that is known. */
  readonly base?: RouterManifest | undefined;
  /** False when the recipe says which companions there are. */
  readonly keepCompanions: boolean;
}

/** `made` with everything that people set by hand, as long as it still points to something. */
export function keepChoices(
  made: RouterManifest,
  { old, base, keepCompanions }: Choices,
): RouterManifest {
  const parents = new Map(made.parents.map((parent) => [parent.id, parent]));
  const preload = old.policy.preload.filter((id) => parents.has(id));
  const oldRoutes = byId(old.routes);
  const baseRoutes = byId(base?.routes ?? []);
  const madeIds = new Set(made.routes.map(({ id }) => id));
  const added = old.routes.filter(
    (route) =>
      !madeIds.has(route.id) && !baseRoutes.has(route.id) && leadsSomewhere(route, parents),
  );
  const routes = [
    ...made.routes.map((route) =>
      keepRoute(route, oldRoutes.get(route.id), baseRoutes.get(route.id), parents),
    ),
    ...added,
  ];
  const ids = new Set(routes.map(({ id }) => id));
  return {
    ...made,
    ...noteOf(old),
    ...(old.$schema === undefined ? {} : { $schema: old.$schema }),
    parents: made.parents.map((parent) => keepParent(parent, old)),
    companions: keepCompanionNotes(keepCompanions ? old.companions : made.companions, old),
    steps: keepSteps(made, old, base),
    routes: routes.map(({ fallback, ...route }) =>
      fallback === undefined || !ids.has(fallback) ? route : { ...route, fallback },
    ),
    fallback: leadsSomewhere(old.fallback, parents) ? old.fallback : made.fallback,
    classifier:
      old.classifier.kind === 'lexical' ||
      old.classifier.parent === undefined ||
      parents.has(old.classifier.parent)
        ? old.classifier
        : made.classifier,
    policy: { ...old.policy, preload: preload.length > 0 ? preload : made.policy.preload },
  };
}

function keepRoute(
  made: ManifestRoute,
  old: ManifestRoute | undefined,
  base: ManifestRoute | undefined,
  parents: ReadonlyMap<string, ManifestParent>,
): ManifestRoute {
  if (old === undefined) return made;
  const { threshold, systemPrompt, sampling, tones, fallback } = old;
  const isRemapped = base !== undefined && (old.parent !== base.parent || old.adapter !== base.adapter); // prettier-ignore
  const target = isRemapped && leadsSomewhere(old, parents) ? old : made;
  const chosen = {
    ...choose('threshold', threshold, made, base),
    ...choose('systemPrompt', systemPrompt, made, base),
    ...choose('sampling', sampling, made, base),
  };
  return {
    id: made.id,
    domain: made.domain,
    parent: target.parent,
    ...(target.adapter === undefined ? {} : { adapter: target.adapter }),
    examples: mergeLists(made.examples, old.examples, base?.examples),
    keywords: mergeLists(made.keywords, old.keywords, base?.keywords),
    ...chosen,
    ...(tones === undefined ? {} : { tones }),
    ...(fallback === undefined ? {} : { fallback }),
    ...noteOf(old),
  };
}

/** The hand's value where it differs from what was built last, else the recipe's. */
function choose<Field extends 'threshold' | 'systemPrompt' | 'sampling'>(
  field: Field,
  old: ManifestRoute[Field],
  made: ManifestRoute,
  base: ManifestRoute | undefined,
): Partial<Pick<ManifestRoute, Field>> {
  const byHand = base !== undefined && !isSame(old, base[field]);
  const value = byHand ? old : (made[field] ?? (base === undefined ? old : undefined));
  return value === undefined ? {} : ({ [field]: value } as Partial<Pick<ManifestRoute, Field>>);
}

/** Changes of both sides: what the hand added stays, what it removed stays gone, what the recipe changed is followed. */
function mergeLists(
  made: readonly string[],
  old: readonly string[],
  base: readonly string[] | undefined,
): string[] {
  if (base === undefined) return [...new Set([...made, ...old])];
  const [inMade, inOld, inBase] = [new Set(made), new Set(old), new Set(base)];
  return [
    ...old.filter((text) => inMade.has(text) || !inBase.has(text)),
    ...made.filter((text) => !inOld.has(text) && !inBase.has(text)),
  ];
}

function keepParent(made: ManifestParent, old: RouterManifest): ManifestParent {
  const before = old.parents.find(({ id }) => id === made.id);
  if (before === undefined) return made;
  const adapters = byId(before.adapters);
  return {
    ...made,
    adapters: made.adapters.map((adapter) => ({ ...adapter, ...noteOf(adapters.get(adapter.id)) })),
    ...noteOf(before),
  };
}

function keepCompanionNotes(
  companions: readonly ManifestCompanion[],
  old: RouterManifest,
): ManifestCompanion[] {
  const key = ({ id, role }: ManifestCompanion) => id ?? role;
  const before = new Map(old.companions.map((companion) => [key(companion), companion]));
  return companions.map((companion) => ({ ...companion, ...noteOf(before.get(key(companion))) }));
}

/** A step that was set by hand stays so, while the recipe has it; one that was taken out by hand stays out. */
function keepSteps(
  made: RouterManifest,
  old: RouterManifest,
  base: RouterManifest | undefined,
): RouterManifest['steps'] {
  return made.steps.flatMap((step) => {
    const before = old.steps.find(({ kind }) => kind === step.kind);
    const built = base?.steps.find(({ kind }) => kind === step.kind);
    if (before === undefined) return built === undefined ? [step] : [];
    return built !== undefined && isSame(before, built) ? [step] : [before];
  });
}

function leadsSomewhere(
  target: { readonly parent: string; readonly adapter?: string | undefined },
  parents: ReadonlyMap<string, ManifestParent>,
): boolean {
  const parent = parents.get(target.parent);
  if (parent === undefined) return false;
  return target.adapter === undefined || parent.adapters.some(({ id }) => id === target.adapter);
}

function byId<Item extends { readonly id: string }>(
  items: readonly Item[],
): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

function noteOf(from: { readonly note?: string | undefined } | undefined): { note?: string } {
  return from?.note === undefined ? {} : { note: from.note };
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
