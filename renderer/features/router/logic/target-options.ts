// Everything that a route can be sent to, as the options of one list.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { switchable, type RouteTarget } from './edit-manifest.ts';
import { parentNames, shortOf } from './route-names.ts';

export interface TargetOption {
  /** Names the target; read back with `targetOf`. */
  readonly value: string;
  readonly label: string;
  readonly description: string;
}

export function targetValue({ parent, adapter }: RouteTarget): string {
  return JSON.stringify(adapter === undefined ? [parent] : [parent, adapter]);
}

export function targetOf(value: string): RouteTarget {
  const [parent = '', adapter] = JSON.parse(value) as string[];
  return adapter === undefined ? { parent } : { parent, adapter };
}

/** Parents with each of their adapters, then the parent alone. */
export function targetOptions({ parents }: RouterManifest): TargetOption[] {
  const names = parentNames(parents);
  const nameOf = (id: string) => names.get(id) ?? id;
  return parents.flatMap((parent) => [
    ...switchable(parent).map((adapter) => ({
      value: targetValue({ parent: parent.id, adapter: adapter.id }),
      label: `${nameOf(parent.id)} + ${shortOf(adapter.subdomain)}`,
      description: `${parent.quantization} · ${adapter.id}`,
    })),
    {
      value: targetValue({ parent: parent.id }),
      label: switchable(parent).length === 0 ? nameOf(parent.id) : `${nameOf(parent.id)} alone`,
      description: `${parent.quantization} · ${aloneText(parent)}`,
    },
  ]);
}

function aloneText(parent: RouterManifest['parents'][number]): string {
  if (parent.adapters.length === 0) return 'no adapters';
  return switchable(parent).length === 0 ? 'adapters merged in' : 'without an adapter';
}
