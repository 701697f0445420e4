// Timing real files in real processes. What a figure is depends on the machine; that it is there, and whose it is, does not.
import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import type { ParamsOf } from '#src/contract/contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { openHost } from '#src/io/open-host.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { childProcesses, seedlingFolder, studioFolder, waitFor } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const host = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: folder.path('home') },
});
const subject = (name: string) => ({ id: name, label: name, path: folder.path(`seedling-4m-${name}.gguf`) }); // prettier-ignore
const short = { promptTokens: 64, generatedTokens: 8, runs: 2, threads: 1 };

interface Watched {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StageEvent) => void;
}

function bench(params: ParamsOf<FactoryContract, 'benchSpeed'>, options: Watched = {}) {
  return host.call('benchSpeed', params, {
    ...options,
    onEvent: (event) => options.onEvent?.(event),
  });
}

/** Processes that the factory has started and that still live. */
const timers = () => childProcesses(host.process?.processId ?? 0);

beforeAll(async () => {
  const base = `${seedlingFolder}/seedling-4m`;
  const { code, stderr } = await folder.run('quantize', base, '--outdir', '.', '--levels', 'Q8_0,Q2_K'); // prettier-ignore
  if (code !== 0) throw new Error(stderr);
}, 60_000);

afterAll(async () => {
  await host.dispose();
  folder.remove();
});

describe('benchSpeed', () => {
  it('gives every figure of every file, each from a process of its own', async () => {
    const processes = new Set<number>();
    const watch = setInterval(() => timers().forEach((pid) => processes.add(pid)), 3);
    const progress: number[] = [];
    let total = 0;
    const { speed } = await bench(
      { ...short, subjects: [subject('Q8_0'), subject('Q2_K')] },
      {
        onEvent: (event) => {
          if (event.event === 'progress') [total] = [event.total, progress.push(event.done)];
        },
      },
    ).finally(() => clearInterval(watch));
    expect(processes.size).toBe(2);
    expect(timers()).toEqual([]);
    expect(speed.map((one) => one.subject)).toEqual(['Q8_0', 'Q2_K']);
    for (const one of speed) {
      const timings = [
        one.loadSeconds,
        one.promptTokensPerSecond,
        one.generationTokensPerSecond,
        one.firstTokenSeconds,
      ];
      for (const { low, median, high } of timings) {
        expect(low).toBeGreaterThan(0);
        expect(median).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(median);
        expect(Number.isFinite(high)).toBe(true);
      }
      const { bytes } = { bytes: statSync(subject(one.subject).path).size };
      // The whole file is mapped and was read.
      expect(one.peakRamBytes).toBeGreaterThan((one.processRamBytes ?? 0) + bytes);
      expect(one).toMatchObject({ runs: 2, threads: 1, device: 'CPU', promptTokens: 64 });
      expect(one.peakVramBytes).toBeUndefined();
    }
    expect(progress).toEqual(progress.toSorted((left, right) => left - right));
    expect(total).toBe(14);
    expect(progress.at(-1)).toBe(total);
  }, 60_000);

  it('refuses what cannot be timed before it times anything', async () => {
    const good = subject('Q8_0');
    const phases: string[] = [];
    const onEvent = (event: StageEvent) => {
      if (event.event === 'phase') phases.push(event.phase);
    };
    const refused = (bad: Partial<ParamsOf<FactoryContract, 'benchSpeed'>>) =>
      bench({ ...short, subjects: [good], ...bad }, { onEvent });
    await expectRefusal(refused({ promptTokens: 1025 }), 'usage/invalid', /trained on 1024 tokens/);
    await expectRefusal(refused({ contextSize: 32 }), 'usage/invalid', /context of 32/);
    const text = { ...good, id: 'text', path: `${seedlingFolder}/README.md` };
    await expectRefusal(refused({ subjects: [good, text] }), 'format/not-gguf', 'README.md');
    const directory = { ...good, id: 'folder', path: `${seedlingFolder}/seedling-4m` };
    await expectRefusal(refused({ subjects: [good, directory] }), 'usage/invalid', /is a folder/);
    const bundled = { ...good, adapters: [{ bundled: 'conditions', scale: 1 }] };
    await expectRefusal(refused({ subjects: [bundled] }), 'usage/invalid', /carries no adapter/);
    expect(phases).toEqual([]);
  }, 30_000);

  it('ends the timing process when it is cancelled', async () => {
    const stop = new AbortController();
    const running = bench(
      { ...short, generatedTokens: 1000, runs: 1000, subjects: [subject('Q8_0')] },
      { signal: stop.signal },
    );
    const [pid = 0] = await waitFor(() => timers().length > 0 && timers(), 'a timing process');
    stop.abort();
    await expectRefusal(running, 'cancelled');
    await waitFor(() => timers().length === 0, 'its end');
    expect(() => process.kill(pid, 0)).toThrow();
  }, 30_000);

  it('names the file whose process died, and lives on', async () => {
    const long = { ...short, generatedTokens: 1000, runs: 1000, subjects: [subject('Q2_K')] };
    const running = bench(long);
    const [pid = 0] = await waitFor(() => timers().length > 0 && timers(), 'a timing process');
    process.kill(pid, 'SIGKILL');
    await expectRefusal(running, 'native/crashed', /timed Q2_K ended .*SIGKILL/);
    const again = await bench({ ...short, runs: 1, subjects: [subject('Q2_K')] });
    expect(again.speed).toHaveLength(1);
  }, 30_000);
});
