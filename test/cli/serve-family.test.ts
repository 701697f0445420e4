// `serve --no-window` as a process: the document, the token, one answer, and the end.
import { statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { studioFolder, waitFor } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
afterAll(() => folder.remove());

describe('serve with a family', () => {
  it('prints where it answers and with which token, and ends with Ctrl+C', async () => {
    const built = await folder.run('build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'family'); // prettier-ignore
    expect(built.code, built.stderr).toBe(0);
    const running = folder.start(['serve', 'family', '--no-window', '--port', '0', '--json']);
    let text = '';
    running.child.stdout!.on('data', (piece: string) => (text += piece));
    await waitFor(() => text.trimEnd().endsWith('}') && text.includes('"notices"'), 'the document');
    const { result } = JSON.parse(text) as { result: { api: string; token: string; port: number } };
    expect(result.api).toBe(`http://127.0.0.1:${result.port}/v1`);
    expect(statSync(folder.path('home', 'serving-token')).mode & 0o777).toBe(0o600);
    const ask = (token: string) =>
      fetch(`${result.api}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'What does sunburn mean?' }], max_tokens: 4 }), // prettier-ignore
      });
    const answered = await ask(result.token);
    expect(answered.status).toBe(200);
    expect(answered.headers.get('x-gguf-studio-route')).toBe('healthcare/conditions');
    expect((await ask('another-token-than-that')).status).toBe(401);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    // One document, not another one at the end.
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, command: 'serve' });
  });

  it('serves a family beside the window: both answer on one port', async () => {
    const running = folder.start(['serve', '--manifest', 'family', '--port', '0', '--json']);
    let text = '';
    running.child.stdout!.on('data', (piece: string) => (text += piece));
    await waitFor(() => text.trimEnd().endsWith('}') && text.includes('"notices"'), 'the document');
    const { result } = JSON.parse(text) as {
      result: { api: string; token: string; window: string; manifest: string };
    };
    expect(result.manifest).toContain('family');
    const page = await fetch(result.window, { redirect: 'manual' });
    expect(page.status).toBeLessThan(400);
    expect((await fetch(result.window.replace(/[?#].*$/, ''))).status).toBe(403);
    const headers = { authorization: `Bearer ${result.token}`, 'content-type': 'application/json' };
    const models = await fetch(`${result.api}/models`, { headers });
    expect(((await models.json()) as { data: { id: string }[] }).data[0]?.id).toBe('auto');
    const answered = await fetch(`${result.api}/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'What does sunburn mean?' }], max_tokens: 4 }), // prettier-ignore
    });
    expect(answered.status).toBe(200);
    expect(answered.headers.get('x-gguf-studio-route')).toBe('healthcare/conditions');
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(0);
  });

  it.each([
    [['--no-window'], /nothing to serve/],
    [['--no-window', '--manifest', 'family', '--token', 'short'], /token cannot be used/],
    [['--no-window', '--manifest', 'family', '--memory', 'much'], /is no size/],
    [['--no-window', '--manifest', 'nowhere'], /nowhere/],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await folder.run('serve', ...words);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
