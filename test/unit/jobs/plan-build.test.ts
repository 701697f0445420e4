// What a plan says against what the build that follows does, on Seedling with llama.cpp's real dry run.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planningPorts } from '#electron/factory/methods/plan-build.ts';
import type { BuildPlan } from '#src/contract/build-plan.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import { planBuild } from '#src/jobs/plan-build.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { buildRecipe } from '#test/helpers/build-recipe.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';

const { base, conditions, anatomy, merge, bundled, merged, family } = seedlingNodes;
const quantize = { ...seedlingNodes.quantize, levels: [...seedlingNodes.quantize.levels] };
const bundledNodes = [base, conditions, anatomy, quantize, bundled, family];
const bundledWires = ['base -> quantize', 'quantize -> package', 'conditions -> package', 'anatomy -> package', 'package -> family']; // prettier-ignore
const mergedNodes = [base, conditions, anatomy, merge, quantize, merged];
const mergedWires = ['base -> merge', 'conditions -> merge', 'anatomy -> merge', 'merge -> quantize', 'quantize -> package']; // prettier-ignore

let bench: BuildBench;
beforeEach(async () => void (bench = await BuildBench.open()));
afterEach(() => bench.close());

function planText(text: string): Promise<BuildPlan> {
  return planBuild(text, 'r', {
    ports: planningPorts(),
    folder: bench.folder,
    emit: () => undefined,
    signal: new AbortController().signal,
  });
}

function plan(nodes: RecipeInput['nodes'], wires: readonly string[]): Promise<BuildPlan> {
  return planText(JSON.stringify(buildRecipe(nodes, wires)));
}

const statesOf = ({ nodes }: BuildPlan) =>
  Object.fromEntries(nodes.map(({ node, state }) => [node, state]));
const problemOf = ({ nodes }: BuildPlan, id: string) =>
  nodes.find(({ node }) => node === id)?.problem?.message;

/** Every file below the bench's folder but the studio's home, with its times. */
async function snapshot(): Promise<string[]> {
  const names = await readdir(bench.folder, { recursive: true });
  const own = names.filter((name) => name !== 'home' && !name.startsWith('home/')).sort();
  return Promise.all(
    own.map(async (name) => `${name} ${(await stat(bench.path(name))).mtimeMs.toString()}`),
  );
}

