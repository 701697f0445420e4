// A router of many routes, cut down to those that are looked for: drawn as a router of its own, edited as the whole.
import type { ManifestRoute, RouterManifest } from '#src/contract/routing/manifest.ts';

/** Routes with every word in their name, parent, keywords or examples, and the parents that they and the rest go to. */
export function foundIn(manifest: RouterManifest, find: string): RouterManifest {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return manifest;
  const routes = manifest.routes.filter((route) => {
    const text = textOf(route);
    return words.every((word) => text.includes(word));
  });
  const used = new Set([...routes.map(({ parent }) => parent), manifest.fallback.parent]);
  return { ...manifest, routes, parents: manifest.parents.filter(({ id }) => used.has(id)) };
}

function textOf({ id, parent, adapter = '', keywords, examples }: ManifestRoute): string {
  return [id, parent, adapter, ...keywords, ...examples].join('\n').toLowerCase();
}

/** Problems of the whole manifest, by the places that their parts have in the part of it that is shown. */
export function movedProblems(
  problems: ReadonlyMap<string, string>,
  whole: RouterManifest,
  shown: RouterManifest,
): ReadonlyMap<string, string> {
  if (whole === shown) return problems;
  const moved = new Map(problems);
  const move = (list: 'routes' | 'parents') => {
    for (const index of whole[list].keys()) moved.delete(`/${list}/${index}`);
    for (const [index, part] of shown[list].entries()) {
      const before = (whole[list] as readonly unknown[]).indexOf(part);
      const problem = problems.get(`/${list}/${before}`);
      if (problem !== undefined) moved.set(`/${list}/${index}`, problem);
    }
  };
  move('routes');
  move('parents');
  return moved;
}
