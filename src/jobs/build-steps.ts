// Where every node of a recipe stands while it is built, as `step` events: sources while they are hashed, a merge and each
// level while their tensors stream, packages while they are checked, families while their manifest is written. The build
// says what happens to files; this says what that means for nodes.
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { EventSink, StageEvent } from '#src/contract/stage-events.ts';
import { isAbort } from '#src/errors/studio-error.ts';
import type { PlannedOutput, PlannedPass, RecipePlan } from '#src/recipe/plan.ts';
import { usedSources } from './used-sources.ts';

/** A node, or one level of a quantize step. */
export interface StepReference {
  readonly node: string;
  readonly level?: string;
}

export interface BuildSteps {
  /** Bytes of a source that are hashed. */
  hashing(node: string, done: number, total: number): void;
  hashed(node: string, total: number): void;
  /** The merge is opened; its tensors stream with the levels that take it. */
  merging(node: string): void;
  /** Nothing is written: the file is current. */
  reused(path: string, bytes: number): void;
  /** Bytes of a file's tensors that are written, of all. */
  writing(path: string, done: number, total: number): void;
  /** All tensors are written; packing and checking follow. */
  checking(path: string): void;
  /** The file has its name. */
  finished(path: string): void;
  family(node: string, state: 'running' | 'done' | 'reused'): void;
  /** A matrix is collected; the figures are chunks. */
  collecting(node: string, chunks?: { readonly done: number; readonly total: number }): void;
  collected(node: string, reused: boolean): void;
  /** An evaluate step measures; figures in its own units. */
  measuring(node: string, done: number, total: number): void;
  /** An evaluate step has its figures, whether or not it has failed before. */
  measured(measured: MeasuredNode): void;
  /** Runs work of nodes; when it throws, they have failed. The innermost blame counts; cancelling is nobody's fault. */
  blame<Result>(
    references: readonly StepReference[],
    work: () => Result | Promise<Result>,
  ): Promise<Result>;
  /** Blames what runs for an error that nobody was blamed for. */
  failed(error: unknown): void;
}

type State = Extract<StageEvent, { event: 'step' }>['state'];

/** One output file on its way. */
interface FileStep {
  readonly pass: PlannedPass;
  readonly output: PlannedOutput;
  state: 'waiting' | 'reused' | 'writing' | 'checking' | 'finished';
  done: number;
  total: number;
}

/** The step that writes a file: its package, else its level. */
export function ownerOf(pass: PlannedPass, output: PlannedOutput): StepReference {
  return output.package === undefined
    ? { node: pass.quantize.id, level: output.level }
    : { node: output.package.id };
}

