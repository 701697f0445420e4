// Builds that do not end well: cancelled, refused, killed, two at once. What has a final name is always whole, and the
// next build goes on.
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { isAbort } from '#src/errors/studio-error.ts';
import { ensureOwnFolder } from '#src/io/studio-home.ts';
import type { FactoryPorts } from '#src/jobs/ports.ts';
import { newRecipeDocument } from '#src/recipe/recipe-file.ts';
import type { RecipeInput } from '#src/recipe/recipe-schema.ts';
import { BuildBench, seedlingNodes } from '#test/helpers/build-bench.ts';

const { base, conditions, merge, merged, bundled } = seedlingNodes;
const quantize = { ...seedlingNodes.quantize, levels: ['Q4_K_M' as const, 'Q8_0' as const] };
const nodes: RecipeInput['nodes'] = [base, conditions, quantize, bundled];
const wires = ['base -> quantize', 'quantize -> package', 'conditions -> package'];
const q4 = 'seedling-4m-healthcare-Q4_K_M.gguf';
const q8 = 'seedling-4m-healthcare-Q8_0.gguf';

let bench: BuildBench;
beforeEach(async () => void (bench = await BuildBench.open()));
afterEach(() => bench.close());

/** Hashes of an undisturbed build, made in another folder of the bench. */
async function expectedHashes(): Promise<(string | undefined)[]> {
  const elsewhere = nodes.map((node) =>
    node.id === 'package' ? { ...bundled, folder: 'expected' } : node,
  );
  const { result } = await bench.build(elsewhere, wires);
  return result.files.map(({ sha256 }) => sha256);
}

describe('a cancelled build', () => {
  it('ends as cancelled, leaves nothing under a final name, and goes on when it is run again', async () => {
    const expected = await expectedHashes();
    const controller = new AbortController();
    const onEvent = (event: StageEvent) => {
      if (event.event === 'progress' && event.done > 3_000_000 && event.detail?.includes('blk.2'))
        controller.abort();
    };
    const failure = await bench
      .build(nodes, wires, { signal: controller.signal, onEvent })
      .catch((error: unknown) => error);
    expect(isAbort(failure)).toBe(true);
    expect((await readdir(bench.path('out'))).filter((name) => name.endsWith('.gguf'))).toEqual([]);
    const { result, events } = await bench.build(nodes, wires);
    expect(result.files.map(({ sha256 }) => sha256)).toEqual(expected);
    const resumed = events.filter(
      (event) => event.event === 'notice' && /going on with an interrupted run/.test(event.message),
    );
    expect(resumed.length).toBeGreaterThan(0);
    expect((await readdir(bench.path('out'))).sort()).toEqual([q4, q8]);
  });

  it('removes its temporary files', async () => {
    const controller = new AbortController();
    const onEvent = (event: StageEvent) =>
      event.event === 'progress' && event.detail !== undefined && controller.abort();
    await bench.build(nodes, wires, { signal: controller.signal, onEvent }).catch(() => undefined);
    expect(
      (await readdir(bench.path('home', 'temporary'))).filter((name) => name.startsWith('build-')),
    ).toEqual([]);
  });
});

describe('temporary files', () => {
  const temporary = async (kind: string) =>
    (await readdir(bench.path('home', 'temporary'))).filter((name) => name.startsWith(`${kind}-`));

  it('are removed after a build, or kept when asked to, also by later builds', async () => {
    await bench.build(nodes, wires);
    expect(await temporary('build')).toEqual([]);
    await rm(bench.path('out'), { recursive: true });
    await bench.build(nodes, wires, { keepTemp: true });
    await rm(bench.path('out'), { recursive: true });
    await bench.build(nodes, wires);
    const [name = ''] = await temporary('kept');
    expect(await readdir(bench.path('home', 'temporary', name))).toContain('adapter-1.gguf');
  });

  it('of a killed build are removed by the next; what is not marked as ours never is', async () => {
    const { pid = 0 } = spawnSync(process.execPath, ['-e', '']);
    const parent = bench.path('home', 'temporary');
    await ensureOwnFolder(join(parent, `build-${pid}-00000000`));
    await mkdir(join(parent, `build-${pid}-11111111`), { recursive: true });
    await writeFile(join(parent, `build-${pid}-11111111`, 'precious.txt'), 'x');
    await bench.build(nodes, wires);
    expect(await temporary('build')).toEqual([`build-${pid}-11111111`]);
  });
});

describe('a file that its check refuses', () => {
  it('is kept as rejected, without its final name; the others are finished and recorded', async () => {
    const ports: FactoryPorts = {
      ...bench.ports,
      async validate(path, options, emit) {
        const report = await bench.ports.validate(path, options, emit);
        if (!path.includes('Q4_K_M')) return report;
        const failed = {
          check: 'generation' as const,
          status: 'failed' as const,
          summary: 'It prints one token for ever.',
          evidence: {},
          seconds: 0,
        };
        return { ...report, passed: false, checks: [...report.checks, failed] };
      },
    };
    await expect(bench.build(nodes, wires, { ports })).rejects.toMatchObject({
      code: 'validate/failed',
      message: expect.stringMatching(
        /Q4_K_M\.gguf: generation: It prints one token for ever\./,
      ) as string,
    });
    expect((await readdir(bench.path('out'))).sort()).toEqual([`${q4}.rejected`, q8]);
    const { written, reused } = await bench.build(nodes, wires);
    expect([written, reused]).toEqual([[q4], [q8]]);
  });
});

