// The run of an evaluation whose process was killed after it was written, while its speed was timed: run again, the job takes it
// as it is. Measuring anew would find its own run in its way.
import { join } from 'node:path';
import type { EvaluateParams, EvaluateResult } from '#src/contract/quality/evaluate.ts';
import type { Run } from '#src/contract/quality/run.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readRun, runFileName } from '#src/io/run-store.ts';

/**
 * The whole run that these very params were written to; undefined where there is none, or one of something else. Throws
 * `run/invalid` for a broken one.
 */
export async function findFinishedRun(params: EvaluateParams): Promise<EvaluateResult | undefined> {
  const path = join(params.folder, params.id, runFileName);
  try {
    const run = await readRun(path, params.id);
    return isOf(run, params) ? { path, run, seconds: 0 } : undefined;
  } catch (error) {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    throw error;
  }
}

/** Names, files and conditions; what was measured is only in the run. */
function isOf(
  run: Run,
  { title, subjects, texts, tasks, mode, reference }: EvaluateParams,
): boolean {
  const same = (left: readonly string[], right: readonly string[]) =>
    JSON.stringify(left) === JSON.stringify(right);
  const file = ({ id, path }: { readonly id: string; readonly path: string }) => `${id} ${path}`;
  const asked = tasks.map(({ id }) => id);
  return (
    run.title === title &&
    run.conditions.mode === mode &&
    run.references[0]?.path === reference.path &&
    same(run.subjects.map(file), subjects.map(file)) &&
    same(
      run.texts.map(({ id }) => id),
      texts.map(({ id }) => id),
    ) &&
    asked.every((id) => run.tasks.some(({ task }) => task === id))
  );
}