describe('planning a build', () => {
  it.each([
    ['bundled', bundledNodes, bundledWires],
    ['merged', mergedNodes, mergedWires],
  ] as const)('tells the exact sizes that building writes: %s', async (_, nodes, wires) => {
    const before = await snapshot();
    const planned = await plan([...nodes], wires);
    expect(await snapshot()).toEqual(before);
    expect(new Set(planned.outputs.map(({ state }) => state))).toEqual(new Set(['new']));
    expect(planned.nodes.every(({ state }) => state === 'ready')).toBe(true);
    const { result } = await bench.build([...nodes], wires);
    const figures = (file: { path: string; bytes: number; bitsPerWeight: number }) => ({
      path: file.path,
      bytes: file.bytes,
      bitsPerWeight: file.bitsPerWeight,
    });
    expect(planned.outputs.map(figures)).toEqual(result.files.map(figures));
    const total = result.files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(planned.writesBytes).toBe(total);
    expect(planned.disks.map(({ writesBytes }) => writesBytes)).toEqual([total]);
    const again = await plan([...nodes], wires);
    expect(new Set(again.outputs.map(({ state }) => state))).toEqual(new Set(['current']));
    expect(new Set(Object.values(statesOf(again)))).toEqual(new Set(['cached']));
    expect(again).toMatchObject({ writesBytes: 0, readsBytes: 0, disks: [] });
  });

  it('says what each source is', async () => {
    const { nodes } = await plan(bundledNodes, bundledWires);
    const facts = (id: string) => nodes.find(({ node }) => node === id)?.facts;
    expect(facts('base')).toEqual([
      { name: 'architecture', value: 'llama' },
      { name: 'parameters', value: expect.stringMatching(/^4\.\d\d M$/) as string },
      { name: 'source', value: expect.stringMatching(/^(BF16|F16|F32) · [\d.]+ MB$/) as string },
    ]);
    expect(facts('conditions')?.[0]).toEqual({
      name: 'rank',
      value: expect.stringMatching(/^\d+ · α \d+$/) as string,
    });
  });

  it('knows the time before anything was built, and memory from the writer', async () => {
    const first = await plan(bundledNodes, bundledWires);
    expect(first.estimatedSeconds).toBeGreaterThan(0);
    expect(first.freeMemoryBytes).toBeGreaterThan(0);
    await bench.build(bundledNodes, bundledWires);
    const more = { ...quantize, levels: ['Q2_K' as const] };
    const next = await plan([base, conditions, anatomy, more, bundled, family], bundledWires);
    expect(next.estimatedSeconds).toBeGreaterThan(0);
    expect(next.estimatedSeconds).toBeLessThan(60);
    const many = { ...quantize, levels: ['Q2_K' as const, 'Q5_K_M' as const, 'F32' as const] };
    const wide = await plan([base, conditions, anatomy, many, bundled, family], bundledWires);
    expect(wide.peakMemoryBytes).toBeGreaterThan(next.peakMemoryBytes);
  });

  it('tells what an interrupted run left, and a file that is not ours', async () => {
    const stop = new AbortController();
    const cancelled = bench.build(bundledNodes, bundledWires, {
      signal: stop.signal,
      onEvent(event) {
        const isHalf = event.event === 'progress' && event.detail !== undefined && event.done > event.total / 2; // prettier-ignore
        if (isHalf) stop.abort(new StudioError('cancelled', 'Cancelled.'));
      },
    });
    await expect(cancelled).rejects.toThrow();
    const { outputs, writesBytes } = await plan(bundledNodes, bundledWires);
    expect(outputs.map(({ state }) => state)).toEqual(['resumable', 'resumable']);
    expect(writesBytes).toBeLessThan(outputs.reduce((sum, { bytes }) => sum + bytes, 0));
    // Without adapters the tensors lie elsewhere in the file: nothing can be gone on with.
    const path = bench.path('seedling-4m-Q8_0.gguf');
    await writeFile(path, 'not ours');
    const bare = await plan([base, quantize], ['base -> quantize']);
    expect(bare.outputs.map(({ state }) => state)).toEqual(['new', 'exists']);
    expect(await readFile(path, 'utf8')).toBe('not ours');
  });
});

