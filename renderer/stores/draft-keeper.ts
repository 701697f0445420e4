// Keeps unsaved edits in the studio's home while the user works, so that a crash loses at most half a second of them. Canvas
// and router each have one; what a draft holds is theirs.
import type { StudioParams } from '../studio-client.ts';
import { studio } from './studio-store.ts';

export interface UnsavedEdits {
  /** Names the draft. */
  readonly document: string;
  /** Another one means that there is something new to keep. */
  readonly state: string;
  readonly draft: Omit<StudioParams<'keepDraft'>, 'document'>;
}

export interface DraftKeeper {
  /** Something changed: looks half a second later. */
  touch(): void;
  /** Looks now. */
  keepNow(): Promise<void>;
  /** This window keeps a draft of that name. */
  holds(document: string): boolean;
  /** A draft that was restored is this window's from now on. */
  take(document: string): void;
  drop(document: string): Promise<void>;
}

/** Edits rest this many milliseconds before they are kept. */
const rest = 500;
/** What could not be kept is tried again after this many milliseconds without another edit. */
const patience = 10_000;

export interface DraftKeeperOptions {
  /** All that is unsaved; what was kept and is not among these any more is dropped. */
  readonly unsaved: () => readonly UnsavedEdits[];
  /** Called for the first of a row of failures. */
  readonly onProblem: (error: unknown) => void;
}

export function createDraftKeeper({ unsaved, onProblem }: DraftKeeperOptions): DraftKeeper {
  const kept = new Map<string, string>();
  let problemShown = false;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;

  const drop = async (document: string) => {
    kept.delete(document);
    await studio()
      .call('dropDraft', { document })
      .catch(() => undefined);
  };
  const keepNow = async () => {
    clearTimeout(soon);
    const edits = unsaved();
    const wanted = new Set(edits.map(({ document }) => document));
    for (const document of [...kept.keys()]) if (!wanted.has(document)) await drop(document);
    for (const { document, state, draft } of edits) {
      if (kept.get(document) === state) continue;
      kept.set(document, state);
      try {
        await studio().call('keepDraft', { document, ...draft });
        problemShown = false;
      } catch (error) {
        kept.delete(document);
        if (!problemShown) onProblem(error);
        problemShown = true;
        clearTimeout(again);
        again = setTimeout(() => void keepNow(), patience);
      }
    }
  };
  return {
    touch() {
      clearTimeout(soon);
      soon = setTimeout(() => void keepNow(), rest);
    },
    keepNow,
    holds: (document) => kept.has(document),
    take: (document) => void kept.set(document, ''),
    drop,
  };
}
