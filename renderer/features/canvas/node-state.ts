// What a node's view shows besides the recipe: its chip, its progress, the reason why it cannot be built.
import { useMemo } from 'react';
import type { PlannedNode } from '#src/contract/build-plan.ts';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import type { JobState } from '#src/contract/jobs.ts';
import type { RecipeProblem } from '#src/recipe/recipe-problem.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { useStudio } from '#renderer/stores/studio-store.ts';
import { builtForm } from './built-form.ts';
import { problemsByNode, type DocumentContent } from './canvas-document.ts';
import { activeOf, useCanvas, type PlanState, type RunState } from './canvas-store.ts';
import type { NodeRun } from './run-view.ts';

export interface NodeState {
  readonly word: string;
  readonly tone: 'neutral' | 'accent' | 'ok' | 'warn' | 'bad';
  /** Said on hover, and by the inspector. */
  readonly problem: { readonly message: string; readonly hint?: string | undefined } | undefined;
  readonly running: boolean;
  /** The job that runs works with the node as it was before this edit. */
  readonly changedSince: boolean;
}

export interface NodeFacts {
  readonly planned: PlannedNode | undefined;
  readonly problems: readonly RecipeProblem[];
  readonly run: NodeRun | undefined;
  readonly job: JobState | undefined;
  readonly jobError: { readonly message: string; readonly hint?: string } | undefined;
  readonly changed: boolean;
  readonly planFailed: boolean;
}

/** The one word of a node's chip, and why. Pure. */
export function nodeState(facts: NodeFacts): NodeState {
  const { planned, problems, run, job, changed } = facts;
  const active = job === 'queued' || job === 'running';
  const error = problems.find(({ severity }) => severity === 'error');
  const plain = { problem: undefined, running: false, changedSince: active && changed };
  if (active && run !== undefined && !(changed && run.state === 'waiting')) {
    switch (run.state) {
      case 'waiting':
        return { ...plain, word: 'waiting', tone: 'neutral' };
      case 'running':
        return { ...plain, word: 'running', tone: 'accent', running: true };
      case 'done':
        return { ...plain, word: 'done', tone: 'ok' };
      case 'reused':
        return { ...plain, word: 'cached', tone: 'ok' };
      case 'failed':
        return { ...plain, word: 'failed', tone: 'bad', problem: facts.jobError };
    }
  }
  if (error !== undefined) return { ...plain, word: 'invalid', tone: 'bad', problem: error };
  if (job === 'failed' && run?.state === 'failed' && !changed) {
    return { ...plain, word: 'failed', tone: 'bad', problem: facts.jobError };
  }
  if (job === 'interrupted' && run?.state === 'running' && !changed) {
    return { ...plain, word: 'interrupted', tone: 'warn', problem: facts.jobError };
  }
  if (planned?.state === 'invalid') {
    return { ...plain, word: 'invalid', tone: 'bad', problem: planned.problem };
  }
  const warning = problems[0];
  if (warning !== undefined) return { ...plain, word: 'unused', tone: 'warn', problem: warning };
  if (planned === undefined) {
    return { ...plain, word: facts.planFailed ? 'unknown' : 'checking', tone: 'neutral' };
  }
  return planned.state === 'cached'
    ? { ...plain, word: 'cached', tone: 'ok' }
    : { ...plain, word: 'ready', tone: 'neutral' };
}

const problemMaps = new WeakMap<DocumentContent, ReadonlyMap<string, readonly RecipeProblem[]>>();
const noProblems: readonly RecipeProblem[] = [];

/** Problems of a node, reckoned once per text. */
export function problemsOf(content: DocumentContent, id: string): readonly RecipeProblem[] {
  let map = problemMaps.get(content);
  if (map === undefined) {
    map = problemsByNode(content);
    problemMaps.set(content, map);
  }
  return map.get(id) ?? noProblems;
}

/** Nodes as a job starts with them, for `wasChanged`. */
export function snapshotOf(nodes: Iterable<RecipeNode>): ReadonlyMap<string, string> {
  return new Map([...nodes].map((node) => [node.id, builtForm(node)]));
}

/** Whether a node is another one than the job was started with; moving it changes nothing. */
export function wasChanged(run: RunState | undefined, node: RecipeNode): boolean {
  return run?.snapshot !== undefined && run.snapshot.get(node.id) !== builtForm(node);
}

export interface NodeView extends NodeState {
  readonly planned: PlannedNode | undefined;
  readonly run: NodeRun | undefined;
  /** What is known of an evaluate step: of its files as they are, else of the last run, while the step is the same. */
  readonly measured: MeasuredNode | undefined;
  /** Figures are being made anew. */
  readonly stale: boolean;
}

/** Everything around a node of the recipe in front; a view is only drawn again when something of its own changed. */
export function useNodeState(node: RecipeNode): NodeView {
  const { id } = node;
  const planned = useCanvas((store) => planOf(store)?.nodes.get(id));
  const stale = useCanvas((store) => planOf(store)?.stale ?? false);
  const planFailed = useCanvas((store) => planOf(store)?.error !== undefined);
  const run = useCanvas((store) => runOf(store)?.nodes.get(id));
  const changed = useCanvas((store) => wasChanged(runOf(store), node));
  const job = useCanvas((store) => runOf(store)?.job);
  const jobState = useStudio((store) => store.jobs.find((one) => one.id === job)?.state);
  const jobError = useStudio((store) => store.jobs.find((one) => one.id === job)?.error);
  const problems = useCanvas((store) => {
    const content = activeOf(store)?.content;
    return content === undefined ? noProblems : problemsOf(content, id);
  });
  return useMemo(
    () => ({
      ...nodeState({ planned, problems, run, job: jobState, jobError, changed, planFailed }),
      planned,
      stale,
      measured: planned?.measured ?? (changed ? undefined : run?.measured),
      run: jobState === 'queued' || jobState === 'running' ? run : undefined,
    }),
    [planned, problems, run, jobState, jobError, changed, planFailed, stale],
  );
}

type Store = ReturnType<typeof useCanvas.getState>;

export function planOf(store: Store): PlanState | undefined {
  return store.active === undefined ? undefined : store.plans[store.active];
}

export function runOf(store: Store): RunState | undefined {
  return store.active === undefined ? undefined : store.runs[store.active];
}
