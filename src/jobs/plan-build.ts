// What a build of a recipe would do, told before it runs: every output's exact size and state, facts and faults of every
// node, and what the machine must have. Made of the build's own steps, so that a build that follows does just this. Writes
// nothing but remembered hashes in the studio's own folder.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BuildPlan, PlannedNode, PlannedOutput } from '#src/contract/build-plan.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import type { StudioError } from '#src/errors/studio-error.ts';
import { journalPathOf, partialPathOf } from '#src/io/output-file.ts';
import { openRecordStore, type RecordStore } from '#src/io/record-store-file.ts';
import { readThroughput } from '#src/io/throughput-file.ts';
import { readAnyJournal } from '#src/io/tensor-journal.ts';
import { outputRecipe } from '#src/recipe/output-recipe.ts';
import type { PlannedOutput as RecipeOutput, PlannedPass, RecipePlan } from '#src/recipe/plan.ts';
import type { NodeOf, Recipe, RecipeNode } from '#src/recipe/recipe-schema.ts';
import { planSoundPart, withDownstream, withoutNodes } from '#src/recipe/sound-part.ts';
import { formatBytes, formatCount } from '#src/text/format-number.ts';
import { ownerOf } from './build-steps.ts';
import { lookAtOutput } from './existing-output.ts';
import type { LaidOut, OutputTask } from './pass-context.ts';
import { measuringNeeds, planEvaluations, type EvaluationToPlan } from './plan-evaluations.ts';
import { planMatrices } from './plan-matrices.ts';
import { planNeeds, type PassWork } from './plan-needs.ts';
import { planPassOutputs } from './plan-pass.ts';
import {
  openPlannedSources,
  unknownHash,
  type Fact,
  type PlannedSource,
} from './planned-sources.ts';
import type { PlanningPorts } from './ports.ts';
import { outputKey } from './step-key.ts';
import { isCollected, type SourceNode } from './used-sources.ts';
import { manifestFileName } from './write-manifest.ts';

export interface PlanContext {
  readonly ports: PlanningPorts;
  /** Absolute folder where the recipe's relative paths start. */
  readonly folder: string;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** The studio home's when absent. */
  readonly store?: RecordStore | undefined;
}

type Problems = Map<string, { readonly message: string; readonly hint?: string | undefined }>;

/**
 * Plans the build of a recipe's text. A node that cannot be built is `invalid` with its reason, and what hangs on it is
 * left out; the rest is planned. Throws `recipe/invalid` only for what is no recipe at all.
 */
export async function planBuild(
  text: string,
  label: string,
  context: PlanContext,
): Promise<BuildPlan> {
  const { folder, emit, signal, ports } = context;
  const store = context.store ?? openRecordStore();
  const { recipe, ids, edges, problems: found, plan: wired } = planSoundPart(text, label);
  const problems: Problems = new Map(found);
  const sourceNodes = recipe.nodes
    .filter(isSource)
    .filter((node) => !problems.has(node.id) && !isCollected(node));
  const opened = await openPlannedSources(sourceNodes, folder, emit, signal);
  try {
    for (const [id, error] of opened.broken) addProblem(problems, id, error);
    let plan = withoutNodes(wired, withDownstream(edges, new Set(opened.broken.keys())));
    const shared = { folder, store, library: ports.library, emit, signal };
    const matrices = await planMatrices(plan, { ...shared, sources: opened.sound });
    for (const [id, error] of matrices.broken) addProblem(problems, id, error);
    plan = withoutNodes(plan, withDownstream(edges, new Set(matrices.broken.keys())));
    const sources = new Map([...opened.sound, ...matrices.sound]);
    const planned: { pass: PlannedPass; laidOut: readonly LaidOut[] }[] = [];
    const leftOut = new Set<string>();
    for (const pass of plan.passes) {
      signal.throwIfAborted();
      const fault = (node: string, error: StudioError, without: readonly string[] = [node]) => {
        addProblem(problems, node, error);
        for (const id of without) leftOut.add(id);
      };
      const tasks = tasksOf(pass, sources, ports.library, folder);
      const planning = { ports, sources, emit, fault };
      planned.push({ pass, laidOut: await planPassOutputs(pass, tasks, planning) });
    }
    plan = withoutNodes(plan, withDownstream(edges, leftOut));
    const outputs: PlannedOutput[] = [];
    const works: PassWork[] = [];
    const current = new Map<RecipeOutput, string>();
    for (const { pass, laidOut } of planned) {
      const files: LaidOut[] = [];
      const written = new Map<string, number>();
      for (const file of laidOut) {
        const { state, done, sha256 } = await stateOf(file, sources, store);
        outputs.push(describeOutput(pass, file, state, sources));
        if (sha256 !== undefined) current.set(file.task.output, sha256);
        if (state === 'current') continue;
        files.push(file);
        written.set(file.task.path, done);
      }
      works.push({ pass, files, written });
    }
    const evaluations = await planEvaluations(plan, {
      ...shared,
      sources,
      calibration: matrices.calibration,
      current,
      fault: (node, error) => addProblem(problems, node, error),
    });
    // A matrix is collected for files that are to be written with it, or to know whether they are current.
    const measuring = await measuringNeeds(
      evaluations,
      matrices.toCollect,
      sources,
      await readThroughput(),
    );
    const needs = await planNeeds(works, sources, ports, measuring);
    const nodes = await describeNodes({
      recipe,
      ids,
      plan,
      outputs,
      problems,
      sources,
      folder,
      evaluations: new Map(evaluations.map((evaluation) => [evaluation.node.id, evaluation])),
    });
    return { nodes, outputs, ...needs };
  } finally {
    await opened.close();
  }
}

