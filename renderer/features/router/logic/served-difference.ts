// How what is edited differs from what is served: which routes changed, and how the held-out figures moved.
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';

/** Routes that were added, removed, or answer, ask or decide otherwise. */
export function changedRoutes(served: RouterManifest, edited: RouterManifest): string[] {
  const before = new Map(served.routes.map((route) => [route.id, JSON.stringify(route)]));
  const after = new Map(edited.routes.map((route) => [route.id, JSON.stringify(route)]));
  const ids = [...before.keys(), ...[...after.keys()].filter((id) => !before.has(id))];
  return ids.filter((id) => before.get(id) !== after.get(id));
}

/** `+3.1 points, 1 route changed`; undefined accuracies are left out. */
export function differenceText(
  changed: number,
  before: RoutingEvaluation | undefined,
  after: RoutingEvaluation | undefined,
): string {
  const routes =
    changed === 0
      ? 'no route changed'
      : changed === 1
        ? '1 route changed'
        : `${changed} routes changed`;
  if (before === undefined || after === undefined) return routes;
  const points = (after.accuracy.value - before.accuracy.value) * 100;
  const rounded = Math.abs(points) < 0.05 ? '±0.0' : signed(points);
  return `${rounded} points, ${routes}`;
}

function signed(points: number): string {
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`;
}
