// The canvas's state: open recipes, which one is in front, their plans and runs, and what is open over them. Written by
// the functions beside it; views read it with narrow selectors.
import { create } from 'zustand';
import type { BuildPlan, PlannedNode, PlannedOutput } from '#src/contract/build-plan.ts';
import type { RecipeDocument } from '#src/recipe/recipe-file.ts';
import type { Position } from '#src/recipe/edit-nodes.ts';
import type { NodeKind } from '#src/recipe/recipe-schema.ts';
import {
  openDocument,
  redone,
  undone,
  withText,
  type CanvasDocument,
  type EditOptions,
  type NewDocument,
} from './canvas-document.ts';
import type { NodeRun } from './run-view.ts';

/** What a build would do, for one text. Old figures stay, marked stale, while new ones are made. */
export interface PlanState {
  readonly plan: BuildPlan | undefined;
  readonly nodes: ReadonlyMap<string, PlannedNode>;
  /** By the quantize step that makes their tensors. */
  readonly outputs: ReadonlyMap<string, readonly PlannedOutput[]>;
  readonly stale: boolean;
  /** The text that the plan is for. */
  readonly text: string | undefined;
  /** All of it that the plan depends on (`documentForm`). */
  readonly form: string | undefined;
  readonly error: unknown;
}

/** The last job of a document, and the nodes as they were when it began. */
export interface RunState {
  readonly job: string;
  /** JSON of every node at the start; undefined for a job that this window did not start. */
  readonly snapshot: ReadonlyMap<string, string> | undefined;
  /** The text that the job builds, when this window started it. */
  readonly text?: string | undefined;
  /** Made anew only where something changed. */
  readonly nodes: ReadonlyMap<string, NodeRun>;
}

export type SourceKind = Extract<NodeKind, 'base' | 'adapter' | 'imatrix'>;

export type PaletteState =
  | { readonly page: 'root'; readonly at?: Position; readonly wire?: Wire }
  /** Choose a file for a new node, or for the one with this id. */
  | {
      readonly page: 'source';
      readonly kind: SourceKind;
      readonly at?: Position;
      readonly wire?: Wire;
      readonly node?: string;
    }
  | { readonly page: 'connect'; readonly node: string }
  | { readonly page: 'recipes' };

/** A wire that is being drawn from a node, forwards or backwards. */
export interface Wire {
  readonly node: string;
  readonly end: 'from' | 'to';
}

export type CanvasDialog =
  | {
      readonly dialog: 'new';
      readonly template?: 'domain' | 'universal' | 'family' | 'compare-levels' | 'empty';
    }
  | { readonly dialog: 'save-as'; readonly key: string }
  | { readonly dialog: 'conflict'; readonly key: string };

export interface CanvasStore {
  readonly documents: readonly CanvasDocument[];
  readonly active: string | undefined;
  readonly plans: Readonly<Record<string, PlanState>>;
  readonly runs: Readonly<Record<string, RunState>>;
  readonly palette: PaletteState | undefined;
  readonly dialog: CanvasDialog | undefined;
  /** Node whose menu is open through the keyboard. */
  readonly menu: string | undefined;
  readonly tool: 'select' | 'pan';
}

export const useCanvas = create<CanvasStore>(() => ({
  documents: [],
  active: undefined,
  plans: {},
  runs: {},
  palette: undefined,
  dialog: undefined,
  menu: undefined,
  tool: 'select',
}));

export const emptyPlan: PlanState = {
  plan: undefined,
  nodes: new Map(),
  outputs: new Map(),
  stale: false,
  text: undefined,
  form: undefined,
  error: undefined,
};

export function activeOf(store: CanvasStore): CanvasDocument | undefined {
  return store.documents.find(({ key }) => key === store.active);
}

export function activeDocument(): CanvasDocument | undefined {
  return activeOf(useCanvas.getState());
}

export function documentOf(key: string): CanvasDocument | undefined {
  return useCanvas.getState().documents.find((document) => document.key === key);
}

/** The recipe in front as a document with positions; undefined when its text is broken. */
export function activeRecipe(): RecipeDocument | undefined {
  const content = activeDocument()?.content;
  return content?.state === 'recipe' ? content.document : undefined;
}

/** Opens a tab and brings it to the front; an empty, untouched tab makes room. */
export function showDocument(made: NewDocument): CanvasDocument {
  const document = openDocument(made);
  useCanvas.setState(({ documents }) => ({
    documents: [...documents.filter(({ key }) => key !== document.key), document],
    active: document.key,
    palette: undefined,
    dialog: undefined,
  }));
  return document;
}

export function activate(key: string): void {
  useCanvas.setState({ active: key, menu: undefined });
}

/** Closes a tab without asking; the neighbour comes to the front. */
export function closeDocument(key: string): void {
  useCanvas.setState(({ documents, active, plans, runs }) => {
    const at = documents.findIndex((document) => document.key === key);
    const left = documents.filter((document) => document.key !== key);
    const next = left[Math.min(at, left.length - 1)]?.key;
    return {
      documents: left,
      active: active === key ? next : active,
      plans: withoutKey(plans, key),
      runs: withoutKey(runs, key),
    };
  });
}

function withoutKey<V>(record: Readonly<Record<string, V>>, key: string): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

export function changeDocument(
  key: string,
  change: (document: CanvasDocument) => CanvasDocument,
): void {
  useCanvas.setState(({ documents }) => ({
    documents: documents.map((document) => (document.key === key ? change(document) : document)),
  }));
}

function changeActive(change: (document: CanvasDocument) => CanvasDocument): void {
  const { active } = useCanvas.getState();
  if (active !== undefined) changeDocument(active, change);
}

/** Replaces the text of the recipe in front: one undo step. */
export function editText(text: string, options: EditOptions): void {
  changeActive((document) => withText(document, text, options));
}

/** One pure edit of the recipe in front; nothing happens while its text is broken. */
export function edit(
  change: (document: RecipeDocument) => RecipeDocument,
  options: EditOptions,
): void {
  const document = activeRecipe();
  if (document === undefined) return;
  const parsed = change(document);
  editText(parsed.text, { ...options, parsed });
}

export function undo(): void {
  changeActive(undone);
}

export function redo(): void {
  changeActive(redone);
}

/** Selects nodes (and wires), nothing else. */
export function select(nodes: Iterable<string>, edges: Iterable<string> = []): void {
  const chosen = new Set(nodes);
  const wires = new Set(edges);
  changeActive((document) =>
    sameSet(document.selection, chosen) && sameSet(document.selectedEdges, wires)
      ? document
      : { ...document, selection: chosen, selectedEdges: wires },
  );
}

function sameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((id) => right.has(id));
}

export function openPalette(palette: PaletteState = { page: 'root' }): void {
  useCanvas.setState({ palette });
}

export function closePalette(): void {
  useCanvas.setState({ palette: undefined });
}

export function setPlan(key: string, plan: PlanState): void {
  useCanvas.setState(({ plans }) => ({ plans: { ...plans, [key]: plan } }));
}

export function setRun(key: string, run: RunState | undefined): void {
  useCanvas.setState(({ runs }) => ({
    runs: run === undefined ? withoutKey(runs, key) : { ...runs, [key]: run },
  }));
}