function isSource(node: RecipeNode): node is SourceNode {
  return node.kind === 'base' || node.kind === 'adapter' || node.kind === 'imatrix';
}

function addProblem(problems: Problems, id: string, { message, hint }: StudioError): void {
  if (problems.has(id)) return;
  problems.set(id, { message, ...(hint === undefined ? {} : { hint }) });
}

function tasksOf(
  pass: PlannedPass,
  sources: ReadonlyMap<string, PlannedSource>,
  library: string,
  folder: string,
): OutputTask[] {
  const base = sources.get(pass.model.base.id)?.located;
  const baseName = base?.isFolder === true ? base.name : undefined;
  return pass.outputs.map((output) => {
    const recipe = outputRecipe(pass, output, (id) => plannedHash(sources, id));
    const path = resolve(folder, output.folder, output.fileName);
    return { output, path, key: outputKey({ recipe, library, baseName }) };
  });
}

/** As `sourceHash` of a build, with a placeholder for what is not known. */
function plannedHash(sources: ReadonlyMap<string, PlannedSource>, id: string): string {
  const [node = '', part] = id.split(':');
  const source = sources.get(node);
  const hash = part === undefined ? source?.sha256 : source?.located.textsSha256;
  return hash ?? unknownHash;
}

/** What stands at an output's place, and how many of its bytes an interrupted run has written. */
async function stateOf(
  { task, request, provenance }: LaidOut,
  sources: ReadonlyMap<string, PlannedSource>,
  store: RecordStore,
): Promise<{ state: PlannedOutput['state']; done: number; sha256?: string }> {
  const { path, key } = task;
  // A key with a placeholder in it is no key: without the sources' hashes nothing is known to be current.
  const isKnown = !provenance.recipe.includes(unknownHash);
  const records = isKnown ? await store.find(key) : [];
  const record = records.find((found) => found.path === path);
  if (record !== undefined) return { state: 'current', done: 0, sha256: record.sha256 };
  if ((await lookAtOutput(path, store)) === 'foreign') return { state: 'exists', done: 0 };
  const done = await resumableBytes(path, request.plan);
  return { state: done > 0 ? 'resumable' : 'new', done };
}

/** Bytes of tensors that the journal of an interrupted run names at the places where this plan has them. */
async function resumableBytes(path: string, plan: LaidOut['request']['plan']): Promise<number> {
  const isThere = await stat(partialPathOf(path)).then(
    (status) => status.isFile(),
    () => false,
  );
  const journal = isThere ? await readAnyJournal(journalPathOf(path)) : undefined;
  if (journal === undefined) return 0;
  const places = new Map(
    plan.tensors.map(({ name }, index) => [name, plan.header.tensors[index]] as const),
  );
  let bytes = 0;
  for (const { tensor, offset, size } of journal.values()) {
    const place = places.get(tensor);
    // Of another plan: the build starts anew, the journal's hash of the plan says so.
    if (place === undefined || place.byteLength !== size) return 0;
    if (plan.header.dataOffset + place.offset !== offset) return 0;
    bytes += size;
  }
  return bytes;
}

function describeOutput(
  pass: PlannedPass,
  { task, size, request, notices }: LaidOut,
  state: PlannedOutput['state'],
  sources: ReadonlyMap<string, PlannedSource>,
): PlannedOutput {
  const { output, path } = task;
  const base = sources.get(pass.model.base.id);
  const unread = base?.sha256 === undefined && state !== 'exists';
  return {
    node: ownerOf(pass, output).node,
    quantizeNode: pass.quantize.id,
    level: output.level,
    path,
    bytes: size,
    bitsPerWeight: request.plan.bitsPerWeight,
    state,
    notices: [
      ...notices,
      ...(unread
        ? [
            'The source has not been hashed yet: the build hashes it first, and then knows whether this file is current.',
          ]
        : []),
    ],
  };
}