describe('a build whose record was lost', () => {
  it('takes the finished files over after checking every byte', async () => {
    const { result } = await bench.build(nodes, wires);
    await rm(bench.path('home', 'store'), { recursive: true });
    const again = await bench.build(nodes, wires);
    expect(again.reused).toEqual([q4, q8]);
    expect(again.result.files.map(({ sha256 }) => sha256)).toEqual(
      result.files.map(({ sha256 }) => sha256),
    );
  });

  it('builds a file anew that is not what it says', async () => {
    const { result } = await bench.build(nodes, wires);
    await rm(bench.path('home', 'store'), { recursive: true });
    const bytes = await readFile(bench.path('out', q4));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(bench.path('out', q4), bytes);
    const again = await bench.build(nodes, wires);
    expect([again.written, again.reused]).toEqual([[q4], [q8]]);
    expect(again.result.files[0]?.sha256).toBe(result.files[0]?.sha256);
  });
});

describe('a source that changes while it is built from', () => {
  it('ends the build before anything gets a final name', async () => {
    const config = bench.path('seedling-4m', 'generation_config.json');
    let isChanged = false;
    const onEvent = (event: StageEvent) => {
      if (event.event !== 'progress' || event.detail?.includes('blk.1') !== true || isChanged)
        return;
      isChanged = true;
      writeFileSync(config, '{"max_length": 7}');
    };
    await expect(bench.build(nodes, wires, { onEvent })).rejects.toMatchObject({
      code: 'io/failed',
      message: expect.stringContaining('changed while it was built from') as string,
    });
    const names = await readdir(bench.path('out'));
    expect(names.filter((name) => name.endsWith('.gguf'))).toEqual([]);
    expect((await bench.build(nodes, wires)).written).toEqual([q4, q8]);
  });
});

describe('two builds at once on the same output', () => {
  it('end with the same whole file: one writes it, the other waits its turn with a clear error or reuses it', async () => {
    const outcomes = await Promise.allSettled([
      bench.build(nodes, wires),
      bench.build(nodes, wires),
    ]);
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failures.length).toBeLessThan(2);
    for (const { reason } of failures) expect(reason).toMatchObject({ code: 'build/locked' });
    const { reused } = await bench.build(nodes, wires, { verifyReused: true });
    expect(reused).toEqual([q4, q8]);
  });
});

describe('a killed build', () => {
  const script = fileURLToPath(new URL('../../../dist/factory/factory-host.js', import.meta.url));
  const recipe = () => {
    const edges = [
      'base -> merge',
      'conditions -> merge',
      'merge -> quantize',
      'quantize -> package',
    ].map((wire) => {
      const [from = '', to = ''] = wire.split(' -> ');
      return { from, to };
    });
    return newRecipeDocument(
      { version: 1, nodes: [base, conditions, merge, quantize, merged], edges },
      'r',
    ).text;
  };

  /** Starts a build in a host process; resolves when it has ended, or has been killed after `milliseconds`. */
  function buildInHost(
    milliseconds: number | undefined,
  ): Promise<{ result?: unknown; error?: unknown }> {
    return new Promise((resolve) => {
      const host: ChildProcess = fork(script, [], {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'json',
      });
      const timer =
        milliseconds === undefined
          ? undefined
          : setTimeout(() => host.kill('SIGKILL'), milliseconds);
      let outcome: { result?: unknown; error?: unknown } = {};
      host.on('message', (message: { type: string; result?: unknown; error?: unknown }) => {
        if (message.type === 'ready') {
          const params = {
            recipe: recipe(),
            label: 'killed',
            folder: bench.folder,
            validate: false,
          };
          host.send({ type: 'call', id: 1, method: 'build', params });
        }
        if (message.type !== 'result' && message.type !== 'error') return;
        outcome = message;
        host.kill('SIGKILL');
      });
      host.on('exit', () => {
        clearTimeout(timer);
        resolve(outcome);
      });
    });
  }

  it('leaves only whole files at 20 random moments, and the next build completes', async () => {
    const start = performance.now();
    const { result } = await buildInHost(undefined);
    const duration = performance.now() - start;
    const expected = (result as { files: { sha256: string }[] }).files.map(({ sha256 }) => sha256);
    await rm(bench.path('out'), { recursive: true });
    // Fixed fractions of the whole time spread the moments evenly; machines differ enough to make them random.
    for (let moment = 0; moment < 20; moment++) {
      await buildInHost(duration * ((moment + 0.5) / 20));
      const names = await readdir(bench.path('out')).catch(() => []);
      for (const name of names.filter((each) => each.endsWith('.gguf'))) {
        const report = await bench.ports.validate(
          bench.path('out', name),
          { depth: 'structure', signal: new AbortController().signal },
          () => undefined,
        );
        expect(report.passed, `${name} after a kill at moment ${moment}`).toBe(true);
      }
      const { result: completed, error } = await buildInHost(undefined);
      expect(error).toBeUndefined();
      expect(
        (completed as { files: { sha256: string }[] }).files.map(({ sha256 }) => sha256),
      ).toEqual(expected);
      await rm(bench.path('out'), { recursive: true });
      await rm(bench.path('home', 'store', 'records'), { recursive: true });
    }
  }, 180_000);
});
