// One open recipe of the canvas: its text, what the text says, and the way back. Pure steps from one state to the next;
// the store (canvas-store.ts) keeps them, React only draws them.
import type { FileReference } from '#src/contract/studio/files.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Position } from '#src/recipe/edit-nodes.ts';
import { parseRecipe, type RecipeDocument } from '#src/recipe/recipe-file.ts';
import type { RecipeProblem } from '#src/recipe/recipe-problem.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { validateRecipe } from '#src/recipe/validate.ts';
import { layOut } from './layout.ts';

/** What the text says: a recipe with its wiring problems, or why it is none. */
export type DocumentContent =
  | {
      readonly state: 'recipe';
      readonly document: RecipeDocument;
      /** Every node by id; equal nodes keep their identity from text to text, so that views can be memoized. */
      readonly nodes: ReadonlyMap<string, RecipeNode>;
      readonly problems: readonly RecipeProblem[];
    }
  | { readonly state: 'broken'; readonly error: StudioError };

export interface HistoryEntry {
  readonly text: string;
  /** What the step that led away from this text did: `Move`, `Delete 3 nodes`. */
  readonly step: string;
}

export interface CanvasDocument {
  /** Names the tab and its draft. */
  readonly key: string;
  readonly title: string;
  /** Undefined until it is saved for the first time. */
  readonly file: FileReference | undefined;
  /** Of the text on the disk. */
  readonly hash: string | undefined;
  readonly readOnly: boolean;
  /** The text on the disk; undefined when there is none yet. */
  readonly savedText: string | undefined;
  readonly text: string;
  readonly content: DocumentContent;
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
  /** Edits with the same key that follow each other closely are one step. */
  readonly lastEdit: { readonly key: string; readonly at: number } | undefined;
  /** Places of nodes that the recipe gives none; never written unless the user moves something. */
  readonly layout: ReadonlyMap<string, Position>;
  readonly selection: ReadonlySet<string>;
  readonly selectedEdges: ReadonlySet<string>;
  readonly view: 'canvas' | 'text';
  /** Another program has written the file since: its hash. */
  readonly changedOnDisk: string | undefined;
}

export interface NewDocument {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly file?: FileReference | undefined;
  readonly hash?: string | undefined;
  readonly readOnly?: boolean;
  readonly savedText?: string | undefined;
}

/** Steps that are kept, and the characters that all of them together may have. */
const maximumSteps = 500;
const maximumCharacters = 64_000_000;
/** Edits of one field within this many milliseconds are one step. */
const oneStep = 1_000;

export function openDocument(made: NewDocument): CanvasDocument {
  const content = readText(made.text, made.title);
  return {
    key: made.key,
    title: made.title,
    file: made.file,
    hash: made.hash,
    readOnly: made.readOnly ?? false,
    savedText: made.savedText,
    text: made.text,
    content,
    past: [],
    future: [],
    lastEdit: undefined,
    layout: layoutOf(content, new Map()),
    selection: new Set(),
    selectedEdges: new Set(),
    view: content.state === 'broken' ? 'text' : 'canvas',
    changedOnDisk: undefined,
  };
}

export function isDirty(document: CanvasDocument): boolean {
  return document.text !== document.savedText;
}

export interface EditOptions {
  /** For the undo button: `Move`. */
  readonly step: string;
  /** Edits with this key are joined while they follow each other closely. */
  readonly joins?: string;
  readonly now?: number;
  /** The text as it was parsed already. */
  readonly parsed?: RecipeDocument;
}

/** The document with another text; the old one goes on the undo stack. The same text changes nothing. */
export function withText(
  document: CanvasDocument,
  text: string,
  options: EditOptions,
): CanvasDocument {
  if (text === document.text) return document;
  const now = options.now ?? Date.now();
  const joined =
    options.joins !== undefined &&
    document.lastEdit?.key === options.joins &&
    now - document.lastEdit.at < oneStep;
  const past = joined
    ? document.past
    : trimmed([...document.past, { text: document.text, step: options.step }]);
  return {
    ...showing(document, text, options.parsed),
    past,
    future: [],
    lastEdit: options.joins === undefined ? undefined : { key: options.joins, at: now },
  };
}

