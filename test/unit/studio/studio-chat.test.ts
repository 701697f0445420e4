// Chat through the studio with a real engine: columns, an engine that is killed in mid-answer, and what comes after.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostPid } from '#test/helpers/host-pid.ts';
import {
  openTestStudio,
  startWatching,
  type TestStudio,
  type Watching,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
let watching: Watching;
let model: string;

beforeAll(async () => {
  studio = await openTestStudio();
  watching = startWatching(studio);
  const { text } = await studio.call('makeFromTemplate', {
    template: 'domain',
    domain: 'healthcare',
    levels: ['Q8_0'],
  });
  const job = await studio.call('startBuild', { text, title: 'healthcare' });
  await watching.until(
    (event) => event.event === 'job' && event.job.id === job.id && event.job.state === 'done',
    240,
  );
  model = (await studio.call('listJobOutputs', { job: job.id }))[0]?.id ?? '';
});
afterAll(async () => {
  await watching.stop();
  await studio.dispose();
});

/** Any token is as likely as any other: the answer does not end by itself. */
const endless = { temperature: 10, topK: 0, topP: 1, minP: 0, seed: 3, maxTokens: 900 };
const messages = [{ role: 'user' as const, text: 'What is asthma?' }];

describe('chat columns of the studio', () => {
  it('load with the settings’ defaults and answer in pieces', async () => {
    await studio.call('changeSettings', { changes: { threads: 1, gpu: 'off' } });
    const loaded = await studio.call('loadColumn', {
      column: 'one',
      file: model,
      adapters: [{ bundled: 'conditions', scale: 1 }],
    });
    expect(loaded).toMatchObject({ column: 'one', threads: 1, gpu: false });
    expect(loaded.adapters).toHaveLength(1);
    const pieces: string[] = [];
    const answer = await studio.call(
      'generate',
      { column: 'one', messages, sampling: { temperature: 0, maxTokens: 24 } },
      { onEvent: (event) => event.event === 'text' && pieces.push(event.text) },
    );
    expect(answer.text.length).toBeGreaterThan(0);
    expect(pieces.join('')).toBe(answer.text);
    await watching.until((event) => event.event === 'column' && event.column.state === 'ready');
  });

  it('stop when they are told to and keep what came', async () => {
    const stop = new AbortController();
    const answer = await studio.call(
      'generate',
      { column: 'one', messages, sampling: endless },
      {
        signal: stop.signal,
        onEvent: (event) => event.event === 'text' && stop.abort(),
      },
    );
    expect(answer.stopReason).toBe('abort');
    expect(answer.tokens).toBeGreaterThan(0);
    expect(answer.tokens).toBeLessThan(900);
  });

  it('fail clearly when the engine is killed in mid-answer, and answer again after', async () => {
    const engine = await hostPid('engine');
    const answer = studio.call(
      'generate',
      { column: 'one', messages, sampling: endless },
      { onEvent: (event) => event.event === 'text' && process.kill(engine, 'SIGKILL') },
    );
    await expect(answer).rejects.toMatchObject({
      code: 'native/crashed',
      message: expect.stringContaining('broke off') as string,
    });
    const failed = await watching.until(
      (event) => event.event === 'column' && event.column.state === 'failed',
    );
    expect(failed).toMatchObject({
      column: { column: 'one', reason: expect.stringContaining('SIGKILL') as string },
    });
    await watching.until(
      (event) =>
        event.event === 'host' && event.host.state === 'crashed' && event.host.name === 'engine',
    );
    const again = await studio.call('generate', {
      column: 'one',
      messages,
      sampling: { temperature: 0, maxTokens: 8 },
    });
    expect(again.text.length).toBeGreaterThan(0);
    await studio.call('unloadColumn', { column: 'one' });
  });

  it('say which file cannot be loaded', async () => {
    const recipe = await studio.call('saveRecipe', {
      name: 'not-a-model',
      text: '{"version":1,"nodes":[],"edges":[]}',
    });
    const load = studio.call('loadColumn', { column: 'two', file: recipe.file.id });
    await expect(load).rejects.toMatchObject({
      message: expect.stringContaining('not-a-model') as string,
    });
    await watching.until(
      (event) =>
        event.event === 'column' &&
        event.column.column === 'two' &&
        event.column.state === 'failed',
    );
  });
});
