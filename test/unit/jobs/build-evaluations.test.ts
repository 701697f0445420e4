// Builds that measure: gates that pass and fail, figures that are measured once, matrices that are collected on the way.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { runSchema, type Run } from '#src/contract/quality/run.ts';
import { exitCodeOfKind } from '#src/errors/catalog.ts';
import { isAbort, type StudioError } from '#src/errors/studio-error.ts';
import { planBuild } from '#src/jobs/plan-build.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { collectImatrix } from '#electron/factory/methods/collect-imatrix.ts';
import { planningPorts } from '#electron/factory/methods/plan-build.ts';
import { imatrixParams } from '#src/contract/quality/imatrix.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';

const { base, conditions, finance, merge, bundled } = seedlingNodes;
const quantize = {
  id: 'quantize',
  kind: 'quantize',
  levels: ['Q2_K', 'Q8_0'],
  folder: 'out',
} satisfies RecipeInput['nodes'][number];
const evaluate = {
  id: 'evaluate',
  kind: 'evaluate',
  suites: ['conditions'],
  contextSize: 128,
  chunks: 2,
} satisfies RecipeInput['nodes'][number];
const wires = ['base -> quantize', 'quantize -> evaluate'];

let bench: BuildBench;
beforeEach(async () => void (bench = await BuildBench.open()));
afterEach(() => bench.close());

async function failureOf(build: Promise<unknown>): Promise<StudioError> {
  return build.then(
    () => {
      throw new Error('it should fail');
    },
    (error: unknown) => error as StudioError,
  );
}

async function readRun(path: string): Promise<Run> {
  return runSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}

const chunksOf = (events: readonly StageEvent[]) =>
  events.filter(({ event }) => event === 'progress').length;
const measuredStep = (events: readonly StageEvent[]) =>
  events.findLast((event) => event.event === 'step' && event.measured !== undefined);

