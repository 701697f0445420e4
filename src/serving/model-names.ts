// What a request's `model` means in a family.
import type {
  ManifestAdapter,
  ManifestParent,
  ManifestRoute,
  RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { autoModel, type FamilyModel } from './family.ts';

export interface Addressed {
  readonly parent: ManifestParent;
  readonly adapter: ManifestAdapter | undefined;
}

export type NamedModel =
  | { readonly kind: 'auto' }
  | { readonly kind: 'route'; readonly route: ManifestRoute }
  | ({ readonly kind: 'target' } & Addressed);

/** Throws `serving/unknown-model`. */
export function resolveModelName(manifest: RouterManifest, name: string): NamedModel {
  if (name === autoModel) return { kind: 'auto' };
  const route = manifest.routes.find(({ id }) => id === name);
  if (route !== undefined) return { kind: 'route', route };
  for (const parent of manifest.parents) {
    if (name === parent.id) return { kind: 'target', parent, adapter: undefined };
    if (!name.startsWith(`${parent.id}:`)) continue;
    const rest = name.slice(parent.id.length + 1);
    const adapter = parent.adapters.find(({ id }) => id === rest) ?? onlyBySubdomain(parent, rest);
    if (adapter !== undefined) return { kind: 'target', parent, adapter };
  }
  throw new StudioError(
    'serving/unknown-model',
    `This family has no model "${name.slice(0, 200)}".`,
    {
      hint: `Ask for "${autoModel}", a route (${someOf(manifest.routes.map(({ id }) => id))}) or PARENT:ADAPTER; /v1/models lists all.`,
      details: { model: name.slice(0, 200) },
    },
  );
}

/** `parent:conditions` where only one adapter has this subdomain. */
function onlyBySubdomain({ adapters }: ManifestParent, name: string): ManifestAdapter | undefined {
  const named = adapters.filter(({ subdomain }) => subdomain === name);
  return named.length === 1 ? named[0] : undefined;
}

/** What a route or the fallback is answered by. Throws `routing/manifest` for a dangling reference. */
export function addressedBy(
  manifest: RouterManifest,
  target: { readonly parent: string; readonly adapter?: string | undefined },
): Addressed {
  const parent = manifest.parents.find(({ id }) => id === target.parent);
  const adapter =
    target.adapter === undefined
      ? undefined
      : parent?.adapters.find(({ id }) => id === target.adapter);
  if (parent === undefined || (target.adapter !== undefined && adapter === undefined)) {
    const name =
      parent === undefined ? `parent "${target.parent}"` : `adapter "${target.adapter ?? ''}"`;
    throw new StudioError('routing/manifest', `The manifest has no ${name}.`, {
      hint: 'Change the route to a parent and an adapter that the manifest lists.',
    });
  }
  return { parent, adapter };
}

/** Every name that a request may use, in the order of the manifest. */
export function listModels(manifest: RouterManifest): FamilyModel[] {
  const about = ({ quantization, contextWindow }: ManifestParent) => ({
    quantization,
    ...(contextWindow !== undefined && { contextWindow }),
  });
  return [
    { id: autoModel, kind: 'auto' },
    ...manifest.routes.map(({ id, parent, adapter }) => ({
      id,
      kind: 'route' as const,
      parent,
      ...(adapter !== undefined && { adapter }),
    })),
    ...manifest.parents.flatMap((parent) => [
      { id: parent.id, kind: 'parent' as const, parent: parent.id, ...about(parent) },
      ...parent.adapters
        .filter(({ source }) => source !== 'merged')
        .map(({ id }) => ({
          id: `${parent.id}:${id}`,
          kind: 'adapter' as const,
          parent: parent.id,
          adapter: id,
          ...about(parent),
        })),
    ]),
    ...(manifest.classifier.kind !== 'lexical' && manifest.classifier.file !== undefined
      ? [{ id: manifest.classifier.file, kind: 'embedding' as const }]
      : []),
  ];
}

function someOf(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} …`;
}
