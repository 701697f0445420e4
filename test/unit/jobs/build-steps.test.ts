// Step events of real builds: every node ends, figures reach their total, and a failure is put on the node at fault.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';

type Step = Extract<StageEvent, { event: 'step' }>;
const { base, conditions, anatomy, merge, bundled, merged, family } = seedlingNodes;
const quantize = { ...seedlingNodes.quantize, levels: [...seedlingNodes.quantize.levels] };
const bundledNodes = [base, conditions, anatomy, quantize, bundled, family];
const bundledWires = ['base -> quantize', 'quantize -> package', 'conditions -> package', 'anatomy -> package', 'package -> family']; // prettier-ignore

let bench: BuildBench;
beforeEach(async () => void (bench = await BuildBench.open()));
afterEach(() => bench.close());

/** Every step's events, by `node` or `node level`. */
function stepsOf(events: readonly StageEvent[]): Map<string, Step[]> {
  const steps = new Map<string, Step[]>();
  for (const event of events) {
    if (event.event !== 'step') continue;
    const key = event.level === undefined ? event.node : `${event.node} ${event.level}`;
    steps.set(key, [...(steps.get(key) ?? []), event]);
  }
  return steps;
}

function lastStates(events: readonly StageEvent[]): Record<string, string | undefined> {
  return Object.fromEntries([...stepsOf(events)].map(([key, steps]) => [key, steps.at(-1)?.state]));
}

async function failing(
  nodes: RecipeInput['nodes'],
  wires: readonly string[],
): Promise<{ code: string; states: Record<string, string | undefined> }> {
  const events: StageEvent[] = [];
  const error: unknown = await bench.build(nodes, wires, { onEvent: (event) => events.push(event) }).then(() => undefined, (reason: unknown) => reason); // prettier-ignore
  if (!(error instanceof StudioError)) throw new Error('Expected a refusal');
  return { code: error.code, states: lastStates(events) };
}

