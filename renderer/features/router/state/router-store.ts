// What the Router screen shows: the manifests of the workspace, the open one, what is being tested, measured and served.
// Written by the functions beside it; views read it with narrow selectors.
import { create } from 'zustand';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { RecipeDraft } from '#src/contract/studio/recipes.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import type { ManifestSummary, ServerState } from '#src/contract/studio/router.ts';
import type { StudioResult } from '#renderer/studio-client.ts';
import type { Cell } from '../logic/matrix-data.ts';
import {
  edited,
  redone,
  undone,
  type EditOptions,
  type RouterDocument,
} from '../logic/router-document.ts';

export type Selection =
  | { readonly kind: 'route'; readonly id: string }
  | { readonly kind: 'parent'; readonly id: string }
  | { readonly kind: 'companion'; readonly index: number }
  | { readonly kind: 'none' };

export type Tab = 'proof' | 'edit' | 'chat' | 'server';

export interface Tested {
  readonly text: string;
  readonly decision: Decision | undefined;
  /** What the decision is about; older than `text` while a new one is made. */
  readonly decided: string;
  readonly error: unknown;
}

export interface Measured {
  readonly state: 'none' | 'running' | 'ready' | 'failed';
  /** The last figures; they stay, marked stale, while new ones are made. */
  readonly result: RoutingEvaluation | undefined;
  /** What the figures are about. */
  readonly manifest: RouterManifest | undefined;
  readonly error: unknown;
}

export type ClassifierKind = RouterManifest['classifier']['kind'];

/** One way to decide, trained and measured. */
export interface MeasuredWay {
  readonly kind: ClassifierKind;
  /** With its own thresholds. */
  readonly manifest: RouterManifest;
  readonly result: RoutingEvaluation;
}

/** Words, embedding and both side by side, of one version of the manifest. */
export interface Ways {
  readonly of: RouterManifest;
  /** What is being trained and measured. */
  readonly running: ClassifierKind | undefined;
  readonly measured: readonly MeasuredWay[];
  readonly error: unknown;
}

/** What is being done to take another embedding, or why it was not taken. */
export interface ChoosingEmbedding {
  readonly doing: string | undefined;
  readonly error: unknown;
}

/** A manifest as it is served, where this window knows it. */
export interface ServedManifest {
  readonly sha256: string;
  readonly manifest: RouterManifest;
  readonly evaluation: RoutingEvaluation | undefined;
}

export interface RouterStore {
  /** Undefined until they were listed. */
  readonly manifests: readonly ManifestSummary[] | undefined;
  readonly listError: unknown;
  readonly opening: FileReference | undefined;
  readonly openError: unknown;
  readonly document: RouterDocument | undefined;
  readonly test: Tested;
  readonly measured: Measured;
  readonly ways: Ways | undefined;
  readonly embedding: ChoosingEmbedding | undefined;
  /** What the emotion lexicon is worth. */
  readonly lexicon: StudioResult<'measureLexicon'> | undefined;
  readonly served: ServedManifest | undefined;
  readonly server: ServerState | undefined;
  readonly selection: Selection | undefined;
  /** Only routes that this is found in are drawn; empty: all. */
  readonly find: string;
  readonly tab: Tab;
  readonly cell: Cell | undefined;
  readonly busy: 'saving' | 'serving' | 'stopping' | 'training' | undefined;
  readonly dialog: 'conflict' | 'add-route' | 'export' | undefined;
  /** Job that builds a family for this screen; it is opened when it is done. */
  readonly awaitedJob: string | undefined;
  /** The last verification, and of which manifest. */
  readonly verifyJob: { readonly file: string; readonly job: string } | undefined;
  /** Unsaved edits that a window left when it ended. */
  readonly drafts: readonly RecipeDraft[];
}

export const nothingTested: Tested = {
  text: '',
  decision: undefined,
  decided: '',
  error: undefined,
};
export const nothingMeasured: Measured = {
  state: 'none',
  result: undefined,
  manifest: undefined,
  error: undefined,
};

export const useRouter = create<RouterStore>(() => ({
  manifests: undefined,
  listError: undefined,
  opening: undefined,
  openError: undefined,
  document: undefined,
  test: nothingTested,
  measured: nothingMeasured,
  ways: undefined,
  embedding: undefined,
  lexicon: undefined,
  served: undefined,
  server: undefined,
  selection: undefined,
  find: '',
  tab: 'proof',
  cell: undefined,
  busy: undefined,
  dialog: undefined,
  awaitedJob: undefined,
  verifyJob: undefined,
  drafts: [],
}));

/** The manifest in front; only for code that runs while one is open. */
export function openManifestNow(): RouterDocument | undefined {
  return useRouter.getState().document;
}

/** Changes the open manifest; the step can be undone. */
export function edit(
  change: (manifest: RouterManifest) => RouterManifest,
  options: EditOptions,
): void {
  useRouter.setState(({ document }) =>
    document === undefined
      ? {}
      : { document: edited(document, change(document.manifest), options) },
  );
}

export function undo(): void {
  useRouter.setState(({ document }) =>
    document === undefined ? {} : { document: undone(document) },
  );
}

export function redo(): void {
  useRouter.setState(({ document }) =>
    document === undefined ? {} : { document: redone(document) },
  );
}

/** Marks something in the graph and shows it in the panel. */
export function select(selection: Selection | undefined): void {
  useRouter.setState(selection === undefined ? { selection } : { selection, tab: 'edit' });
}

export function showTab(tab: Tab): void {
  useRouter.setState({ tab });
}
