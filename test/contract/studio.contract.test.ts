// The studio's contract over a pair of ports in memory, answered by a real studio: what a window may do, and what a window
// that has gone mad may not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studioContract } from '#src/contract/studio.contract.ts';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { createMemoryPortPair } from '#src/rpc/memory-port.ts';
import { serve } from '#src/rpc/server.ts';
import {
  firstState,
  openTestStudio,
  startWatching,
  type TestStudio,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
beforeAll(async () => void (studio = await openTestStudio()));
afterAll(() => studio.dispose());

interface Answer {
  type: string;
  id?: number;
  error?: { code: string; message: string };
}

/** A window without the client's checks: sends anything, gets the raw answers. */
function openRawWindow() {
  const [here, there] = createMemoryPortPair();
  serve(studioContract, studio.studio.handlers, there);
  const answers: Answer[] = [];
  here.onMessage((message) => answers.push(message as Answer));
  const answerTo = async (id: number): Promise<Answer> => {
    for (let tries = 0; tries < 400; tries++) {
      const answer = answers.find((each) => each.id === id && each.type !== 'event');
      if (answer !== undefined) return answer;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`Call ${id} was never answered.`);
  };
  return { port: here, answers, answerTo };
}

describe('the studio’s contract', () => {
  it('is answered in every method', () => {
    expect(Object.keys(studio.studio.handlers).sort()).toEqual(Object.keys(studioContract).sort());
  });

  it('gives a result', async () => {
    const { domains, problem } = await studio.call('listDomains', {});
    expect(problem).toBeUndefined();
    expect(domains).toHaveLength(5);
  });

  it('carries code, hint and details of an error', async () => {
    const id = 'AAAAAAAAAAAAAAAAAAAAAA';
    await expect(studio.call('openRecipe', { file: id })).rejects.toMatchObject({
      code: 'file/unknown',
      hint: 'Choose it again.',
      details: { id },
    });
  });

  it('streams progress before the result', async () => {
    const entries: LibraryEntry[] = [];
    const result = await studio.call(
      'listLibrary',
      {},
      { onEvent: ({ entry }) => entries.push(entry) },
    );
    expect(result.entries).toBe(entries.length);
    expect(entries.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['seedling-4m', 'seedling-gpt2-4m']),
    );
    const base = entries.find(({ name }) => name === 'seedling-4m');
    expect(base).toMatchObject({
      kind: 'base',
      foundIn: 'Workspace',
      fitsMemory: 'fits',
      architecture: 'llama',
    });
    const fits = await studio.call('checkAdapters', { base: base?.file.id ?? '' });
    expect(fits.some(({ fits: doesFit }) => doesFit)).toBe(true);
    expect(
      fits.filter(({ fits: doesFit }) => !doesFit).every(({ reason }) => reason !== undefined),
    ).toBe(true);
  });

  it('ends a call that is cancelled, and only that', async () => {
    const other = startWatching(studio.openWindow());
    const watching = startWatching(studio);
    await watching.until((event) => event.event === 'jobs');
    await watching.stop();
    const stop = new AbortController();
    const listing = studio.call(
      'listLibrary',
      {},
      { signal: stop.signal, onEvent: () => stop.abort() },
    );
    await expect(listing).rejects.toMatchObject({ code: 'cancelled' });
    studio.studio.sendMenuCommand('palette');
    await other.until((event) => event.event === 'menu');
    expect(watching.events.some(({ event }) => event === 'menu')).toBe(false);
    await other.stop();
  });

  it('ends the calls of a window that dies, with the reason', async () => {
    const window = studio.openWindow();
    const watch = window.call('watch', {});
    const listing = window.call('listLibrary', {});
    window.port.close({ reason: 'signal SIGKILL', lastLines: ['out of memory'] });
    for (const call of [watch, listing]) {
      await expect(call).rejects.toMatchObject({
        code: 'native/crashed',
        message: expect.stringContaining('SIGKILL') as string,
      });
    }
    expect((await firstState(studio)).workspace.seedling).toBe(true);
  });

  it('refuses methods that are none', async () => {
    const { port, answerTo } = openRawWindow();
    const names = ['eval', '__proto__', 'constructor', 'toString', 'hasOwnProperty', ''];
    names.forEach((method, id) => port.send({ type: 'call', id, method, params: {} }));
    for (const id of names.keys()) {
      expect(await answerTo(id)).toMatchObject({
        type: 'error',
        error: { code: 'contract/invalid' },
      });
    }
  });

  it('refuses parameters that do not fit, in every method that has any', async () => {
    const { port, answerTo } = openRawWindow();
    const methods = Object.entries(studioContract);
    const hostile = [null, [], 'text', 4, { file: 4 }, { folder: '../..', purpose: 'any' }];
    let id = 0;
    for (const [method, { params }] of methods) {
      for (const value of hostile) {
        if (params.safeParse(value).success) continue;
        port.send({ type: 'call', id, method, params: value });
        expect(await answerTo(id)).toMatchObject({
          type: 'error',
          error: { code: 'contract/invalid' },
        });
        id++;
      }
    }
    expect(id).toBeGreaterThan(methods.length);
  });

  it('refuses ids, names and texts beyond their bounds', async () => {
    const { port, answerTo } = openRawWindow();
    const calls: [string, unknown][] = [
      ['openRecipe', { file: '../../etc/passwd' }],
      ['openRecipe', { file: 'x'.repeat(65) }],
      ['resolvePath', { path: 'x'.repeat(5000), purpose: 'any' }],
      ['makeFolder', { parent: 'x'.repeat(20), name: '' }],
      ['readConversation', { id: 'x'.repeat(65) }],
      ['cancelJob', { job: '../jobs' }],
      ['upload', { upload: 'upload-1', name: 'x', base64: 'x'.repeat(1_500_001), last: true }],
      ['loadColumn', { column: '../x', file: 'x'.repeat(20) }],
      ['generate', { column: 'a', messages: [] }],
      ['addToLibrary', { files: Array.from({ length: 1001 }, () => 'x'.repeat(20)) }],
    ];
    calls.forEach(([method, params], id) => port.send({ type: 'call', id, method, params }));
    for (const id of calls.keys()) {
      expect(await answerTo(id)).toMatchObject({
        type: 'error',
        error: { code: 'contract/invalid' },
      });
    }
  });

  it('takes no prototypes from a window, and no second call under one number', async () => {
    const { port, answers, answerTo } = openRawWindow();
    const params = JSON.parse('{"changes": {"__proto__": {"polluted": true}}}') as unknown;
    port.send({ type: 'call', id: 1, method: 'changeSettings', params });
    await answerTo(1);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    port.send({ type: 'call', id: 2, method: 'watch', params: {} });
    port.send({ type: 'call', id: 2, method: 'watch', params: {} });
    expect(await answerTo(2)).toMatchObject({ type: 'error', error: { code: 'contract/invalid' } });
    for (const nonsense of [
      null,
      4,
      [],
      { type: 'call' },
      { type: 'cancel', id: -1 },
      { type: 'result', id: 2 },
    ]) {
      port.send(nonsense);
    }
    port.send({ type: 'call', id: 3, method: 'listDomains', params: {} });
    expect(await answerTo(3)).toMatchObject({ type: 'result' });
    port.send({ type: 'stop' });
    await expect.poll(() => answers.some(({ type }) => type === 'done')).toBe(true);
  });
});
