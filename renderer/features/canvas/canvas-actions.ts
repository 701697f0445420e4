// Everything that changes the recipe in front, each one undo step: what the mouse, the keyboard, the palette and the menus
// call. The edits themselves are pure (src/recipe/edit-nodes.ts).
import { lastPathPart } from '#src/recipe/node-names.ts';
import { inputPortFor } from '#src/recipe/node-ports.ts';
import {
  addNodes,
  connectNodes,
  copyNodes,
  fragmentText,
  freshId,
  parseFragment,
  pasteNodes,
  placeNodes,
  removeEdges,
  removeNodes,
  setNodeFields,
  spliceRecipe,
  whyNotConnect,
  type Position,
  type RecipeFragment,
  type RecipeNodeInput,
} from '#src/recipe/edit-nodes.ts';
import type { RecipeDocument } from '#src/recipe/recipe-file.ts';
import type { NodeKind, RecipeEdge } from '#src/recipe/recipe-schema.ts';
import { notify } from '#renderer/ui/notify.ts';
import { placeOf } from './canvas-document.ts';
import {
  activeDocument,
  activeRecipe,
  edit,
  select,
  type SourceKind,
  type Wire,
} from './canvas-store.ts';
import { focusNode, reveal } from './flow-view.ts';
import { estimatedSize, fineGrid, grid, layOut, snap, type Size } from './layout.ts';
import { kindNames } from './node-text.ts';
import { placeForNew } from './place-for-new.ts';
import { folderOf, fragmentWithAbsolutePaths, workspaceFolder } from './recipe-folder.ts';

/** Kinds that are made from nothing; the others need a file first. */
export type StepKind = Exclude<NodeKind, SourceKind>;

export function isSource(kind: NodeKind): kind is SourceKind {
  return kind === 'base' || kind === 'adapter' || kind === 'imatrix';
}

function freshNode(kind: StepKind, id: string): RecipeNodeInput {
  switch (kind) {
    case 'merge':
      return { id, kind, method: 'sum' };
    case 'quantize':
      return { id, kind, levels: ['Q4_K_M'] };
    case 'package':
      return {
        id,
        kind,
        form: 'merged',
        domain:
          activeDocument()
            ?.title.replace(/[^A-Za-z0-9._-]+/g, '-')
            .replace(/^[^A-Za-z0-9]+/, '')
            .slice(0, 64) || 'domain',
      };
    case 'family':
      return { id, kind, name: 'family' };
    case 'evaluate':
      return { id, kind, suites: ['general'] };
  }
}

/** Adds a step, wired where it was dropped from, selected and focused. */
export function addStep(kind: StepKind, at?: Position, wire?: Wire): void {
  const document = activeRecipe();
  if (document === undefined) return;
  const id = freshId(idsOf(document), kind);
  const node = freshNode(kind, id);
  if (node.kind === 'package' && wire?.end === 'from') {
    const from = document.recipe.nodes.find((one) => one.id === wire.node);
    const hasMerge = document.recipe.edges.some(
      (edge) =>
        edge.to === from?.id &&
        document.recipe.nodes.some((one) => one.id === edge.from && one.kind === 'merge'),
    );
    if (from?.kind === 'adapter' || !hasMerge) node.form = 'bundled';
  }
  addNode(node, at, wire);
}

/** Adds an imatrix that the build collects on these texts. */
export function addCollected(texts: readonly string[], at?: Position, wire?: Wire): void {
  const recipe = activeRecipe();
  if (recipe === undefined) return;
  const id = freshId(idsOf(recipe), 'imatrix');
  addNode({ id, kind: 'imatrix', texts: [...texts] }, at, wire);
}

/** Adds a base, adapter or imatrix that reads `path` (as a recipe writes it). */
export function addSource(kind: SourceKind, path: string, at?: Position, wire?: Wire): void {
  const document = activeRecipe();
  if (document === undefined) return;
  const name = lastPathPart(path).replace(/\.(gguf|dat)$/i, '');
  const wanted = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 60);
  const id = freshId(idsOf(document), wanted === '' ? kind : wanted);
  addNode({ id, kind, path }, at, wire);
}

function addNode(node: RecipeNodeInput, at: Position | undefined, wire: Wire | undefined): void {
  const document = activeDocument();
  const recipe = activeRecipe();
  if (document === undefined || recipe === undefined) return;
  const place = at ?? placeForNew(node, wire);
  const position = { x: snap(place.x, grid), y: snap(place.y, grid) };
  const placed = { ...node, position };
  edit(
    (current) => {
      const added = addNodes(current, { nodes: [placed], edges: [] });
      if (wire === undefined) return added;
      const [from, to] = wire.end === 'from' ? [wire.node, node.id] : [node.id, wire.node];
      const { nodes, edges } = added.recipe;
      return whyNotConnect(nodes, edges, from, to) === undefined
        ? connectNodes(added, from, to)
        : added;
    },
    { step: `Add ${kindNames[node.kind].toLowerCase()}` },
  );
  select([node.id]);
  reveal(position, 216, 120);
  focusNode(node.id);
}

