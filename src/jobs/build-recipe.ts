// Builds a recipe: finds and hashes its sources, skips what records prove current, streams every pass, writes manifests.
// The command line, the TypeScript API and the window run this same function.
import { basename, resolve } from 'node:path';
import type { BuildResult } from '#src/contract/build.ts';
import type { MeasuredNode } from '#src/contract/measured-node.ts';
import { runWithEvents } from '#src/contract/run-with-events.ts';
import type { EventSink, StageRun } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { rejectedPathOf } from '#src/io/output-file.ts';
import { openRecordStore, type RecordStore } from '#src/io/record-store-file.ts';
import { checkDistinct } from '#src/io/same-file.ts';
import { outputRecipe } from '#src/recipe/output-recipe.ts';
import {
  planRecipe,
  type PlannedOutput,
  type PlannedPass,
  type RecipePlan,
} from '#src/recipe/plan.ts';
import type { RecipeDocument } from '#src/recipe/recipe-file.ts';
import { buildPass } from './build-pass.ts';
import { followSteps, ownerOf, type BuildSteps } from './build-steps.ts';
import { withRefusedFiles } from './check-gate.ts';
import { collectedMatrices, collectMatrices } from './collected-matrices.ts';
import { describeOutput, type FinishedFile } from './describe-output.ts';
import { refuseForeign } from './existing-output.ts';
import { openJobFolder } from './job-folder.ts';
import { sourceHash, sourceOf } from './open-model.ts';
import type { OutputTask, PassContext } from './pass-context.ts';
import type { FactoryPorts } from './ports.ts';
import { readRecipeSources, type RecipeSources } from './recipe-sources.ts';
import {
  passGates,
  prepareEvaluations,
  writeRuns,
  type EvaluationContext,
  type PlacedFile,
} from './run-evaluations.ts';
import { outputKey, recipeHash } from './step-key.ts';
import { unquantizedSources } from './unquantized-source.ts';
import { writeManifest, type FinishedOutput } from './write-manifest.ts';

export interface BuildContext {
  readonly ports: FactoryPorts;
  /** Absolute folder where the recipe's relative paths start. */
  readonly folder: string;
  /** Ask every output the validation prompts before it gets its name; else only its structure is checked. Default true. */
  readonly validate?: boolean | undefined;
  /** Keep temporary files. Default false. */
  readonly keepTemp?: boolean | undefined;
  /** Replace files that GGUF Studio did not build. Default false. */
  readonly overwrite?: boolean | undefined;
  /** Check reused files by their full hash. Default false. */
  readonly verifyReused?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Records of finished outputs; the studio home's when absent. */
  readonly store?: RecordStore | undefined;
}

/**
 * Builds a recipe. Reused files are reported as artifacts with `reused`. Throws `recipe/invalid`, `build/conflict`,
 * `evaluation/gate`, `evaluation/overlap`, `output/exists`, `output/is-input`, `build/locked`, `validate/failed`, and what sources, merging and quantizing throw.
 * A build that was killed or cancelled goes on at its last good tensor when it is run again.
 */
export function buildRecipe(
  document: RecipeDocument,
  context: BuildContext,
): StageRun<BuildResult> {
  return runWithEvents((emit, signal) => build(document, context, emit, signal), context.signal);
}

async function build(
  document: RecipeDocument,
  context: BuildContext,
  emit: EventSink,
  signal: AbortSignal,
): Promise<BuildResult> {
  const start = performance.now();
  const { recipe, label, json } = document;
  const plan = planRecipe(recipe, label, json);
  for (const message of plan.warnings) emit({ event: 'notice', level: 'warning', message });
  const store = context.store ?? openRecordStore();
  const overwrite = context.overwrite ?? false;
  const steps = followSteps(plan, (output) => pathOf(output, context.folder), emit);
  await checkPlaces(plan, context.folder, store, overwrite, steps);
  const evaluations = await prepareEvaluations(plan, context.folder, steps, signal);
  const read = await readRecipeSources(plan, context.folder, steps, emit, signal);
  const folder = openJobFolder(context.keepTemp ?? false);
  try {
    const { ports, threads } = context;
    const shared = { ports, store, steps, threads, emit, signal };
    const unquantized = unquantizedSources({ ...shared, sources: read, folder });
    const matrices = await collectMatrices(collectedMatrices(plan.passes), {
      ...shared,
      folder: context.folder,
      sources: read,
      unquantized,
    });
    const sources: RecipeSources = new Map([...read, ...matrices]);
    const evaluating: EvaluationContext = {
      ...shared,
      folder: context.folder,
      title: recipe.name ?? basename(label),
      sources,
      unquantized,
    };
    const rejected = new Set<PlannedOutput>();
    const passContext: PassContext = {
      ...shared,
      sources,
      folder,
      gate: async (output, partial, checkSignal) => {
        try {
          await passGates(evaluations, output, partial, evaluating, checkSignal);
        } catch (error) {
          if (isGateError(error)) rejected.add(output);
          throw error;
        }
      },
      validate: context.validate ?? true,
      overwrite,
    };
    const finished: FinishedOutput[] = [];
    let refusal: StudioError | undefined;
    for (const pass of plan.passes) {
      try {
        finished.push(...(await runPass(pass, context, passContext)));
      } catch (error) {
        // Other files of the recipe may pass: they are built, and all figures are there to look at.
        if (!isGateError(error)) throw error;
        refusal ??= error;
      }
    }
    const placed = await placesOf(plan, finished, rejected, context.folder, store);
    const { measured, failure } = await writeRuns(evaluations, placed, evaluating);
    const failed = refusal === undefined ? failure : withRefusedFiles(refusal, rejected.size);
    if (failed !== undefined) throw failed;
    const manifests = await writeManifests(plan, finished, measured, context, passContext);
    return {
      files: finished.map(({ file }) => file),
      manifests,
      ...(measured.length === 0 ? {} : { measured: [...measured] }),
      recipeHash: recipeHash(recipe),
      seconds: (performance.now() - start) / 1000,
    };
  } catch (error) {
    steps.failed(error);
    throw error;
  } finally {
    const kept = await folder.close();
    const message = `Temporary files are kept in ${kept ?? ''}.`;
    if (kept !== undefined) emit({ event: 'notice', level: 'info', message });
  }
}