describe('step events', () => {
  it('lead every node from waiting over running to done, and figures to their total', async () => {
    const { events, result } = await bench.build(bundledNodes, bundledWires);
    const steps = stepsOf(events);
    const levels = ['quantize Q4_K_M', 'quantize Q8_0'];
    expect([...steps.keys()]).toEqual([
      'base', 'conditions', 'anatomy', ...levels, 'package', 'family',
    ]); // prettier-ignore
    for (const [key, own] of steps) {
      expect([...new Set(own.map(({ state }) => state))], key).toEqual(['waiting', 'running', 'done']); // prettier-ignore
      const figures = own.flatMap(({ done, total }) => (done === undefined ? [] : [{ done, total }])); // prettier-ignore
      for (const [index, { done }] of figures.entries())
        expect(done).toBeGreaterThanOrEqual(figures[index - 1]?.done ?? 0);
      if (figures.length > 0) expect(figures.at(-1)?.done, key).toBe(figures.at(-1)?.total);
    }
    for (const [index, level] of levels.entries()) {
      const total = steps.get(level)?.at(-1)?.total ?? 0;
      const bytes = result.files[index]?.bytes ?? 0;
      expect(total).toBeGreaterThan(0);
      expect(total).toBeLessThan(bytes);
    }
  });

  it('say reused for everything that a record proves current', async () => {
    await bench.build(bundledNodes, bundledWires);
    const { events } = await bench.build(bundledNodes, bundledWires);
    expect(lastStates(events)).toEqual({
      base: 'done',
      conditions: 'done',
      anatomy: 'done',
      'quantize Q4_K_M': 'reused',
      'quantize Q8_0': 'reused',
      package: 'reused',
      family: 'reused',
    });
  });

  it('follow a merge while its levels stream, and an evaluate step by its own', async () => {
    const evaluate = { id: 'evaluate', kind: 'evaluate', contextSize: 64, chunks: 1 } as const;
    const { events } = await bench.build(
      [base, conditions, anatomy, merge, quantize, merged, evaluate],
      ['base -> merge', 'conditions -> merge', 'anatomy -> merge', 'merge -> quantize', 'quantize -> package', 'package -> evaluate'], // prettier-ignore
    );
    const steps = stepsOf(events);
    expect(steps.get('merge')?.at(-1)?.state).toBe('done');
    const measured = steps.get('evaluate') ?? [];
    expect(new Set(measured.map(({ state }) => state))).toEqual(
      new Set(['waiting', 'running', 'done']),
    );
    const done = measured.flatMap((step) => step.done ?? []);
    expect(done.at(-1)).toBe(2_000);
    expect(done).toEqual([...done].sort((left, right) => left - right));
    const again = await bench.build(
      [base, conditions, anatomy, merge, quantize, merged],
      ['base -> merge', 'conditions -> merge', 'anatomy -> merge', 'merge -> quantize', 'quantize -> package'], // prettier-ignore
    );
    expect(again.written).toEqual([]);
  });

  it('put a failure on the node at fault', async () => {
    const missing = { ...conditions, path: 'adapters/none' };
    expect(await failing([base, missing, quantize, bundled], ['base -> quantize', 'quantize -> package', 'conditions -> package'])).toMatchObject({
      code: 'io/not-found',
      states: { conditions: 'failed', package: 'waiting' },
    }); // prettier-ignore
    const foreign = { ...conditions, path: 'adapters-gpt2/conditions' };
    expect(await failing([base, foreign, quantize, bundled], ['base -> quantize', 'quantize -> package', 'conditions -> package'])).toMatchObject({
      code: 'adapter/wrong-base',
      states: { base: 'done', conditions: 'failed', 'quantize Q8_0': 'waiting' },
    }); // prettier-ignore
    const needsMatrix = { ...quantize, levels: ['Q8_0' as const, 'IQ2_XS' as const] };
    expect(await failing([base, needsMatrix], ['base -> quantize'])).toMatchObject({
      code: 'quantize/needs-imatrix',
      states: { 'quantize Q8_0': 'waiting', 'quantize IQ2_XS': 'failed' },
    });
  });

  it('put a failure that shows after hashing on the source, and a taken name on its owner', async () => {
    const config = bench.path('seedling-4m', 'config.json');
    const text = await readFile(config, 'utf8');
    await writeFile(config, '{"architectures":["Nothing"]}');
    const refused = await failing([base, quantize], ['base -> quantize']);
    expect(refused.states).toMatchObject({ base: 'failed' });
    await writeFile(config, text);
    const taken = bench.path('seedling-4m-Q8_0.gguf');
    await writeFile(taken, 'not ours');
    expect(await failing([base, quantize], ['base -> quantize'])).toMatchObject({
      code: 'output/exists',
      states: { 'quantize Q8_0': 'failed', 'quantize Q4_K_M': 'waiting' },
    });
    await rm(taken);
  });

  it('go on where a cancelled build stopped and blame nobody for cancelling', async () => {
    const stop = new AbortController();
    const events: StageEvent[] = [];
    const cancelled = bench.build(bundledNodes, bundledWires, {
      signal: stop.signal,
      onEvent(event) {
        events.push(event);
        const isHalf = event.event === 'progress' && event.detail !== undefined && event.done > event.total / 2; // prettier-ignore
        if (isHalf) stop.abort(new StudioError('cancelled', 'Cancelled.'));
      },
    });
    await expect(cancelled).rejects.toThrow();
    expect(Object.values(lastStates(events))).not.toContain('failed');
    const { events: rest } = await bench.build(bundledNodes, bundledWires);
    const level = stepsOf(rest).get('quantize Q8_0') ?? [];
    const firstRunning = level.find(({ state }) => state === 'running');
    expect(firstRunning?.done).toBeGreaterThan(0);
    expect(level.at(-1)?.done).toBe(level.at(-1)?.total);
    expect(new Set(Object.values(lastStates(rest)))).toEqual(new Set(['done']));
  });
});