function idsOf(document: RecipeDocument): Set<string> {
  return new Set(document.recipe.nodes.map(({ id }) => id));
}

/** Draws a wire; refuses, with the reason, one that does not fit. */
export function connect(from: string, to: string): boolean {
  const document = activeRecipe();
  if (document === undefined) return false;
  const reason = whyNotConnect(document.recipe.nodes, document.recipe.edges, from, to);
  if (reason !== undefined) {
    notify.info(reason);
    return false;
  }
  edit((current) => connectNodes(current, from, to), { step: 'Connect' });
  return true;
}

export interface ConnectTarget {
  readonly id: string;
  readonly reason: string | undefined;
  /** The wire that it would take the place of. */
  readonly replaces: string | undefined;
}

/** Every other node as the end of a wire from `from`: those that fit first. */
export function connectTargets(document: RecipeDocument, from: string): ConnectTarget[] {
  const { nodes, edges } = document.recipe;
  const kinds = new Map(nodes.map(({ id, kind }) => [id, kind]));
  const source = kinds.get(from);
  return nodes
    .filter(({ id }) => id !== from)
    .map(({ id, kind }): ConnectTarget => {
      const reason = whyNotConnect(nodes, edges, from, id);
      const port = source === undefined ? undefined : inputPortFor(source, kind);
      const replaces =
        reason !== undefined || port === undefined || port.maximum > 1
          ? undefined
          : edges.find((edge) => {
              const other = kinds.get(edge.from);
              return edge.to === id && other !== undefined && inputPortFor(other, kind) === port;
            })?.from;
      return { id, reason, replaces };
    })
    .sort((left, right) => Number(left.reason !== undefined) - Number(right.reason !== undefined));
}

/** Deletes what is selected: nodes with their wires, and wires. */
export function deleteSelection(): void {
  const document = activeDocument();
  if (document === undefined) return;
  const { selection, selectedEdges } = document;
  if (selection.size + selectedEdges.size === 0) return;
  const wires = [...selectedEdges].map((key): RecipeEdge => {
    const [from = '', to = ''] = key.split(' ');
    return { from, to };
  });
  const step =
    selection.size === 0
      ? wires.length === 1
        ? 'Delete wire'
        : `Delete ${wires.length} wires`
      : selection.size === 1
        ? 'Delete'
        : `Delete ${selection.size} nodes`;
  edit((current) => removeNodes(removeEdges(current, wires), selection), { step });
}

export function deleteEdge(edge: RecipeEdge): void {
  edit((current) => removeEdges(current, [edge]), { step: 'Delete wire' });
}

let internalClipboard: string | undefined;
/** Where the paths of what was copied start. */
let copiedFrom: string | undefined;

/** Puts the selection on the clipboard as JSON text, and keeps it here too. */
export function copySelection(): string | undefined {
  const fragment = selectedFragment();
  if (fragment === undefined) return undefined;
  internalClipboard = fragmentText(fragment);
  copiedFrom = folderOf(activeDocument(), workspaceFolder());
  return internalClipboard;
}

export function cutSelection(): string | undefined {
  const text = copySelection();
  if (text !== undefined) deleteSelection();
  return text;
}

/** Copies to the system's clipboard where a menu, not a key, asked for it. */
export async function writeClipboard(text: string | undefined): Promise<void> {
  if (text === undefined) return;
  // Refused without a permission; the copy kept here is enough inside the window.
  await navigator.clipboard.writeText(text).catch(() => undefined);
}

export async function pasteFromClipboard(at?: Position): Promise<void> {
  const text = await navigator.clipboard.readText().catch(() => '');
  paste(text, at);
}

/** Pastes nodes from a text, else what was last copied here. */
export function paste(text: string, at?: Position): void {
  const looksRight = text.trimStart().startsWith('{');
  const source = looksRight ? text : internalClipboard;
  if (source === undefined) {
    notify.info('The clipboard holds no nodes.');
    return;
  }
  try {
    const fragment = parseFragment(source);
    const from = source.trim() === internalClipboard?.trim() ? copiedFrom : undefined;
    const moved = from !== undefined && from !== folderOf(activeDocument(), workspaceFolder());
    pasteFragment(moved ? fragmentWithAbsolutePaths(fragment, from) : fragment, 'Paste', at);
  } catch (error) {
    notify.error(error);
  }
}

export function duplicateSelection(): void {
  const fragment = selectedFragment();
  if (fragment !== undefined) pasteFragment(fragment, 'Duplicate');
}

function selectedFragment(): RecipeFragment | undefined {
  const document = activeDocument();
  const recipe = activeRecipe();
  if (document === undefined || recipe === undefined || document.selection.size === 0)
    return undefined;
  const fragment = copyNodes(recipe, document.selection);
  // Nodes that were only laid out take the place where they are seen.
  return {
    edges: fragment.edges,
    nodes: fragment.nodes.map((node) => {
      const seen = recipe.recipe.nodes.find(({ id }) => id === node.id);
      return seen === undefined || node.position !== undefined
        ? node
        : { ...node, position: placeOf(document, seen) };
    }),
  };
}

