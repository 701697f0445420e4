// Damaged requests to `/v1` of a real server: whatever is a whole request is answered, whatever is not is answered or cut off, in
// time; the server goes on, and its memory is bounded.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from '#test/fuzz/mutations.ts';
import { waitFor } from '#test/helpers/run-studio.ts';
import { damagedText } from './damaged-text.ts';
import { orHangs, peakMemory, program, startKillable, type Killable } from './killable.ts';
import { casesOf, report } from './share.ts';

const mebibyte = 2 ** 20;

let folder = '';
let server: Killable | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-http-'));
  const words = ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'family']; // prettier-ignore
  const { code, text } = await startKillable([program, ...words], folder).ended;
  if (code !== 0) throw new Error(text);
}, 180_000);
afterAll(async () => {
  server?.kill(true);
  await server?.ended;
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(process.platform === 'linux')('damaged requests', () => {
  it('are answered when they are whole, else answered or cut off, by a server that goes on', async () => {
    server = startKillable([program, 'serve', 'family', '--no-window', '--port', '0', '--json'], folder); // prettier-ignore
    const { child } = server;
    const text = () => server?.text() ?? '';
    await waitFor(() => text().includes('"notices"'), 'the address');
    const api = /"api": "([^"]+)"/.exec(text())?.[1] ?? '';
    const token = /"token": "([^"]+)"/.exec(text())?.[1] ?? '';
    const port = Number(new URL(api).port);
    const bodies = [
      { path: 'chat/completions', body: { model: 'auto', messages: [{ role: 'user', content: 'What does sunburn mean?' }], max_tokens: 2, temperature: 0, seed: 1, stop: ['x'] } },
      { path: 'completions', body: { model: 'auto', prompt: 'Sunburn', max_tokens: 2, stream: true } },
      { path: 'embeddings', body: { model: 'auto', input: ['a', 'b'] } },
      { path: 'route', body: { input: 'Sunburn' } },
    ]; // prettier-ignore
    const head = (path: string, length: number) =>
      `POST /v1/${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const alive = async (name: string) => {
      expect(child.exitCode, name).toBeNull();
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${api}/models`, { headers, signal: AbortSignal.timeout(60_000) });
      expect(answer.status, name).toBe(200);
    };
    const cases = casesOf('http');
    const statuses: Record<string, number> = {};
    const seen = { whole: 0, cutOff: 0 };
    for (const { random, name, index } of cases) {
      const { path, body } = random.pick(bodies);
      const json = Buffer.from(JSON.stringify(body));
      const damaged = random.below(3) > 0 ? Buffer.from(damagedText(json, random)) : json;
      const request = Buffer.concat([Buffer.from(head(path, damaged.length)), damaged]);
      const sent = damaged === json ? mutate(new Uint8Array(request), random) : request;
      const whole = isWhole(sent);
      if (whole) seen.whole++;
      const answer = await orHangs(send(port, sent, whole), () => child.pid);
      expect(answer, `${name}: neither answered nor cut off`).not.toBe('hangs');
      if (whole) expect(answer, `${name}: a whole request has no answer`).not.toBe('cut off');
      expect(answer, name).not.toBe('500');
      if (answer === 'cut off') seen.cutOff++;
      else statuses[answer] = (statuses[answer] ?? 0) + 1;
      if (index % 20 === 0) await alive(name);
    }
    await alive('after all');
    const peakMebibytes = Math.round(peakMemory(child.pid) / mebibyte);
    expect(peakMebibytes).toBeLessThan(600);
    report('mutations http', cases, { statuses, ...seen, peakMebibytes });
  }, 3_600_000);
});

/** Whether the head ends and as many bytes follow as it says: then an answer is due, be it that the request is wrong. */
function isWhole(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const lengths = [...text.slice(0, end).matchAll(/\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n|$)/gi)];
  const length = Number(lengths.at(-1)?.[1] ?? 0);
  return text.length - end - 4 >= length;
} // prettier-ignore

/** Gives the status of the first answer. Of bytes that are no whole request the end is said, else the server may wait for more. */
function send(port: number, bytes: Uint8Array, whole: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    const settle = (outcome: string) => {
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? outcome);
    };
    socket.on('data', (piece) => {
      answer += piece.toString('latin1');
      if (answer.includes('\r\n')) settle('cut off');
    });
    socket.on('error', () => settle('cut off'));
    socket.on('close', () => settle('cut off'));
    if (whole) socket.write(bytes);
    else socket.end(bytes);
  });
}