describe('a broken node', () => {
  const business = { ...bundled, id: 'business', domain: 'business' };

  it('is invalid with its reason, and the rest is planned as without it', async () => {
    const sound = await plan(bundledNodes, bundledWires);
    const missing = { ...conditions, id: 'lost', path: 'adapters/none' };
    const planned = await plan(
      [...bundledNodes, missing, business],
      [...bundledWires, 'quantize -> business', 'lost -> business'],
    );
    expect(problemOf(planned, 'lost')).toMatch(/adapters\/none/);
    expect(statesOf(planned)).toMatchObject({
      lost: 'invalid',
      business: 'ready',
      package: 'ready',
    });
    expect(planned.outputs).toEqual(sound.outputs);
  });

  it('that does not fit its base names the first tensor that differs', async () => {
    const foreign = { ...conditions, id: 'foreign', path: 'adapters-gpt2/conditions' };
    const planned = await plan(
      [...bundledNodes, foreign, business],
      [...bundledWires, 'quantize -> business', 'foreign -> business'],
    );
    expect(problemOf(planned, 'foreign')).toMatch(/does not fit .*"/);
    expect(planned.outputs.map(({ node }) => node)).toEqual(['package', 'package']);
  });

  it('of a merge leaves the merge out, and other passes in', async () => {
    const foreign = { ...conditions, id: 'foreign', path: 'adapters-gpt2/conditions' };
    const plain = { ...quantize, id: 'plain', folder: 'plain' };
    const planned = await plan(
      [base, foreign, merge, quantize, plain],
      ['base -> merge', 'foreign -> merge', 'merge -> quantize', 'base -> plain'],
    );
    expect(planned.outputs.map(({ quantizeNode }) => quantizeNode)).toEqual(['plain', 'plain']);
    expect(statesOf(planned)).toMatchObject({ foreign: 'invalid', merge: 'ready' });
  });

  it('may be a base that is a companion: refused where a parent is made of it, in the plan and in the build', async () => {
    const vocoder = buildGguf({
      metadata: [stringEntry('general.architecture', 'wavtokenizer-dec')],
      tensors: [{ name: 'token_embd.weight', shape: [32, 32] }],
    });
    await writeFile(bench.path('vocoder.gguf'), vocoder);
    const nodes = [{ ...base, path: 'vocoder.gguf' }, conditions, quantize, bundled];
    const wires = ['base -> quantize', 'quantize -> package', 'conditions -> package'];
    const planned = await plan(nodes, wires);
    expect(problemOf(planned, 'base')).toMatch(/a vocoder .* a companion and not a parent/);
    expect(planned.outputs).toEqual([]);
    await expectRefusal(bench.build(nodes, wires), 'companion/mismatch', /not a parent/);
  });

  it('may be a level alone: the other levels are planned', async () => {
    const levels = { ...quantize, levels: ['Q8_0' as const, 'IQ2_XS' as const] };
    const planned = await plan([base, levels], ['base -> quantize']);
    expect(planned.outputs.map(({ level }) => level)).toEqual(['Q8_0']);
    expect(problemOf(planned, 'quantize')).toMatch(/IQ2_XS|importance matrix/);
  });

  it('may be wired wrongly, malformed, or write what another writes', async () => {
    const unwired = await plan([base, quantize, { ...bundled, id: 'empty' }], ['base -> quantize']);
    expect(problemOf(unwired, 'empty')).toMatch(/needs one quantize step/);
    expect(unwired.outputs).toHaveLength(2);
    const malformed = { ...buildRecipe(bundledNodes, bundledWires) };
    const text = JSON.stringify(malformed).replace('"form":"bundled"', '"form":"glued"');
    const planned = await planText(text);
    expect(problemOf(planned, 'package')).toMatch(/glued/);
    // The levels go into that package only: no files of their own appear instead.
    expect(planned.outputs).toEqual([]);
    const twin = { ...quantize, id: 'twin' };
    const twice = await plan([base, quantize, twin], ['base -> quantize', 'base -> twin']);
    expect(problemOf(twice, 'twin')).toMatch(/both write/);
    expect(twice.outputs.map(({ quantizeNode }) => quantizeNode)).toEqual(['quantize', 'quantize']);
  });

  it('may be every node; only what is no recipe is refused', async () => {
    await mkdir(bench.path('nothing'));
    const planned = await plan([{ ...base, path: 'nothing' }, quantize], ['base -> quantize']);
    expect(planned.outputs).toEqual([]);
    expect(problemOf(planned, 'base')).toMatch(/holds no model/);
    expect(await planText('{"version":1,"nodes":[],"edges":[]}')).toMatchObject({ nodes: [], outputs: [] }); // prettier-ignore
    await expectRefusal(planText('{"version":1,"nodes":{}}'), 'recipe/invalid', /nodes/);
    await expectRefusal(planText('nonsense'), 'recipe/invalid');
  });
});

describe('the time that a plan takes', () => {
  it('is short the second time', async () => {
    await plan(bundledNodes, bundledWires);
    const start = processorMilliseconds();
    await plan(bundledNodes, bundledWires);
    // 300 ms are wanted on two idle cores.
    expect(processorMilliseconds() - start).toBeLessThan(1500);
  });
});
