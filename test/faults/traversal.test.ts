// Names that come from files and from the network, each tried with paths that lead out of where it belongs: none reads or writes
// anything there. What a canary beside the folder holds must never come back, and nothing new may lie beside it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { openConversationStore } from '#src/io/conversation-store.ts';
import { openJobStore } from '#src/io/job-store.ts';
import { isInnerPath } from '#src/io/inner-path.ts';
import { resolveInside } from '#src/io/resolve-inside.ts';
import { openRunStore } from '#src/io/run-store.ts';
import { adapterFileName, parentFileName, safeName } from '#src/packaging/file-names.ts';
import { openTestStudio, type TestStudio } from '#test/helpers/open-test-studio.ts';
import { waitFor } from '#test/helpers/run-studio.ts';
import { program, startKillable } from './killable.ts';

let outer = '';
let folder = '';
let studio: TestStudio;
const canary = 'canary-7f3a91';
beforeAll(async () => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'gguf-studio-names-')));
  folder = join(outer, 'home');
  mkdirSync(folder);
  writeFileSync(join(outer, 'canary.json'), JSON.stringify({ version: 1, name: canary }));
  studio = await openTestStudio({ home: folder });
  symlinkSync(join(outer, 'canary.json'), join(studio.workspace, 'link.json'));
}, 60_000);
afterAll(async () => {
  await studio.dispose();
  rmSync(outer, { recursive: true, force: true });
});

/** How people and tools have written a way out. */
const hostile = () => [
  '../canary.json', '..\\canary.json', '../../canary.json', 'a/../../canary.json', 'a/../../../canary.json', './../canary.json',
  join(outer, 'canary.json'), '/etc/passwd', 'C:\\canary.json', '\\\\host\\share', '..', '.', '', '\u0000', 'a\u0000/../b', '%2e%2e/canary.json',
  '..%2fcanary.json', '....//canary.json', '~/canary.json', 'CON', '-rf', '.ssh', 'x'.repeat(5_000), '__proto__', '\u202e../x',
]; // prettier-ignore

const expectUntouched = () => {
  expect(readdirSync(outer).sort()).toEqual(['canary.json', 'home']);
  expect(readFileSync(join(outer, 'canary.json'), 'utf8')).toContain(canary);
};

/** What a call gave, or the code of what it threw, which must be told as the user's mistake and not as ours. */
async function tried(call: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await call()) ?? '';
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    expect(error.code).not.toBe('internal');
    return error.code;
  }
}

describe('a name that leads out', () => {
  it('of a file in a manifest or a list of checksums is refused, also behind a link', async () => {
    const outside = hostile().filter((name) => !isInnerPath(name));
    expect(outside.length).toBeGreaterThan(9);
    for (const name of [...hostile(), 'link.json']) {
      const real = await resolveInside(studio.workspace, name).catch((error: unknown) => {
        expect(error, name).toBeInstanceOf(StudioError);
      });
      expect(real === undefined ? '' : readFileSync(real, 'utf8'), name).not.toContain(canary);
    }
  });

  it('of an adapter, a domain or a parent in a bundle becomes one plain file name', () => {
    for (const name of hostile()) {
      const names = [safeName(name), adapterFileName(name, { domain: name, name }, 'F32'), parentFileName(name, name, 'Q8_0')]; // prettier-ignore
      for (const one of names) expect(one, name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}._-]*$/u);
    }
  });

  it('of a conversation, a job or a run is no such thing', async () => {
    const conversations = openConversationStore(studio.workspace);
    const jobs = openJobStore(folder);
    const runs = openRunStore(studio.workspace);
    for (const id of [...hostile(), 'link']) {
      const answers = [
        await tried(() => conversations.read(id)),
        await tried(() => conversations.remove(id)),
        await tried(() => jobs.readLog(id, 0)),
        await tried(() => jobs.remove(id)),
        await tried(() => runs.read(id)),
        await tried(() => runs.remove(id)),
      ];
      expect(answers.join(' '), id).not.toContain(canary);
      expect(await jobs.read(id), id).toBeUndefined();
    }
    expectUntouched();
  });

  it('of a recipe, an upload or a path that is asked for stays in the workspace', async () => {
    const { call } = studio;
    for (const [index, name] of hostile().entries()) {
      const answers = [
        await tried(() => call('saveRecipe', { name, text: '{"version":1,"nodes":[],"edges":[]}' })), // prettier-ignore
        await tried(() => call('resolveRecipePath', { path: name })),
        await tried(() => call('keepDraft', { document: name, title: 't', text: '{}' })),
        await tried(() => call('dropDraft', { document: name })),
        await tried(() => call('upload', { upload: `traversal-${index}`, name, base64: 'eA==', last: true })), // prettier-ignore
      ];
      expect(answers.join(' '), name).not.toContain(canary);
      expectUntouched();
    }
  });

  it('of a model in a request, or in an address, is no model and no file', async () => {
    const built = await startKillable([program, 'build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'family'], folder).ended; // prettier-ignore
    expect(built.code, built.text).toBe(0);
    const server = startKillable([program, 'serve', 'family', '--no-window', '--port', '0', '--json'], folder); // prettier-ignore
    try {
      await waitFor(() => server.text().includes('"notices"'), 'the address');
      const api = /"api": "([^"]+)"/.exec(server.text())?.[1] ?? '';
      const token = /"token": "([^"]+)"/.exec(server.text())?.[1] ?? '';
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      for (const model of hostile()) {
        const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], max_tokens: 1 }); // prettier-ignore
        const asked = await fetch(`${api}/chat/completions`, { method: 'POST', headers, body });
        expect([400, 404], model).toContain(asked.status);
        const found = await fetch(`${api}/models/${encodeURIComponent(model)}`, { headers });
        expect(`${await asked.text()} ${await found.text()}`, model).not.toContain(canary);
      }
    } finally {
      server.kill(true);
      await server.ended;
    }
  }, 120_000);
});
