// What the Compare screen shows: the list of runs, the open one, the one beside it, and what is chosen in them.
import { create } from 'zustand';
import type { Run, RunSummary } from '#src/contract/quality/run.ts';
import type { Ranking } from '#src/contract/quality/ranking.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import type { FigureName } from './run-rows.ts';

export interface OpenedRun {
  readonly run: Run;
  readonly ranking: Ranking | undefined;
}

export interface CompareStore {
  /** Newest first; undefined until they were listed. */
  readonly runs: readonly RunSummary[] | undefined;
  readonly listError: unknown;
  readonly chosen: string | undefined;
  readonly opened: OpenedRun | undefined;
  readonly openError: unknown;
  /** A second run beside the open one. */
  readonly otherChosen: string | undefined;
  readonly other: OpenedRun | undefined;
  readonly otherError: unknown;
  readonly metric: FigureName;
  /** A text of the run; undefined for all. */
  readonly text: string | undefined;
  /** Upper limit of the mean KLD, drawn as a line. */
  readonly gate: number;
  /** Subject that is marked in every view. */
  readonly subject: string | undefined;
}

export const useCompare = create<CompareStore>(() => ({
  runs: undefined,
  listError: undefined,
  chosen: undefined,
  opened: undefined,
  openError: undefined,
  otherChosen: undefined,
  other: undefined,
  otherError: undefined,
  metric: 'kld',
  text: undefined,
  gate: 0.05,
  subject: undefined,
}));

/** Jobs that were started here; their runs are opened when they are done. */
const awaited = new Set<string>();

export function openWhenDone(job: string): void {
  awaited.add(job);
}

let following = false;

/** Lists the runs now, and again whenever they or the workspace change. Works once. */
export function followRuns(): void {
  if (following) return;
  following = true;
  void loadRuns();
  useStudio.subscribe((store, before) => {
    const moved = store.state?.workspace.folder.id !== before.state?.workspace.folder.id;
    if (moved) {
      useCompare.setState({
        runs: undefined,
        chosen: undefined,
        opened: undefined,
        otherChosen: undefined,
        other: undefined,
      });
    }
    if (awaited.size > 0 && store.jobs !== before.jobs) {
      for (const { id, state, result } of store.jobs) {
        if (!awaited.has(id) || state === 'queued' || state === 'running') continue;
        awaited.delete(id);
        const run = result?.run;
        // It may be open already: it is written before its speed is timed.
        if (state === 'done' && run !== undefined) void loadRuns().then(() => openRun(run));
      }
    }
    if (moved || store.runsVersion !== before.runsVersion) void loadRuns();
  });
}

let listing = 0;

/** Reads the list; opens the newest run when none is open, and reads an open one again. */
export async function loadRuns(): Promise<void> {
  const turn = ++listing;
  try {
    const runs = await studio().call('listRuns', {});
    if (turn !== listing) return;
    useCompare.setState({ runs, listError: undefined });
    const { chosen, otherChosen } = useCompare.getState();
    const still = runs.some(({ id }) => id === chosen);
    const next = still
      ? chosen
      : (runs.find(({ problem }) => problem === undefined) ?? runs[0])?.id;
    if (next === undefined) useCompare.setState({ chosen: undefined, opened: undefined });
    else await openRun(next);
    if (otherChosen !== undefined) {
      await openOther(runs.some(({ id }) => id === otherChosen) ? otherChosen : undefined);
    }
  } catch (listError) {
    if (turn === listing) useCompare.setState({ listError });
  }
}

/** Opens a run; what was chosen in the one before stays where it exists in this one. */
export async function openRun(id: string): Promise<void> {
  const isOther = useCompare.getState().chosen !== id;
  if (isOther) useCompare.setState({ chosen: id, opened: undefined, openError: undefined });
  try {
    const { run, ranking } = await studio().call('readRun', { id });
    if (useCompare.getState().chosen !== id) return;
    useCompare.setState(({ text, subject }) => ({
      opened: { run, ranking },
      openError: undefined,
      text: run.texts.some((each) => each.id === text) ? text : undefined,
      subject: run.subjects.some((each) => each.id === subject) ? subject : undefined,
    }));
  } catch (openError) {
    if (useCompare.getState().chosen === id) useCompare.setState({ opened: undefined, openError });
  }
}

export async function openOther(id: string | undefined): Promise<void> {
  if (id !== useCompare.getState().otherChosen || id === undefined) {
    useCompare.setState({ otherChosen: id, other: undefined, otherError: undefined });
  }
  if (id === undefined) return;
  try {
    const { run, ranking } = await studio().call('readRun', { id });
    if (useCompare.getState().otherChosen === id) {
      useCompare.setState({ other: { run, ranking }, otherError: undefined });
    }
  } catch (otherError) {
    if (useCompare.getState().otherChosen === id) {
      useCompare.setState({ other: undefined, otherError });
    }
  }
}

/** Marks a subject in every view; the marked one again is let go. */
export function markSubject(id: string): void {
  useCompare.setState(({ subject }) => ({ subject: subject === id ? undefined : id }));
}