function isGateError(error: unknown): error is StudioError {
  return error instanceof StudioError && error.code === 'evaluation/gate';
}

/** Where the files are that can be measured; what an error left unwritten has none. */
async function placesOf(
  plan: RecipePlan,
  finished: readonly FinishedOutput[],
  rejected: ReadonlySet<PlannedOutput>,
  folder: string,
  store: RecordStore,
): Promise<ReadonlyMap<PlannedOutput, PlacedFile>> {
  const placed = new Map<PlannedOutput, PlacedFile>(
    finished.map(({ task, file: { path, sha256 } }) => [task.output, { path, sha256 }]),
  );
  for (const output of plan.passes.flatMap(({ outputs }) => outputs)) {
    if (placed.has(output)) continue;
    const path = pathOf(output, folder);
    if (rejected.has(output)) {
      const kept = rejectedPathOf(path);
      placed.set(output, { path: kept, sha256: await hashFile(kept) });
      continue;
    }
    // Finished in a pass that another file of it made fail.
    const record = await store.findByPath(path);
    if (record !== undefined) placed.set(output, { path, sha256: record.sha256 });
  }
  return placed;
}

/** Before anything is read: no two outputs of one path, and nobody else's file in their place. */
async function checkPlaces(
  plan: RecipePlan,
  folder: string,
  store: RecordStore,
  overwrite: boolean,
  steps: BuildSteps,
): Promise<void> {
  const paths = plan.passes.flatMap(({ outputs }) =>
    outputs.map((output) => pathOf(output, folder)),
  );
  await checkDistinct(paths);
  if (overwrite) return;
  for (const pass of plan.passes) {
    for (const output of pass.outputs) {
      await steps.blame([ownerOf(pass, output)], () =>
        refuseForeign(pathOf(output, folder), store),
      );
    }
  }
}

async function runPass(
  pass: PlannedPass,
  context: BuildContext,
  passContext: PassContext,
): Promise<FinishedOutput[]> {
  const { store, emit, signal, sources, ports, steps } = passContext;
  const fullHash = context.verifyReused ?? false;
  const tasks = pass.outputs.map((output): OutputTask => {
    const recipe = outputRecipe(pass, output, (id) => sourceHash(sources, id));
    const base = sourceOf(sources, pass.model.base.id);
    const key = outputKey({
      recipe,
      library: ports.library,
      baseName: base.isFolder ? base.name : undefined,
    });
    return { output, path: pathOf(output, context.folder), key };
  });
  const files = new Map<string, FinishedFile>();
  for (const { key, path } of tasks) {
    const record = (await store.find(key, { fullHash, signal })).find(
      (found) => found.path === path,
    );
    if (record === undefined) continue;
    const { size: bytes, sha256 } = record;
    files.set(path, { path, bytes, sha256, reused: true });
    steps.reused(path, bytes);
    emit({ event: 'artifact', path, bytes, sha256, reused: true });
  }
  const missing = tasks.filter(({ path }) => !files.has(path));
  if (missing.length > 0) {
    for (const file of await buildPass(pass, missing, passContext)) files.set(file.path, file);
  }
  const finished: FinishedOutput[] = [];
  for (const task of tasks) {
    const file = files.get(task.path);
    if (file === undefined) continue;
    finished.push({ pass, task, file: await describeOutput(pass, task.output, file) });
  }
  return finished;
}

async function writeManifests(
  plan: RecipePlan,
  finished: readonly FinishedOutput[],
  measured: readonly MeasuredNode[],
  { folder }: BuildContext,
  { sources, overwrite, steps, emit, signal }: PassContext,
): Promise<BuildResult['manifests']> {
  const manifests: BuildResult['manifests'] = [];
  for (const family of plan.families) {
    const { id } = family.node;
    steps.family(id, 'running');
    const manifest = await steps.blame([{ node: id }], () =>
      writeManifest(family, finished, { folder, sources, measured, overwrite, emit, signal }),
    );
    steps.family(id, manifest.reused ? 'reused' : 'done');
    manifests.push(manifest);
  }
  return manifests;
}

function pathOf(output: { folder: string; fileName: string }, folder: string): string {
  return resolve(folder, output.folder, output.fileName);
}
