// Seeded damage through everything that reads what others made: files through the factory host (inspect, and loading in a
// child that is reused until it dies), recipes and manifests (requests: hostile-http). No crash of what must not crash, no hang, bounded memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { openHost, type OpenHost } from '#src/io/open-host.ts';
import { planRecipe } from '#src/recipe/plan.ts';
import { decodeRecipe } from '#src/recipe/recipe-file.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';
import { createRouter } from '#src/routing/router.ts';
import { mutate, type Random } from '#test/fuzz/mutations.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';
import { seedlingFolder } from '#test/helpers/run-studio.ts';
import { damagedText } from './damaged-text.ts';
import { longest, orHangs, peakMemory, program, startKillable } from './killable.ts';
import { casesOf, report, type FaultCase, type FaultCases } from './share.ts';

const mebibyte = 2 ** 20;

let folder = '';
let model: Uint8Array;
let headerBytes = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-mutations-'));
  for (const words of [
    ['library', '--quiet'],
    ['quantize', 'home/seedling/seedling-4m', 'model.gguf', 'Q4_K_M'],
  ]) {
    const { code, text } = await startKillable([program, ...words], folder).ended;
    if (code !== 0) throw new Error(text);
  }
  model = new Uint8Array(readFileSync(join(folder, 'model.gguf')));
  headerBytes = (await readGgufHeader(memoryByteSource(model, 'model'))).dataOffset;
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Most damage goes where the counts, lengths and offsets are. */
function damagedModel(random: Random): Uint8Array {
  if (random.below(5) === 0) return mutate(model, random);
  const part = random.below(2) === 0 ? Math.min(headerBytes, 4_000) : headerBytes;
  const head = mutate(model.subarray(0, part), random, model.subarray(0, headerBytes));
  const whole = new Uint8Array(head.length + model.length - part);
  whole.set(head);
  whole.set(model.subarray(part), head.length);
  return whole;
}

const openFactory = () =>
  openHost(factoryContract, {
    name: 'factory',
    environment: { GGUF_STUDIO_HOME: join(folder, 'home') },
  });

interface HostFigures {
  readonly outcomes: Record<string, number>;
  crashes: number;
  slowest: number;
  peakMebibytes: number;
}

/** Runs cases through one method of a host; a call that lasts too long is a hang, and the host is ended. */
async function throughHost(
  cases: FaultCases,
  ask: (host: OpenHost<FactoryContract>, path: string) => Promise<string>,
): Promise<HostFigures> {
  const figures: HostFigures = { outcomes: {}, crashes: 0, slowest: 0, peakMebibytes: 0 };
  const host = openFactory();
  try {
    for (const { random, name } of cases) {
      const path = join(folder, 'damaged.gguf');
      writeFileSync(path, damagedModel(random));
      const start = performance.now();
      const outcome = await timed(host, ask(host, path));
      const took = performance.now() - start;
      expect(outcome, `${name} computes for more than ${longest} ms`).not.toBe('hangs');
      expect(outcome, name).not.toMatch(/^(?:internal|unexpected)/);
      if (outcome === 'native/crashed') figures.crashes++;
      figures.outcomes[outcome] = (figures.outcomes[outcome] ?? 0) + 1;
      figures.slowest = Math.max(figures.slowest, Math.round(took));
      const peak = Math.round(peakMemory(host.process?.processId) / mebibyte);
      figures.peakMebibytes = Math.max(figures.peakMebibytes, peak);
      expect(peak, `${name}: MiB`).toBeLessThan(1_500);
    }
    return figures;
  } finally {
    await host.dispose();
  }
}

async function timed(host: OpenHost<FactoryContract>, asked: Promise<string>): Promise<string> {
  const answer = asked.catch((error: unknown) =>
    error instanceof StudioError ? error.code : `unexpected ${String(error)}`,
  );
  const outcome = await orHangs(answer, () => host.process?.processId);
  if (outcome === 'hangs') {
    host.process?.kill();
    await answer;
  }
  return outcome;
}

describe('damaged model files', () => {
  it('are inspected or refused, by one process that never ends', async () => {
    const cases = casesOf('inspect');
    const figures = await throughHost(cases, async (host, path) => {
      await host.call('inspect', { path });
      return 'accepted';
    });
    expect(figures.crashes).toBe(0);
    report('mutations inspect', cases, { ...figures });
  }, 3_600_000);

  it('are diagnosed, every one, by one process that never ends', async () => {
    const cases = casesOf('diagnose');
    const figures = await throughHost(cases, async (host, path) => {
      const { findings } = await host.call('diagnose', { path, depth: 'full' });
      return findings.length === 0 ? 'nothing found' : 'damage found';
    });
    expect(figures.crashes).toBe(0);
    report('mutations diagnose', cases, { ...figures });
  }, 3_600_000);

  it('are loaded or refused, in a process that is reused until it dies', async () => {
    const cases = casesOf('load');
    const figures = await throughHost(cases, async (host, path) => {
      const report = await host.call('validate', { path, depth: 'full', threads: 1 });
      return report.passed ? 'accepted' : 'failed its checks';
    });
    report('mutations load', cases, { ...figures });
  }, 3_600_000);
});

describe('damaged texts', () => {
  const refusal = (run: () => unknown, { name }: FaultCase): string => {
    const before = process.cpuUsage();
    try {
      run();
      return 'accepted';
    } catch (error) {
      if (!(error instanceof StudioError)) throw new Error(name, { cause: error });
      expect(error.code, name).not.toBe('internal');
      return error.code;
    } finally {
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000, name).toBeLessThan(longest);
    }
  };
  const count = (outcomes: readonly string[]) =>
    Object.fromEntries([...new Set(outcomes)].map((one) => [one, outcomes.filter((other) => other === one).length])); // prettier-ignore

  it('of recipes are refused with a reason, or planned', () => {
    const recipe = readFileSync(join(seedlingFolder, 'seedling.recipe.json'));
    const cases = casesOf('recipe');
    const outcomes = Array.from(cases, (one) =>
      refusal(
        () => planRecipe(decodeRecipe(damagedText(recipe, one.random), 'r').recipe, 'r'),
        one,
      ),
    );
    report('mutations recipe', cases, { outcomes: count(outcomes) });
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  });

  it('of manifests are refused with a reason, or checked and routed by', async () => {
    const manifest = Buffer.from(JSON.stringify(buildRouterManifest(), null, 1));
    const cases = casesOf('manifest');
    const outcomes: string[] = [];
    for (const one of cases) {
      const text = Buffer.from(damagedText(manifest, one.random)).toString('utf8');
      let parsed: ReturnType<typeof parseManifest> | undefined;
      outcomes.push(refusal(() => checkManifest((parsed = parseManifest(text, 'm'))), one));
      if (parsed === undefined) continue;
      const router = await createRouter(parsed).catch((error: unknown) => {
        if (!(error instanceof StudioError)) throw new Error(one.name, { cause: error });
      });
      await router?.decide('My knee is swollen and hurts');
    }
    report('mutations manifest', cases, { outcomes: count(outcomes) });
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  });
});
