// Where everything stands in the graph: routes in a column at the left, parents and companions at the right. Places depend on
// the lists alone, not on what leads where: a re-mapped edge moves nothing else.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Placed extends Place {
  readonly height: number;
}

export interface GraphLayout {
  readonly routes: ReadonlyMap<string, Place>;
  /** The node of requests that no route takes. */
  readonly none: Place;
  readonly parents: ReadonlyMap<string, Placed>;
  /** By index. */
  readonly companions: readonly Place[];
}

export const routeWidth = 230;
export const routeHeight = 54;
export const parentWidth = 280;
export const companionHeight = 54;
/** Rows of adapters that a parent shows; more are counted. */
export const adapterRows = 4;

const margin = 40;
const routePitch = 66;
const parentHead = 66;
const chipRow = 27;
const parentGap = 46;
const companionPitch = 66;
/** Widest and narrowest place of the right column. */
const parentsAt = { least: 340, usual: 470, most: 720 };

/** Lays the graph out for a pane of some width in pixels. */
export function layOutRouter(manifest: RouterManifest, paneWidth: number): GraphLayout {
  const x = parentsPlace(paneWidth);
  const routes = new Map<string, Place>();
  manifest.routes.forEach(({ id }, index) =>
    routes.set(id, { x: margin, y: margin + index * routePitch }),
  );
  const none = { x: margin, y: margin + manifest.routes.length * routePitch };
  const heights = manifest.parents.map((parent) =>
    parentHeight(parent.adapters.map(({ subdomain }) => subdomain)),
  );
  const used = heights.reduce((sum, height) => sum + height + parentGap, 0);
  const spare = Math.max(0, none.y - margin - used) / Math.max(1, manifest.parents.length);
  const parents = new Map<string, Placed>();
  let y = margin;
  manifest.parents.forEach(({ id }, index) => {
    const height = heights[index] ?? parentHead;
    parents.set(id, { x, y: Math.round(y), height });
    y += height + parentGap + spare;
  });
  const companions = manifest.companions.map((_, index) => ({
    x,
    y: Math.round(y) + index * companionPitch,
  }));
  return { routes, none, parents, companions };
}

function parentsPlace(paneWidth: number): number {
  const room = paneWidth - margin - parentWidth;
  const wanted = paneWidth <= 1100 ? parentsAt.usual : Math.round(paneWidth * 0.42);
  return Math.max(parentsAt.least, Math.min(wanted, room, parentsAt.most));
}

/** With as many rows of adapters as their names need. */
export function parentHeight(names: readonly string[]): number {
  return names.length === 0
    ? parentHead
    : parentHead + Math.min(adapterRows, chipRows(names).length) * chipRow;
}

/** Adapters row by row, by the width that their names are about to take. */
export function chipRows(names: readonly string[]): string[][] {
  const room = parentWidth - 26;
  const rows: string[][] = [];
  let left = 0;
  for (const name of names) {
    const width = Math.min(room, name.length * 6 + 22);
    const row = rows.at(-1);
    if (row !== undefined && width <= left) {
      row.push(name);
      left -= width;
    } else {
      rows.push([name]);
      left = room - width;
    }
  }
  return rows;
}
