// One pass of a build: opens the source once, lays out every file that is not current, and has them written, checked and
// recorded. Files of one pass share one read of the source.
import { dirname } from 'node:path';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { rememberFileHash } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import type { PlannedPass } from '#src/recipe/plan.ts';
import { ownerOf, type BuildSteps } from './build-steps.ts';
import { checkOutput } from './check-output.ts';
import type { FinishedFile } from './describe-output.ts';
import { adoptOutput, lookAtOutput, refuseForeign } from './existing-output.ts';
import { layOutOutputs } from './lay-out-outputs.ts';
import { makesParents, openPlannedModel, sourceOf } from './open-model.ts';
import { openAdapterPacker } from './pack-adapters.ts';
import type { LaidOut, OutputTask, PassContext } from './pass-context.ts';
import type { WriteRequest } from './ports.ts';
import { refuseChanged, type RecipeSource, type RecipeSources } from './recipe-sources.ts';

/** Builds the tasks of one pass, in their order. Throws what opening, planning, writing and checking throw. */
export async function buildPass(
  pass: PlannedPass,
  tasks: readonly OutputTask[],
  context: PassContext,
): Promise<FinishedFile[]> {
  const { emit, signal, sources, steps } = context;
  emit({ event: 'phase', phase: 'Reading', detail: sourceOf(sources, pass.model.base.id).path });
  const isParent = makesParents(tasks);
  const model = await openPlannedModel(pass.model, sources, steps, emit, signal, isParent);
  try {
    const { folder, ports } = context;
    const { pack } = openAdapterPacker(sources, folder, ports, emit, signal);
    const laidOut = await layOutOutputs(pass, tasks, model, context, pack);
    await refuseProblems(pass, laidOut, steps);
    const finished = new Map<string, FinishedFile>();
    // A second round takes over what another build finished in between.
    for (const isLast of [false, true]) {
      const missing = await adoptAll(laidOut, finished, context);
      try {
        await writeAll(pass, missing, finished, context);
        break;
      } catch (error) {
        if (isLast || !(error instanceof StudioError) || error.code !== 'output/exists')
          throw error;
      }
    }
    return tasks.map(({ path }) => {
      const file = finished.get(path);
      invariant(file !== undefined, `${path} is finished`);
      return file;
    });
  } finally {
    await model.close();
  }
}

/** A level that must not be written is known before anything is; the writer would name it, but not its step. */
async function refuseProblems(
  pass: PlannedPass,
  laidOut: readonly LaidOut[],
  steps: BuildSteps,
): Promise<void> {
  for (const { task, request } of laidOut) {
    const [problem] = request.plan.problems;
    if (problem === undefined) continue;
    await steps.blame([{ node: pass.quantize.id, level: task.output.level }], () => {
      throw problem;
    });
  }
}

/** Takes over files that already are what is wanted; gives the others. Throws `output/exists` for foreign files. */
async function adoptAll(
  laidOut: readonly LaidOut[],
  finished: Map<string, FinishedFile>,
  context: PassContext,
): Promise<LaidOut[]> {
  const { store, ports, emit, signal } = context;
  const missing: LaidOut[] = [];
  for (const file of laidOut) {
    const { path, key } = file.task;
    if (finished.has(path)) continue;
    const sha256 = await adoptOutput(path, file, ports, emit, signal);
    if (sha256 === undefined) {
      if (!context.overwrite) await refuseForeign(path, store);
      missing.push(file);
      continue;
    }
    await store.save({ key, path, sha256 });
    finished.set(path, { path, bytes: file.size, sha256, reused: true });
    context.steps.reused(path, file.size);
    emit({ event: 'artifact', path, bytes: file.size, sha256, reused: true });
  }
  return missing;
}

async function writeAll(
  pass: PlannedPass,
  files: readonly LaidOut[],
  finished: Map<string, FinishedFile>,
  context: PassContext,
): Promise<void> {
  const { ports, store, sources, emit, signal, steps } = context;
  if (files.length === 0) return;
  const requests = await Promise.all(files.map((file) => withOverwrite(file, context)));
  for (const { task } of files) await makeFolder(dirname(task.path));
  const used = usedSources(pass, files, sources);
  const begun = new Set<string>();
  let goesOn = false;
  const run = ports.write(requests, {
    inputs: used.flatMap((source) => source.files.map((file) => file.path)),
    threads: context.threads,
    signal,
    keepPartial: true,
    onWritten: (path, done, total) => {
      if (!begun.has(path)) goesOn ||= done > 0;
      begun.add(path);
      steps.writing(path, done, total);
    },
    check: async (partialPath, { path }, checkSignal) => {
      steps.checking(path);
      await refuseChanged(used, checkSignal);
      const output = files.find(({ task }) => task.path === path)?.task.output;
      invariant(output !== undefined, `${path} is one of the files`);
      return steps.blame([ownerOf(pass, output)], async () => {
        const sha256 = await checkOutput(partialPath, path, context, checkSignal);
        await context.gate(output, { path: partialPath, sha256 }, checkSignal);
        return sha256;
      });
    },
  });
  const artifacts: FinishedFile[] = [];
  try {
    const started = performance.now();
    const levels = files.map(({ task }) => ({ node: pass.quantize.id, level: task.output.level }));
    await steps.blame(levels, () =>
      runToEnd(run, (event) => {
        if (event.event === 'artifact' && event.sha256 !== undefined) {
          const { path, bytes, sha256 } = event;
          artifacts.push({ path, bytes, sha256, reused: false });
          steps.finished(path);
        }
        emit(event);
      }),
    );
    // What an interrupted run had done would make this one look fast.
    if (!goesOn)
      await ports.rememberWriting(
        files.map(({ request }) => request.plan),
        (performance.now() - started) / 1000,
        context.threads,
      );
  } finally {
    // Also when another output was refused: what is finished is valid.
    for (const file of artifacts) {
      const task = files.find(({ task: { path } }) => path === file.path)?.task;
      if (task === undefined) continue;
      await rememberFileHash(file.path, file.sha256);
      await store.save({ key: task.key, path: file.path, sha256: file.sha256 });
      finished.set(file.path, file);
    }
  }
}

/** A file of ours may be replaced; a foreign one was refused, unless the user asked to replace it. */
async function withOverwrite(
  { task, request }: LaidOut,
  { overwrite, store }: PassContext,
): Promise<WriteRequest> {
  return {
    ...request,
    overwrite: overwrite || (await lookAtOutput(task.path, store)) === 'ours',
  };
}

function usedSources(
  pass: PlannedPass,
  files: readonly LaidOut[],
  sources: RecipeSources,
): RecipeSource[] {
  const { base, merge } = pass.model;
  const nodes = [
    base,
    ...(merge?.adapters ?? []),
    ...(pass.imatrix === undefined ? [] : [pass.imatrix]),
    ...files.flatMap(({ task }) => task.output.adapters),
  ];
  return [...new Set(nodes.map(({ id }) => sourceOf(sources, id)))];
}