describe('an evaluate step of a build', () => {
  it('measures every level into one run, once: the second build reads it', async () => {
    const first = await bench.build([base, quantize, evaluate], wires);
    const [measured] = first.result.measured ?? [];
    expect(measured).toMatchObject({ node: 'evaluate', reused: false });
    expect(measured?.passed).toBeUndefined();
    expect(measured?.figures.map(({ subject, text }) => [subject, text])).toEqual([
      ['Q2_K', 'Conditions'],
      ['Q8_0', 'Conditions'],
    ]);
    expect(measured?.figures[0]?.kld.value).toBeGreaterThan(measured?.figures[1]?.kld.value ?? 1);
    const run = await readRun(measured?.path ?? '');
    expect(run.subjects.map(({ id, level }) => [id, level])).toEqual([
      ['Q2_K', 'Q2_K'],
      ['Q8_0', 'Q8_0'],
    ]);
    expect(run.measurements.every(({ kld }) => kld.mean.value > 0)).toBe(true);
    expect(measuredStep(first.events)).toMatchObject({ node: 'evaluate', state: 'done' });

    const second = await bench.build([base, quantize, evaluate], wires);
    expect(second.result.measured).toEqual([{ ...measured, reused: true }]);
    expect(measuredStep(second.events)).toMatchObject({ state: 'reused' });
    expect(await readdir(bench.path('measurements'))).toEqual([run.id]);

    // Without the run its figures still are there: kept chunks, no model is loaded.
    await rm(bench.path('measurements'), { recursive: true });
    const third = await bench.build([base, quantize, evaluate], wires);
    expect(third.events.some((event) => event.event === 'phase' && event.phase === 'Loading')).toBe(
      false,
    );
    expect(third.result.measured?.[0]?.figures).toEqual(measured?.figures);
  });

  it('keeps a file that fails its gate as rejected, the others under their names, and its run', async () => {
    const gated = { ...evaluate, gate: 0.02 };
    const error = await failureOf(bench.build([base, quantize, gated], wires));
    expect(error.code).toBe('evaluation/gate');
    expect(exitCodeOfKind[error.kind]).toBe(1);
    expect(error.message).toMatch(
      /^Q2_K has a mean KLD of 0\.\d+ ± 0\.\d+ on "Conditions"; the gate of "evaluate" is 0\.02\. The file was kept as .*seedling-4m-Q2_K\.gguf\.rejected\.$/,
    );
    expect((await readdir(bench.path('out'))).sort()).toEqual([
      'seedling-4m-Q2_K.gguf.rejected',
      'seedling-4m-Q8_0.gguf',
    ]);
    const [id = ''] = await readdir(bench.path('measurements'));
    const run = await readRun(bench.path('measurements', id, 'run.json'));
    expect(run.subjects.map(({ path }) => path.endsWith('.rejected'))).toEqual([true, false]);
    // A gate that both pass takes the figures that are there.
    const loose = await bench.build([base, quantize, { ...evaluate, gate: 10 }], wires);
    expect(loose.result.measured?.[0]).toMatchObject({ passed: true, gate: 10 });
    const renamed = await readRun(loose.result.measured?.[0]?.path ?? '');
    expect(renamed.subjects.map(({ path }) => path.endsWith('.gguf'))).toEqual([true, true]);
    expect(renamed.measurements.map(({ kld }) => kld)).toEqual(run.measurements.map(({ kld }) => kld)); // prettier-ignore
    expect(chunksOf(loose.events.filter((event) => event.event === 'progress' && event.unit === 'steps'))).toBe(0); // prettier-ignore
    expect(loose.written).toEqual(['seedling-4m-Q2_K.gguf']);
    // Files that were there before stay, whatever a new gate says of them.
    const strict = await failureOf(bench.build([base, quantize, gated], wires));
    expect(strict.code).toBe('evaluation/gate');
    await stat(bench.path('out', 'seedling-4m-Q2_K.gguf'));
  });

  it('tells nodes where they stand: the gate and the level that failed it, not the others', async () => {
    const states = new Map<string, string>();
    const onEvent = (event: StageEvent) => {
      if (event.event === 'step') states.set(`${event.node} ${event.level ?? ''}`, event.state);
    };
    const gated = { ...evaluate, gateSameTop: 0.97 };
    const error = await failureOf(bench.build([base, quantize, gated], wires, { onEvent }));
    expect(error.message).toContain('same top');
    expect(Object.fromEntries(states)).toEqual({
      'base ': 'done',
      'quantize Q2_K': 'failed',
      'quantize Q8_0': 'done',
      'evaluate ': 'failed',
    });
  });

  it('measures a bundle with each adapter, and a merge, each against its own unquantized model', async () => {
    const level = { ...quantize, levels: ['Q8_0' as const] };
    const steps = [
      base, conditions, finance, level, bundled, merge, { ...level, id: 'quantize-2' }, evaluate,
    ]; // prettier-ignore
    const { result } = await bench.build(steps, [
      'base -> quantize',
      'quantize -> package',
      'conditions -> package',
      'finance -> package',
      'package -> evaluate',
      'base -> merge',
      'conditions -> merge',
      'merge -> quantize-2',
      'quantize-2 -> evaluate',
    ]);
    const run = await readRun(result.measured?.[0]?.path ?? '');
    expect(run.subjects.map(({ label, form }) => [label, form])).toEqual([
      ['seedling-4m-merged-Q8_0', 'merged'],
      ['seedling-4m-healthcare-Q8_0 + conditions', 'run-time'],
      ['seedling-4m-healthcare-Q8_0 + finance', 'run-time'],
    ]);
    expect(new Set(Object.values(run.referenceOf)).size).toBe(3);
    // At Q8_0 little is lost: compared with another adapter's model it would be a hundred times as much.
    for (const { kld } of run.measurements) expect(kld.mean.value).toBeLessThan(0.02);
  });

  it('compares a TIES merge with the merge in F32', async () => {
    const ties = { ...merge, method: 'ties' as const };
    const steps = [base, conditions, finance, ties, { ...quantize, levels: ['Q8_0' as const] }, evaluate]; // prettier-ignore
    const tiesWires = ['base -> merge', 'conditions -> merge', 'finance -> merge', 'merge -> quantize', 'quantize -> evaluate']; // prettier-ignore
    const { result } = await bench.build(steps, tiesWires);
    expect(result.measured?.[0]?.figures[0]?.kld.value).toBeLessThan(0.02);
  });

  it('goes on after a cancel: finished chunks and tensors are not computed again', async () => {
    const gated = { ...evaluate, gate: 10 };
    const controller = new AbortController();
    const cancelled = await failureOf(
      bench.build([base, quantize, gated], wires, {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.event === 'step' && event.node === 'evaluate' && (event.done ?? 0) > 500)
            controller.abort();
        },
      }),
    );
    expect(isAbort(cancelled)).toBe(true);
    expect(await readdir(bench.path('out'))).toContain('seedling-4m-Q2_K.gguf.partial');
    const again = await bench.build([base, quantize, gated], wires);
    expect(again.result.measured?.[0]?.passed).toBe(true);
    const reference = again.events.filter((event) => event.event === 'phase' && event.phase === 'Converting the reference'); // prettier-ignore
    expect(reference).toEqual([]);
  });

  it('refuses suites that nobody knows before anything is read', async () => {
    const wrong = { ...evaluate, suites: ['cooking'] };
    const error = await failureOf(bench.build([base, quantize, wrong], wires));
    expect(error.code).toBe('evaluation/unknown-suite');
    await expect(stat(bench.path('out'))).rejects.toThrow();
  });

  it('is planned: what would be measured, and what was', async () => {
    const recipe = { version: 1, nodes: [base, quantize, { ...evaluate, gate: 10 }], edges: [{ from: 'base', to: 'quantize' }, { from: 'quantize', to: 'evaluate' }] }; // prettier-ignore
    const plan = () =>
      planBuild(JSON.stringify(recipe), 'test', {
        ports: planningPorts(),
        folder: bench.folder,
        emit: () => undefined,
        signal: new AbortController().signal,
      });
    const before = await plan();
    const node = before.nodes.find((one) => one.node === 'evaluate');
    expect(node?.state).toBe('ready');
    expect(node?.facts).toEqual([
      { name: 'suites', value: 'conditions' },
      { name: 'gate', value: 'KLD ≤ 10' },
      { name: 'measures', value: '2 models, 1 text' },
    ]);
    const { result } = await bench.run(recipe as RecipeInput);
    const after = (await plan()).nodes.find((one) => one.node === 'evaluate');
    expect(after?.state).toBe('cached');
    expect(after?.measured).toEqual({ ...result.measured?.[0], reused: true });
  });
});

