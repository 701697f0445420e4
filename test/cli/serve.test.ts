// `gguf-studio serve` as a real process: what it prints, what it refuses, how it ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'studio-serve-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(...words: string[]) {
  const child = spawn(process.execPath, [program, 'serve', ...words], {
    env: { ...process.env, GGUF_STUDIO_HOME: home, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const read = (data: Buffer) => (text += data.toString('utf8'));
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, text: () => text };
}

describe('gguf-studio serve', () => {
  it('refuses every address but this machine’s own', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.10', 'example.com']) {
      const { ended, text } = start('--host', host);
      expect([host, await ended]).toEqual([host, 64]);
      expect(text()).toContain('answers this machine only');
    }
  });

  it('refuses to allow a folder that is not there, or a file', async () => {
    for (const [path, code] of [
      [join(home, 'gone'), 2],
      [program, 64],
    ] as const) {
      const { ended, text } = start('--port', '0', '--allow', path);
      expect([path, await ended]).toEqual([path, code]);
      expect(text()).toContain(path);
    }
  });

  it('prints an address, answers on it, and ends with Ctrl+C', async () => {
    const { child, ended, text } = start('--port', '0');
    await expect.poll(text, { timeout: 20_000 }).toContain('?token=');
    const address = /http:\S+/.exec(text())?.[0] ?? '';
    expect((await fetch(address)).status).toBe(200);
    expect((await fetch(address)).status).toBe(403);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(text()).toContain('Ended.');
    await expect(fetch(address)).rejects.toThrow();
  });
});