function pasteFragment(fragment: RecipeFragment, step: string, at?: Position): void {
  if (activeRecipe() === undefined) return;
  const left = Math.min(...fragment.nodes.map(({ position }) => position?.x ?? 0));
  const top = Math.min(...fragment.nodes.map(({ position }) => position?.y ?? 0));
  const shift =
    at === undefined
      ? { x: 2 * grid, y: 2 * grid }
      : { x: snap(at.x - left, grid), y: snap(at.y - top, grid) };
  const places = layOut(
    fragment.nodes.map((node) => ({ ...node }) as Parameters<typeof layOut>[0][number]),
    fragment.edges,
    () => ({ width: 216, height: 140 }),
  );
  let ids: string[] = [];
  edit(
    (current) => {
      const pasted = pasteNodes(current, fragment, shift, (index) => {
        const id = fragment.nodes[index]?.id ?? '';
        return places.get(id) ?? { x: 0, y: 0 };
      });
      ids = pasted.ids;
      return pasted.document;
    },
    { step },
  );
  select(ids);
  const [first] = ids;
  if (first !== undefined) focusNode(first);
}

export function selectAll(): void {
  const document = activeRecipe();
  if (document !== undefined) select(document.recipe.nodes.map(({ id }) => id));
}

/** Writes where nodes were dropped. Nodes that were only laid out are written with them, so that nothing jumps later. */
export function moveNodes(moved: ReadonlyMap<string, Position>): void {
  edit((current) => placeNodes(current, withLayout(moved)), {
    step: moveStep(moved),
  });
}

/**
 * Writes where nodes were dropped, outside of the pointer's own task: what is drawn is right already. The text is made in
 * one task and shown in the next, so that neither keeps a large recipe's window busy.
 */
export function moveNodesLater(moved: ReadonlyMap<string, Position>): void {
  const key = activeDocument()?.key;
  setTimeout(() => {
    const before = activeRecipe();
    if (before === undefined || activeDocument()?.key !== key) return;
    const placed = placeNodes(before, withLayout(moved));
    setTimeout(() => {
      if (activeDocument()?.key !== key) return;
      if (activeRecipe() === before) edit(() => placed, { step: moveStep(moved) });
      // Something else was edited in between.
      else moveNodes(moved);
    });
  });
}

function moveStep({ size }: ReadonlyMap<string, Position>): string {
  return size === 1 ? 'Move' : `Move ${size} nodes`;
}

/** Moves the selection by steps of the grid. */
export function nudgeSelection(dx: number, dy: number, fine: boolean): void {
  const document = activeDocument();
  if (document?.content.state !== 'recipe') return;
  const step = fine ? fineGrid : grid;
  const moved = new Map<string, Position>();
  for (const id of document.selection) {
    const node = document.content.nodes.get(id);
    if (node === undefined) continue;
    const { x, y } = placeOf(document, node);
    moved.set(id, { x: snap(x + dx * step, fineGrid), y: snap(y + dy * step, fineGrid) });
  }
  if (moved.size === 0) return;
  edit((current) => placeNodes(current, withLayout(moved)), { step: 'Move', joins: 'nudge' });
}

function withLayout(moved: ReadonlyMap<string, Position>): ReadonlyMap<string, Position> {
  const document = activeDocument();
  if (document?.content.state !== 'recipe') return moved;
  const places = new Map<string, Position>();
  for (const node of document.content.nodes.values()) {
    if (node.position === undefined) places.set(node.id, placeOf(document, node));
  }
  for (const [id, place] of moved) places.set(id, place);
  return places;
}

/** Lays everything out anew, with the sizes that nodes have on the screen. */
export function tidy(sizes: ReadonlyMap<string, Size>): void {
  edit(
    (current) =>
      placeNodes(
        current,
        layOut(
          current.recipe.nodes,
          current.recipe.edges,
          (node) => sizes.get(node.id) ?? estimatedSize(node),
        ),
      ),
    { step: 'Tidy' },
  );
}

/** Sets fields of a node; edits of the same field while it is being typed are one step. */
export function setFields(
  id: string,
  fields: Readonly<Record<string, unknown>>,
  step: string,
): void {
  edit((current) => setNodeFields(current, id, fields), {
    step,
    joins: `${id} ${Object.keys(fields).join(' ')}`,
  });
}

/** The recipe's own name, shown to people. */
export function setRecipeName(name: string): void {
  edit(
    (current) =>
      spliceRecipe(current, [
        name === ''
          ? { splice: 'unset', path: [], property: 'name' }
          : { splice: 'set', path: [], property: 'name', value: name },
      ]),
    { step: 'Name', joins: 'name' },
  );
}

export function setMethod(id: string, method: 'sum' | 'ties' | 'dare'): void {
  const fields: Record<string, unknown> = { method };
  // Options that the method does not have would make the recipe invalid.
  if (method === 'sum') fields.density = undefined;
  if (method !== 'dare') fields.seed = undefined;
  edit((current) => setNodeFields(current, id, fields), { step: 'Method' });
}
