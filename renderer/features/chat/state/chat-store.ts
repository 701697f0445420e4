// What the chat screen shows: the open conversation, each column's state in the engine, and the screen's own choices.
// Plain data; changes of the conversation are pure functions in ../logic, calls to the studio are in the files beside.
import { create } from 'zustand';
import type { LoadedColumn } from '#src/contract/column.ts';
import type { Conversation, ConversationSummary, Tally } from '#src/contract/conversation.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { newConversation } from '../logic/conversation-changes.ts';

export type Phase = 'not-loaded' | 'loading' | 'waiting' | 'ready' | 'answering';

/** What is known of a column in the engine; never saved. */
export interface ColumnRuntime {
  readonly phase: Phase;
  /** Why it waits: `Waits for memory: needs 4.1 GiB, 2.0 GiB are free.` */
  readonly reason?: string | undefined;
  readonly progress?: { readonly done: number; readonly total: number } | undefined;
  readonly loaded?: LoadedColumn | undefined;
  /** What was loaded, to know when it must be loaded again. */
  readonly loadedKey?: string | undefined;
}

/** A round of blind voting, from shuffling to the reveal. */
export interface BlindRound {
  /** Column ids in the order shown. */
  readonly order: readonly string[];
  /** How many turns each column had: what was seen with names stays hidden. */
  readonly hiddenTurns: Readonly<Record<string, number>>;
  readonly outcome?: { readonly winner: number | null } | undefined;
}

export interface ChatStore {
  /** False until the workspace's conversations were read. */
  readonly started: boolean;
  readonly conversation: Conversation;
  readonly runtime: Readonly<Record<string, ColumnRuntime>>;
  readonly summaries: readonly ConversationSummary[];
  readonly summariesProblem: unknown;
  readonly save: { readonly state: 'saved' | 'pending' | 'failed'; readonly problem?: unknown };
  /** What one step back would bring. */
  readonly undo: { readonly text: string; readonly conversation: Conversation } | undefined;
  /** Which column the composer asks: its id, or `all`. */
  readonly target: string;
  readonly blind: BlindRound | undefined;
  readonly tally: Tally | undefined;
  readonly samplerOpen: boolean;
  readonly conversationsOpen: boolean;
  readonly tallyOpen: boolean;
  /** A column to choose a model for, `new` for another column, undefined: the dialog is closed. */
  readonly choosingFor: string | undefined;
  readonly library: readonly LibraryEntry[] | undefined;
  readonly libraryProblem: unknown;
}

export const idleColumn: ColumnRuntime = { phase: 'not-loaded' };

export const useChat = create<ChatStore>(() => ({
  started: false,
  conversation: newConversation('none', 0, 0),
  runtime: {},
  summaries: [],
  summariesProblem: undefined,
  save: { state: 'saved' },
  undo: undefined,
  target: 'all',
  blind: undefined,
  tally: undefined,
  samplerOpen: false,
  conversationsOpen: false,
  tallyOpen: false,
  choosingFor: undefined,
  library: undefined,
  libraryProblem: undefined,
}));

export function setRuntime(column: string, change: Partial<ColumnRuntime>): void {
  useChat.setState(({ runtime }) => ({
    runtime: { ...runtime, [column]: { ...(runtime[column] ?? idleColumn), ...change } },
  }));
}

export function runtimeOf(column: string): ColumnRuntime {
  return useChat.getState().runtime[column] ?? idleColumn;
}

/** True while a column loads, waits or answers. */
export function isBusy({ phase }: ColumnRuntime): boolean {
  return phase === 'loading' || phase === 'waiting' || phase === 'answering';
}

export function isAnyBusy({ runtime, conversation }: ChatStore): boolean {
  return conversation.columns.some(({ id }) => isBusy(runtime[id] ?? idleColumn));
}

/** A random identifier for conversations and columns. */
export function newIdentifier(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A seed that people can read out: below a million. */
export function newSeed(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % 1_000_000;
}