describe('an imatrix step with texts', () => {
  const imatrix = {
    id: 'imatrix',
    kind: 'imatrix',
    texts: ['calibration.txt'],
    contextSize: 128,
    chunks: 4,
  } satisfies RecipeInput['nodes'][number];
  const collected = [base, imatrix, quantize];
  const collectedWires = ['base -> quantize', 'imatrix -> quantize'];

  async function writeCalibration(): Promise<string> {
    const lines = Array.from({ length: 400 }, (_, index) => `Line ${index} of a calibration text about the weather in the mountains.\n`); // prettier-ignore
    await writeFile(bench.path('calibration.txt'), lines.join(''));
    return bench.path('calibration.txt');
  }

  it('collects what the command collects, once, and says in the file how', async () => {
    const text = await writeCalibration();
    const first = await bench.build(collected, collectedWires);
    const [kept = ''] = (await readdir(bench.path('home', 'matrices'))).filter((name) => name.endsWith('.gguf')); // prettier-ignore
    const own = bench.path('own.gguf');
    const params = imatrixParams.parse({
      model: { path: bench.path('seedling-4m') },
      texts: [{ id: 'text-1', title: 'calibration.txt', paths: [text] }],
      output: own,
      contextSize: 128,
      chunks: 4,
    });
    await collectImatrix(params, { signal: new AbortController().signal, emit: () => undefined });
    const [ours, theirs] = await Promise.all([readFile(bench.path('home', 'matrices', kept)), readFile(own)]); // prettier-ignore
    expect(Buffer.compare(ours, theirs)).toBe(0);
    const file = await bench.open('out', 'seedling-4m-Q2_K.gguf');
    await file.close();
    const recipe = JSON.parse(readProvenance(file.metadata)?.recipe ?? '{}') as RecipeInput;
    expect(recipe.nodes.find(({ id }) => id === 'imatrix')).toMatchObject({
      texts: ['calibration.txt'],
      contextSize: 128,
      chunks: 4,
      processOutput: false,
      parseSpecial: false,
      textsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    const names = file.metadata.map(({ key }) => key).filter((key) => key.includes('imatrix'));
    expect(names).toContain('quantize.imatrix.file');

    const second = await bench.build(collected, collectedWires);
    expect(second.reused).toEqual(first.written);
    expect(second.events).toContainEqual({ event: 'step', node: 'imatrix', state: 'reused' });
    // The file's own recipe builds it again.
    await rm(bench.path('out'), { recursive: true });
    const again = await bench.run(recipe);
    expect(again.result.files[0]?.sha256).toBe(first.result.files[0]?.sha256);
  });

  it('has its files planned at their exact sizes before it is collected', async () => {
    await writeCalibration();
    const recipe = { version: 1, nodes: collected, edges: [{ from: 'base', to: 'quantize' }, { from: 'imatrix', to: 'quantize' }] }; // prettier-ignore
    const plan = await planBuild(JSON.stringify(recipe), 'test', {
      ports: planningPorts(),
      folder: bench.folder,
      emit: () => undefined,
      signal: new AbortController().signal,
    });
    expect(plan.nodes.find(({ node }) => node === 'imatrix')?.state).toBe('ready');
    const { result } = await bench.run(recipe as RecipeInput);
    expect(plan.outputs.map(({ bytes }) => bytes)).toEqual(result.files.map(({ bytes }) => bytes));
  });

  it('refuses to calibrate on what is measured, before anything is computed', async () => {
    const text = 'The weather in the mountains changes faster than any forecast can tell you.\n';
    await writeFile(bench.path('calibration.txt'), text.repeat(40));
    await writeFile(bench.path('held-out.txt'), `Something else.\n${text.repeat(40)}`);
    const suites = { version: 1, suites: [{ id: 'mine', title: 'Mine', description: '', kind: 'prose', texts: ['held-out.txt'] }] }; // prettier-ignore
    await writeFile(bench.path('evaluation_suites.json'), JSON.stringify(suites));
    const steps = [...collected, { ...evaluate, suites: ['mine'] }];
    const all = [...collectedWires, 'quantize -> evaluate'];
    const error = await failureOf(bench.build(steps, all));
    expect(error.code).toBe('evaluation/overlap');
    expect(error.message).toContain('held-out.txt');
    await expect(stat(bench.path('home', 'matrices'))).rejects.toThrow();
    await expect(stat(bench.path('out'))).rejects.toThrow();
  });
});
