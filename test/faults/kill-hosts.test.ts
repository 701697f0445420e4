// The processes that hold native code, killed in every state they have: idle, reading, checking, writing, loading, answering. The
// call that runs ends with `native/crashed`, the next one starts a new process and gives what an undisturbed one gives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openHost } from '#src/io/open-host.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';
import { startEngine } from '#test/helpers/seedling-models.ts';
import { sleep } from './killable.ts';
import { casesOf, report } from './share.ts';

const folder = studioFolder();
const model = folder.path('model.gguf');
beforeAll(async () => {
  const base = `${seedlingFolder}/seedling-4m`;
  const { code, stderr } = await folder.run('quantize', base, model, 'Q8_0');
  expect(code, stderr).toBe(0);
  expect((await folder.run('convert', base, '--outfile', folder.path('f32.gguf'))).code).toBe(0);
}, 120_000);
afterAll(() => folder.remove());

/** What a call gave, or `native/crashed`; any other end fails the test. */
async function ended<Result>(name: string, call: Promise<Result>): Promise<Result | 'crashed'> {
  return call.catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'native/crashed') return 'crashed' as const;
    throw new Error(name, { cause: error });
  });
}

const tally = (counts: Record<string, number>, state: string, outcome: unknown) => {
  const key = `${state}: ${outcome === 'crashed' ? 'told' : 'done before'}`;
  counts[key] = (counts[key] ?? 0) + 1;
};

describe('a host that is killed', () => {
  it('while the factory rests, reads, checks or writes, is told, and the next call is answered', async () => {
    const environment = { GGUF_STUDIO_HOME: folder.path('home') };
    const host = openHost(factoryContract, { name: 'factory', environment });
    const calls: Record<string, () => Promise<unknown>> = {
      idle: () => Promise.resolve(null),
      inspect: () => host.call('inspect', { path: model }),
      validate: () => host.call('validate', { path: model, depth: 'full', threads: 1 }),
      quantize: () => host.call('quantize', { input: folder.path('f32.gguf'), outputs: [{ path: folder.path('out.gguf'), level: 'Q2_K' }], overwrite: true }),
    };
    const states = Object.entries(calls);
    const counts: Record<string, number> = {};
    try {
      const cases = casesOf('kill factory');
      for (const { random, name, seed } of cases) {
        const [state, start] = states[seed % states.length]!;
        // Started, so that the moment lies in the call.
        if (random.below(3) > 0) await host.call('describeMachine', {});
        const call = ended(`${name}: ${state}`, start());
        await sleep(random.below(500));
        host.process?.kill();
        await host.process?.exited;
        tally(counts, state, await call);
        const { passed } = await host.call('validate', { path: model, depth: 'structure' });
        expect(passed, name).toBe(true);
      }
      report('kill factory', cases, { counts });
    } finally {
      await host.dispose();
    }
  }, 3_600_000);

  it('while the engine rests, loads or answers, is told, and the next answer is the same', async () => {
    const engine = startEngine(folder);
    const { host } = engine;
    const counts: Record<string, number> = {};
    try {
      await engine.load('a', 'model.gguf');
      const { text } = await engine.ask('a', 'What does sunburn mean?', { maxTokens: 40 });
      const cases = casesOf('kill engine');
      for (const { random, name, index, seed } of cases) {
        const state = ['idle', 'loading', 'answering'][seed % 3] ?? 'idle';
        let call: Promise<unknown> = Promise.resolve(null);
        if (state === 'loading') call = ended(name, engine.load(`b${index}`, 'model.gguf'));
        if (state === 'answering') call = ended(name, engine.ask('a', 'What does sunburn mean?', { maxTokens: 400 }));
        await sleep(random.below(300));
        host.process?.kill();
        await host.process?.exited;
        tally(counts, state, await call);
        await engine.load('a', 'model.gguf');
        const again = await engine.ask('a', 'What does sunburn mean?', { maxTokens: 40 });
        expect(again.text, name).toBe(text);
      }
      report('kill engine', cases, { counts });
    } finally {
      await host.dispose();
    }
  }, 3_600_000);
}); // prettier-ignore