interface Described {
  readonly recipe: Recipe;
  readonly ids: readonly string[];
  readonly plan: RecipePlan;
  readonly outputs: readonly PlannedOutput[];
  readonly problems: Problems;
  readonly sources: ReadonlyMap<string, PlannedSource>;
  readonly folder: string;
  readonly evaluations: ReadonlyMap<string, EvaluationToPlan>;
}

async function describeNodes(described: Described): Promise<PlannedNode[]> {
  const { recipe, ids, problems, sources, evaluations } = described;
  const cached = await cachedNodes(described);
  const byId = new Map(recipe.nodes.map((node) => [node.id, node]));
  return [...new Set(ids)].map((id): PlannedNode => {
    const node = byId.get(id);
    const facts = node === undefined ? [] : factsOf(node, sources.get(id), described);
    const problem = problems.get(id);
    if (problem !== undefined) {
      const { message, hint } = problem;
      const reason = { message, ...(hint === undefined ? {} : { hint }) };
      return { node: id, state: 'invalid', facts: [...facts], problem: reason };
    }
    const measured = evaluations.get(id)?.measured;
    return {
      node: id,
      state: cached.has(id) || measured !== undefined ? 'cached' : 'ready',
      facts: [...facts],
      ...(measured === undefined ? {} : { measured }),
    };
  });
}

/** Nodes that a build would not touch: all that they make is current. */
async function cachedNodes({ plan, outputs, folder }: Described): Promise<ReadonlySet<string>> {
  const stale = new Set<string>();
  const used = new Set<string>();
  const note = (id: string, isCurrent: boolean) => {
    used.add(id);
    if (!isCurrent) stale.add(id);
  };
  const states = new Map(outputs.map(({ path, state }) => [path, state]));
  for (const pass of plan.passes) {
    for (const output of pass.outputs) {
      const path = resolve(folder, output.folder, output.fileName);
      const isCurrent = states.get(path) === 'current';
      const { base, merge } = pass.model;
      const nodes = [base, ...(merge === undefined ? [] : [merge.node, ...merge.adapters]), pass.quantize, ...output.adapters]; // prettier-ignore
      for (const { id } of nodes) note(id, isCurrent);
      if (pass.imatrix !== undefined) note(pass.imatrix.id, isCurrent);
      if (output.package !== undefined) note(output.package.id, isCurrent);
    }
  }
  for (const { node, packages } of plan.families) {
    const manifest = join(resolve(folder, node.folder), manifestFileName);
    const isThere = await stat(manifest).then(
      () => true,
      () => false,
    );
    note(node.id, isThere && packages.every(({ id }) => used.has(id) && !stale.has(id)));
  }
  return new Set([...used].filter((id) => !stale.has(id)));
}

const methodNames = { sum: 'exact sum', ties: 'TIES', dare: 'DARE' } as const;

function factsOf(
  node: RecipeNode,
  source: PlannedSource | undefined,
  { outputs, plan, evaluations }: Described,
): readonly Fact[] {
  switch (node.kind) {
    case 'base':
    case 'adapter':
    case 'imatrix':
      return source?.facts ?? [];
    case 'merge':
      return [
        { name: 'method', value: methodNames[node.method] },
        { name: 'precision', value: 'F32' },
      ];
    case 'quantize': {
      const own = outputs.filter(({ quantizeNode }) => quantizeNode === node.id);
      return own.length === 0 ? [] : [totalOf(own)];
    }
    case 'package': {
      const own = outputs.filter((output) => output.node === node.id);
      return [{ name: 'form', value: node.form }, ...(own.length === 0 ? [] : [totalOf(own)])];
    }
    case 'family': {
      const family = plan.families.find((one) => one.node.id === node.id);
      const parents = family?.packages.length;
      return [
        { name: 'family', value: node.name },
        ...(parents === undefined ? [] : [{ name: 'packages', value: formatCount(parents) }]),
      ];
    }
    case 'evaluate':
      return [
        { name: 'suites', value: node.suites.join(', ') },
        ...gateFacts(node),
        ...(evaluations.get(node.id)?.facts ?? []),
      ];
  }
}

function gateFacts({ gate, gateSameTop }: NodeOf<'evaluate'>): Fact[] {
  const limits = [
    ...(gate === undefined ? [] : [`KLD ≤ ${gate}`]),
    ...(gateSameTop === undefined ? [] : [`same top ≥ ${(gateSameTop * 100).toFixed(1)} %`]),
  ];
  return limits.length === 0 ? [] : [{ name: 'gate', value: limits.join(', ') }];
}

function totalOf(outputs: readonly PlannedOutput[]): Fact {
  const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
  const files = outputs.length === 1 ? '1 file' : `${formatCount(outputs.length)} files`;
  return { name: 'writes', value: `${files} · ${formatBytes(bytes)}` };
}