/** Reports every used node as waiting and then follows the build. `pathOf` gives the absolute path of an output. */
export function followSteps(
  plan: RecipePlan,
  pathOf: (output: PlannedOutput) => string,
  emit: EventSink,
): BuildSteps {
  const states = new Map<string, State>();
  const blamed = new WeakSet<object>();
  const files = new Map<string, FileStep>();
  for (const pass of plan.passes) {
    for (const output of pass.outputs) {
      files.set(pathOf(output), { pass, output, state: 'waiting', done: 0, total: 0 });
    }
  }

  const set = (
    { node, level }: StepReference,
    state: State,
    figures: { readonly done: number; readonly total: number } | undefined = undefined,
  ) => {
    const key = `${node} ${level ?? ''}`;
    const last = states.get(key);
    // What has ended stays as it is, but for a fault that shows later (a hashed base that cannot be opened).
    const isFinal = last === 'failed' || last === 'done' || last === 'reused';
    if (isFinal && (state !== 'failed' || last === 'failed')) return;
    if (last === state && figures === undefined) return;
    states.set(key, state);
    emit({ event: 'step', node, ...(level === undefined ? {} : { level }), state, ...figures });
  };
  const fail = (references: readonly StepReference[], error: unknown) => {
    if (isAbort(error) || typeof error !== 'object' || error === null) return;
    // What says more about a fault (the file that was kept) has that fault as its cause.
    const { cause } = error as { readonly cause?: unknown };
    const isBlamed = blamed.has(error) || (cause instanceof Error && blamed.has(cause));
    blamed.add(error);
    if (isBlamed) return;
    for (const reference of references) set(reference, 'failed');
  };

  const update = ({ pass, output }: FileStep) => {
    const all = [...files.values()];
    const { merge } = pass.model;
    const taking = all.filter((file) => file.pass.model.merge?.node.id === merge?.node.id);
    if (merge !== undefined) set({ node: merge.node.id }, ...streamed(taking, () => true));
    const ofLevel = all.filter((file) => file.pass === pass && file.output.level === output.level);
    // A level that nothing packs is done when its file is; else packing and checking are the package's.
    const level = { node: pass.quantize.id, level: output.level };
    set(level, ...streamed(ofLevel, (file) => file.output.package !== undefined));
    const own = output.package;
    if (own === undefined) return;
    const packed = all.filter((file) => file.output.package?.id === own.id);
    const isAtWork = packed.some(({ state }) => state === 'checking' || state === 'finished');
    const ended = endOf(packed, ({ state }) => state === 'finished');
    if (ended !== undefined || isAtWork) set({ node: own.id }, ended ?? 'running');
  };
  const change = (path: string, changes: Partial<Pick<FileStep, 'state' | 'done' | 'total'>>) => {
    const file = files.get(path);
    if (file === undefined) return;
    Object.assign(file, changes);
    update(file);
  };

  for (const reference of stepsOf(plan)) set(reference, 'waiting');
  return {
    hashing: (node, done, total) => set({ node }, 'running', { done, total }),
    hashed: (node, total) => set({ node }, 'done', { done: total, total }),
    merging: (node) => set({ node }, 'running'),
    reused: (path, bytes) => change(path, { state: 'reused', done: bytes, total: bytes }),
    writing: (path, done, total) => change(path, { state: 'writing', done, total }),
    checking: (path) => change(path, { state: 'checking' }),
    finished: (path) => change(path, { state: 'finished' }),
    family: (node, state) => set({ node }, state),
    collecting: (node, chunks) => set({ node }, 'running', chunks),
    collected: (node, reused) => set({ node }, reused ? 'reused' : 'done'),
    measuring: (node, done, total) => set({ node }, 'running', { done, total }),
    measured(measured) {
      const { node, passed, reused } = measured;
      const state = passed === false ? 'failed' : reused ? 'reused' : 'done';
      states.set(`${node} `, state);
      emit({ event: 'step', node, state, measured });
    },
    async blame(references, work) {
      try {
        return await work();
      } catch (error) {
        fail(references, error);
        throw error;
      }
    },
    failed: (error) =>
      fail(
        [...states].flatMap(([key, state]) => {
          const [node = '', level = ''] = key.split(' ');
          if (state !== 'running') return [];
          return [level === '' ? { node } : { node, level }];
        }),
        error,
      ),
  };
}

/** State and figures of what streams into files; `isEnough` says whether a file's last tensor ends the step's work on it. */
function streamed(
  files: readonly FileStep[],
  isEnough: (file: FileStep) => boolean,
): [State, { done: number; total: number }] {
  const isThrough = (file: FileStep) =>
    file.state === 'finished' ||
    (isEnough(file) &&
      (file.state === 'checking' || (file.state === 'writing' && file.done === file.total)));
  const written = files.filter(({ state }) => state !== 'reused');
  const counted = written.length === 0 ? files : written;
  const figures = {
    done: counted.reduce((sum, { done }) => sum + done, 0),
    total: counted.reduce((sum, { total }) => sum + total, 0),
  };
  const isWaiting = written.length > 0 && written.every(({ state }) => state === 'waiting');
  return [endOf(files, isThrough) ?? (isWaiting ? 'waiting' : 'running'), figures];
}

/** `reused` when nothing was written, `done` when all that was written is through. */
function endOf(
  files: readonly FileStep[],
  isThrough: (file: FileStep) => boolean,
): 'reused' | 'done' | undefined {
  const written = files.filter(({ state }) => state !== 'reused');
  if (written.length === 0) return 'reused';
  return written.every(isThrough) ? 'done' : undefined;
}

/** Every step of a plan in the order of the flow. */
function stepsOf({ passes, families, evaluations }: RecipePlan): StepReference[] {
  const merges = passes.flatMap(({ model }) =>
    model.merge === undefined ? [] : [model.merge.node.id],
  );
  const packages = passes.flatMap(({ outputs }) =>
    outputs.flatMap((output) => output.package?.id ?? []),
  );
  const unique = (ids: readonly string[]) => [...new Set(ids)].map((node) => ({ node }));
  return [
    ...unique(usedSources(passes).map(({ id }) => id)),
    ...unique(merges),
    ...passes.flatMap(({ quantize }) =>
      quantize.levels.map((level) => ({ node: quantize.id, level })),
    ),
    ...unique(packages),
    ...unique(evaluations.map(({ node }) => node.id)),
    ...unique(families.map(({ node }) => node.id)),
  ];
}