export function undone(document: CanvasDocument): CanvasDocument {
  const entry = document.past.at(-1);
  if (entry === undefined) return document;
  return {
    ...showing(document, entry.text),
    past: document.past.slice(0, -1),
    future: [...document.future, { text: document.text, step: entry.step }],
    lastEdit: undefined,
  };
}

export function redone(document: CanvasDocument): CanvasDocument {
  const entry = document.future.at(-1);
  if (entry === undefined) return document;
  return {
    ...showing(document, entry.text),
    past: [...document.past, { text: document.text, step: entry.step }],
    future: document.future.slice(0, -1),
    lastEdit: undefined,
  };
}

/** Where a node stands: as the recipe says, else as it was laid out. */
export function placeOf(document: CanvasDocument, node: RecipeNode): Position {
  return node.position ?? document.layout.get(node.id) ?? { x: 0, y: 0 };
}

/** Problems of one node: its own and those of its wires. */
export function problemsByNode(
  content: DocumentContent,
): ReadonlyMap<string, readonly RecipeProblem[]> {
  const result = new Map<string, RecipeProblem[]>();
  if (content.state === 'broken') return result;
  const { nodes, edges } = content.document.recipe;
  for (const problem of content.problems) {
    const [list, index] = problem.path;
    const id =
      list === 'nodes'
        ? nodes[Number(index)]?.id
        : list === 'edges'
          ? edges[Number(index)]?.to
          : undefined;
    if (id === undefined) continue;
    const known = result.get(id);
    if (known === undefined) result.set(id, [problem]);
    else known.push(problem);
  }
  return result;
}

export function readText(
  text: string,
  label: string,
  previous?: DocumentContent,
  parsed?: RecipeDocument,
): DocumentContent {
  try {
    const document = parsed?.text === text ? parsed : parseRecipe(text, label);
    const before = previous?.state === 'recipe' ? previous.nodes : undefined;
    const nodes = new Map(
      document.recipe.nodes.map((node) => [node.id, sameAsBefore(before?.get(node.id), node)]),
    );
    return { state: 'recipe', document, nodes, problems: validateRecipe(document.recipe) };
  } catch (error) {
    const known =
      error instanceof StudioError
        ? error
        : new StudioError('internal', `${label} could not be read.`, { cause: error });
    return { state: 'broken', error: known };
  }
}

function showing(document: CanvasDocument, text: string, parsed?: RecipeDocument): CanvasDocument {
  const content = readText(text, document.title, document.content, parsed);
  const known = content.state === 'recipe' ? content.nodes : undefined;
  return {
    ...document,
    text,
    content,
    layout: layoutOf(content, document.layout),
    selection: keepKnown(document.selection, (id) => known?.has(id) ?? false),
    selectedEdges: keepKnown(document.selectedEdges, (key) => {
      const [from = '', to = ''] = key.split(' ');
      return (
        content.state === 'recipe' &&
        content.document.recipe.edges.some((edge) => edge.from === from && edge.to === to)
      );
    }),
  };
}

/** Nodes keep the place they were laid out at; only new ones without a place make the layout run again. */
function layoutOf(
  content: DocumentContent,
  before: ReadonlyMap<string, Position>,
): ReadonlyMap<string, Position> {
  if (content.state === 'broken') return before;
  const { nodes, edges } = content.document.recipe;
  const missing = nodes.filter((node) => node.position === undefined && !before.has(node.id));
  if (missing.length === 0) return before;
  const laidOut = layOut(nodes, edges);
  const result = new Map(before);
  for (const node of missing) {
    const place = laidOut.get(node.id);
    if (place !== undefined) result.set(node.id, place);
  }
  return result;
}

function sameAsBefore(before: RecipeNode | undefined, node: RecipeNode): RecipeNode {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(node) ? before : node;
}

function keepKnown(
  ids: ReadonlySet<string>,
  isKnown: (id: string) => boolean,
): ReadonlySet<string> {
  const kept = [...ids].filter(isKnown);
  return kept.length === ids.size ? ids : new Set(kept);
}

function trimmed(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  let first = Math.max(0, entries.length - maximumSteps);
  let characters = 0;
  for (let index = entries.length - 1; index >= first; index--) {
    characters += entries[index]?.text.length ?? 0;
    if (characters > maximumCharacters) {
      first = index + 1;
      break;
    }
  }
  return first === 0 ? entries : entries.slice(first);
}
