// kill -9 of `serve` at seeded moments, while it starts, loads and answers; then it is started again: it answers, with the same
// token, from a family whose files are what they were.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '#test/helpers/run-studio.ts';
import { finalFiles, program, sleep, startKillable, type Killable } from './killable.ts';
import { casesOf, report } from './share.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-serving-'));
  const words = ['build', 'domain', 'healthcare', '--level', 'Q8_0', '--no-validate', '-o', 'family']; // prettier-ignore
  const { code, text } = await startKillable([program, ...words], folder).ended;
  if (code !== 0) throw new Error(text);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Address {
  readonly api: string;
  readonly token: string;
}

const serve = () =>
  startKillable([program, 'serve', 'family', '--no-window', '--port', '0', '--json'], folder);

/** Undefined until it has said where it answers. */
function addressOf(running: Killable): Address | undefined {
  const api = /"api": "([^"]+)"/.exec(running.text())?.[1];
  const token = /"token": "([^"]+)"/.exec(running.text())?.[1];
  return api === undefined || token === undefined ? undefined : { api, token };
}

const ask = ({ api, token }: Address, stream: boolean) =>
  fetch(`${api}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', stream, max_tokens: 60, messages: [{ role: 'user', content: 'What does sunburn mean?' }] }), // prettier-ignore
  }).then((answer) => answer.text().then(() => answer.status));

describe.runIf(process.platform === 'linux')('kill -9 of serve', () => {
  it('harms no file, and the next start answers', async () => {
    const before = Object.fromEntries(finalFiles(join(folder, 'family')).files);
    let token: string | undefined;
    const states = { starting: 0, answering: 0, 'between answers': 0 };
    const cases = casesOf('kill serve');
    for (const { random, name } of cases) {
      const running = serve();
      if (random.below(3) === 0) await sleep(random.below(600));
      else await waitFor(() => addressOf(running), `${name}: the address`);
      const address = addressOf(running);
      let answered = 0;
      const asked = address === undefined ? [] : [true, false].map((stream) => ask(address, stream).then(() => answered++, () => answered++)); // prettier-ignore
      if (address !== undefined) await sleep(random.below(1_500));
      const state = address === undefined ? 'starting' : answered < 2 ? 'answering' : 'between answers'; // prettier-ignore
      states[state]++;
      running.kill(random.below(2) === 0);
      await Promise.all([running.ended, ...asked]);
      expect(Object.fromEntries(finalFiles(join(folder, 'family')).files), name).toEqual(before);

      const again = serve();
      const there = await waitFor(() => addressOf(again), `${name}: the address again`);
      expect(await ask(there, false), `${name}: ${again.text()}`).toBe(200);
      expect(there.token, name).toBe((token ??= there.token));
      expect(readFileSync(join(folder, 'home', 'serving-token'), 'utf8').trim(), name).toBe(token);
      again.child.kill('SIGINT');
      await again.ended;
    }
    report('kill serve', cases, states);
  }, 3_600_000);
});
