// What the Add run dialog has gathered, and what follows from it: which files can be measured, what they are called, what a run
// will take. Pure, apart from starting it.
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { isUnquantized } from './model-choice.ts';

export interface ChosenAdapter {
  readonly file: string;
  readonly name: string;
  readonly scale: number;
}

export interface ChosenSubject {
  readonly file: string;
  /** The chosen adapters are switched on while it is measured. */
  readonly withAdapters: boolean;
}

export interface RunDraft {
  readonly title: string;
  readonly reference: string | undefined;
  readonly adapters: readonly ChosenAdapter[];
  readonly subjects: readonly ChosenSubject[];
  readonly suites: readonly string[];
  readonly texts: readonly FileReference[];
  readonly contextSize: number;
  /** Per text; undefined for all. */
  readonly chunks: number | undefined;
  readonly mode: 'reference' | 'full';
  readonly speed: boolean;
  readonly tensorErrors: boolean;
}

export const emptyDraft: RunDraft = {
  title: '',
  reference: undefined,
  adapters: [],
  subjects: [],
  suites: ['general'],
  texts: [],
  contextSize: 512,
  chunks: 32,
  mode: 'reference',
  speed: true,
  tensorErrors: true,
};

/** A draft for files that another screen handed over: unquantized ones become the reference, the others are measured. */
export function draftFor(files: readonly string[], library: readonly LibraryEntry[]): RunDraft {
  const entries = files.flatMap((id) => library.find(({ file }) => file.id === id) ?? []);
  const reference = entries.find(isUnquantized);
  const subjects = entries.filter((entry) => entry.kind === 'gguf' && entry !== reference);
  return {
    ...emptyDraft,
    reference: reference?.file.id,
    subjects: subjects.map(({ file }) => ({ file: file.id, withAdapters: false })),
  };
}

/** Why it cannot be started yet. */
export function problemOf(draft: RunDraft): string | undefined {
  if (draft.reference === undefined) return 'Choose the unquantized model.';
  if (draft.subjects.length === 0) return 'Choose at least one file to measure.';
  if (draft.suites.length === 0 && draft.texts.length === 0) return 'Choose at least one text.';
  return undefined;
}

/** Names that tell the chosen files apart: the level where that is enough, else the file's name. */
export function labelsOf(
  { subjects, adapters }: RunDraft,
  library: readonly LibraryEntry[],
): string[] {
  const chosen = subjects.map(({ file }) => library.find((entry) => entry.file.id === file));
  const levels = chosen.map((entry) => entry?.type);
  const areLevelsEnough = new Set(levels).size === levels.length && !levels.includes(undefined);
  const suffix = adapters.length === 0 ? '' : ` + ${adapters.map(({ name }) => name).join(', ')}`;
  return subjects.map(({ withAdapters }, index) => {
    const entry = chosen[index];
    const own = areLevelsEnough ? levels[index] : entry?.name.replace(/\.gguf$/i, '');
    return `${own ?? 'file'}${withAdapters ? suffix : ''}`;
  });
}

export interface RunCost {
  /** Through each model. */
  readonly tokens: number;
  readonly models: number;
  /** A guess from the number of weights; undefined where it is not known. */
  readonly seconds: number | undefined;
  /** The largest model, or reference and largest at once. */
  readonly memoryBytes: number | undefined;
}

/** Bytes of text per token: English prose is a little more, code a little less. */
const bytesPerToken = 4;
/** Multiplications and additions per second and thread that llama.cpp reaches on common CPUs. */
const operationsPerThread = 20e9;

/** What a run takes, roughly. */
export function costOf(
  draft: RunDraft,
  suites: readonly FoundSuite[],
  library: readonly LibraryEntry[],
  threads: number,
): RunCost {
  const most = draft.chunks === undefined ? Infinity : draft.chunks * draft.contextSize;
  const tokens = suites
    // Questions are asked, not read through.
    .filter(({ id, kind }) => kind !== 'tasks' && draft.suites.includes(id))
    .reduce((sum, { bytes }) => sum + Math.min(most, bytes / bytesPerToken), 0);
  const entryOf = (id: string | undefined) => library.find(({ file }) => file.id === id);
  const reference = entryOf(draft.reference);
  const models = 1 + draft.subjects.length;
  const parameters = reference?.parameters;
  const memoryOf = (entry: LibraryEntry | undefined) =>
    entry === undefined ? 0 : Math.max(entry.bytes, entry.memory?.weightsBytes ?? 0) * 1.1;
  const largest = Math.max(0, ...draft.subjects.map(({ file }) => memoryOf(entryOf(file))));
  const ofReference = memoryOf(reference);
  const memory = draft.mode === 'full' ? ofReference + largest : Math.max(ofReference, largest);
  return {
    tokens: Math.round(tokens),
    models,
    seconds:
      parameters === undefined || tokens === 0
        ? undefined
        : (2 * parameters * tokens * models) / (operationsPerThread * Math.max(1, threads)),
    memoryBytes: memory === 0 ? undefined : memory,
  };
}
