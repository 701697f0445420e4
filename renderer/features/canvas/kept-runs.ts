// Which job a saved recipe was last built by from here, and with which text: so that a window that is loaded again finds the
// job although the recipe had no file when it began, and knows what was changed since. Unsaved recipes have their drafts.
const key = 'gguf-studio.recipe-runs';
const maximumRuns = 20;
/** A longer text is not kept; its job is found by its file alone. */
const maximumCharacters = 200_000;

export interface KeptRun {
  readonly path: string;
  readonly job: string;
  readonly text: string;
}

export type RunStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** Keeps the last run of a recipe's file; the oldest of too many are forgotten. */
export function keepRun(run: KeptRun, storage: RunStorage = localStorage): void {
  const runs = readRuns(storage);
  const known = runs.find(({ path }) => path === run.path);
  if (known?.job === run.job || run.text.length > maximumCharacters) return;
  const others = runs.filter(({ path }) => path !== run.path).slice(0, maximumRuns - 1);
  try {
    storage.setItem(key, JSON.stringify([run, ...others]));
  } catch {
    // Full or forbidden: the job is found by its file, without the marks.
  }
}

/** The last run of a recipe's file. */
export function keptRun(path: string, storage: RunStorage = localStorage): KeptRun | undefined {
  return readRuns(storage).find((run) => run.path === path);
}

function readRuns(storage: RunStorage): readonly KeptRun[] {
  try {
    const stored: unknown = JSON.parse(storage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isRun) : [];
  } catch {
    return [];
  }
}

function isRun(value: unknown): value is KeptRun {
  if (typeof value !== 'object' || value === null) return false;
  const { path, job, text } = value as Partial<Record<keyof KeptRun, unknown>>;
  return typeof path === 'string' && typeof job === 'string' && typeof text === 'string';
}
