// Workspaces, settings, recipes, drafts, templates and uploads, as a window calls them.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FileReference } from '#src/contract/studio/files.ts';
import { parseRecipe } from '#src/recipe/recipe-file.ts';
import {
  firstState,
  openTestStudio,
  startWatching,
  temporaryFolder,
  type TestStudio,
  type TestWindow,
} from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
beforeAll(async () => void (studio = await openTestStudio()));
afterAll(() => studio.dispose());

/** With what a person writes into one and JSON itself does not have. */
const recipe = '{ "version": 1, // mine\n  "nodes": [], "edges": [] }';

async function folderInHome(name: string): Promise<FileReference> {
  await mkdir(join(studio.home, name), { recursive: true });
  return studio.call('resolvePath', { path: join(studio.home, name), purpose: 'any' });
}

describe('the studio’s workspace', () => {
  it('is Seedling at first start', async () => {
    const state = await firstState(studio);
    expect(state).toMatchObject({
      mode: 'browser',
      workspace: { name: 'Seedling', seedling: true },
      recentWorkspaces: [{ exists: true, name: 'Seedling' }],
    });
    expect(state.workspace).not.toHaveProperty('readOnly');
    expect(state.workspace).not.toHaveProperty('alsoOpenIn');
  });

  it('can be made, opened and remembered, and every window is told', async () => {
    const other = startWatching(studio.openWindow());
    const folder = await folderInHome('mine');
    await expect(studio.call('openWorkspace', { folder: folder.id })).rejects.toMatchObject({
      code: 'io/not-found',
    });
    const made = await studio.call('createWorkspace', { folder: folder.id, name: 'My models' });
    expect(made.workspace).toMatchObject({
      name: 'My models',
      seedling: false,
      folder: { path: folder.path },
    });
    await other.until(
      (event) => event.event === 'state' && event.state.workspace.name === 'My models',
    );
    const back = await studio.call('openSeedlingWorkspace', {});
    expect(back.recentWorkspaces.map(({ name }) => name)).toEqual(['Seedling', 'My models']);
    expect(await readdir(join(folder.path, '.gguf-studio'))).toEqual([]);
    await other.stop();
  });

  it('says when another studio has it open', async () => {
    const place = join(studio.workspace, '.gguf-studio');
    // A process that lives: the one that started this test.
    const startedAt = (await readFile(`/proc/${process.ppid}/stat`, 'utf8'))
      .split(') ')[1]
      ?.split(' ')[19];
    const { hostname } = await import('node:os');
    await writeFile(
      join(place, 'open-1-0.json'),
      JSON.stringify({ pid: 2 ** 30, host: hostname(), startedAt: '1' }),
    );
    await writeFile(
      join(place, 'open-2-0.json'),
      JSON.stringify({ pid: process.ppid, host: hostname(), startedAt }),
    );
    expect((await firstState(studio)).workspace.alsoOpenIn).toBe(process.ppid);
    expect(await readdir(place)).not.toContain('open-1-0.json');
    await rm(join(place, 'open-2-0.json'));
  });

  it('opens one that cannot be written, says so, and still reads', async () => {
    const folder = await folderInHome('read-only');
    await writeFile(join(folder.path, 'gguf-studio.json'), '{"version": 1, "name": "Archive"}');
    await writeFile(join(folder.path, 'old.recipe.json'), recipe);
    // Root may write where permissions forbid it; a file in the way stops everybody.
    await writeFile(join(folder.path, '.gguf-studio'), '');
    await chmod(folder.path, 0o555);
    const state = await studio.call('openWorkspace', { folder: folder.id });
    expect(state.workspace.readOnly).toContain('Nothing can be saved');
    expect(await studio.call('listRecipes', {})).toMatchObject([
      { file: { name: 'old.recipe.json' } },
    ]);
    await expect(studio.call('saveRecipe', { name: 'new', text: recipe })).rejects.toMatchObject({
      code: 'io/failed',
    });
    await studio.call('keepDraft', { document: 'tab', title: 'Unsaved', text: recipe });
    expect(await studio.call('listDrafts', {})).toHaveLength(1);
    await chmod(folder.path, 0o755);
    await studio.call('openSeedlingWorkspace', {});
  });

  it('is the last one again after a restart, else Seedling with a word', async () => {
    const home = await temporaryFolder();
    const workspace = await temporaryFolder();
    await writeFile(join(workspace, 'gguf-studio.json'), '{"version": 1, "name": "Last"}');
    await (await openTestStudio({ home, workspaceFolder: workspace })).dispose();
    const again = await openTestStudio({ home });
    expect((await firstState(again)).workspace.name).toBe('Last');
    await again.dispose();
    await rm(workspace, { recursive: true });
    const without = await openTestStudio({ home });
    const state = await firstState(without);
    expect(state.workspace.seedling).toBe(true);
    expect(state.notices?.join()).toContain('could not be opened');
    await without.dispose();
    await rm(home, { recursive: true });
  });
});

describe('settings of the studio', () => {
  it('are checked, kept and taken back to their defaults', async () => {
    expect(
      await studio.call('changeSettings', { changes: { theme: 'dark', threads: 2 } }),
    ).toMatchObject({ theme: 'dark', threads: 2 });
    await expect(
      studio.call('changeSettings', { changes: { theme: 'pink' } }),
    ).rejects.toMatchObject({ code: 'settings/invalid' });
    await expect(
      studio.call('changeSettings', { changes: { colour: 'pink' } }),
    ).rejects.toMatchObject({ code: 'settings/invalid' });
    const settings = await studio.call('changeSettings', {
      changes: { threads: null, theme: null },
    });
    expect(settings).toMatchObject({ theme: 'system' });
    expect(settings).not.toHaveProperty('threads');
  });

  it('of another studio with the same home are taken over, not overwritten', async () => {
    const watching = startWatching(studio);
    const other = await openTestStudio({ home: studio.home });
    await other.call('changeSettings', { changes: { gpuLayers: 7 } });
    await watching.until(
      (event) => event.event === 'state' && event.state.settings.gpuLayers === 7,
    );
    await Promise.all([
      studio.call('changeSettings', { changes: { threads: 3 } }),
      studio.call('changeSettings', { changes: { validateBuilds: false } }),
    ]);
    expect(await other.call('changeSettings', { changes: { theme: 'light' } })).toMatchObject({
      gpuLayers: 7,
      threads: 3,
      validateBuilds: false,
    });
    await other.call('changeSettings', {
      changes: { gpuLayers: null, threads: null, validateBuilds: null, theme: null },
    });
    await other.dispose();
    await watching.stop();
  });

  it('do not let a window open folders by writing them in', async () => {
    await expect(
      studio.call('changeSettings', { changes: { modelFolders: ['/'] } }),
    ).rejects.toMatchObject({ code: 'settings/invalid' });
    await expect(
      studio.call('resolvePath', { path: '/proc/version', purpose: 'any' }),
    ).rejects.toMatchObject({ code: 'file/not-allowed' });
    const folder = await folderInHome('models');
    const added = await studio.call('addModelFolder', { folder: folder.id });
    expect(added.modelFolders).toMatchObject([{ exists: true, folder: { path: folder.path } }]);
    const removed = await studio.call('removeModelFolder', { folder: folder.id });
    expect(removed.modelFolders).toEqual([]);
  });
});

describe('recipes of the studio', () => {
  it('keep their bytes and are not overwritten behind anybody’s back', async () => {
    const watching = startWatching(studio);
    const saved = await studio.call('saveRecipe', { name: 'mine', text: recipe });
    expect(saved.file).toMatchObject({ name: 'mine.recipe.json', recipePath: 'mine.recipe.json' });
    expect(await readFile(saved.file.path, 'utf8')).toBe(recipe);
    await expect(
      studio.call('saveRecipe', { name: 'mine', text: `${recipe}\n` }),
    ).rejects.toMatchObject({ code: 'output/exists' });
    const opened = await studio.call('openRecipe', { file: saved.file.id });
    expect(opened).toMatchObject({ text: recipe, hash: saved.hash, readOnly: false });
    await writeFile(saved.file.path, `${recipe} `);
    const changed = await watching.until((event) => event.event === 'recipe-changed');
    expect(changed).toMatchObject({ file: saved.file.id });
    const file = saved.file.id;
    const save = studio.call('saveRecipe', { file, text: `${recipe}\n`, expectedHash: saved.hash });
    await expect(save).rejects.toMatchObject({ code: 'recipe/changed-on-disk' });
    const { hash } = await studio.call('openRecipe', { file });
    await studio.call('saveRecipe', { file, text: `${recipe}\n`, expectedHash: hash });
    expect(await readFile(saved.file.path, 'utf8')).toBe(`${recipe}\n`);
    await watching.stop();
  });

  it('are the only files that can be written', async () => {
    await studio.call('changeSettings', { changes: { theme: 'dark' } });
    const settings = await studio.call('resolvePath', {
      path: join(studio.home, 'settings.json'),
      purpose: 'any',
    });
    await expect(
      studio.call('saveRecipe', { file: settings.id, text: recipe, expectedHash: 'x' }),
    ).rejects.toMatchObject({ code: 'file/not-allowed' });
    await expect(
      studio.call('saveRecipe', { name: '../../escaped', text: recipe }),
    ).rejects.toMatchObject({ code: 'file/not-allowed' });
    await expect(studio.call('saveRecipe', { name: 'broken', text: '{' })).rejects.toMatchObject({
      code: 'recipe/invalid',
    });
    const config = await studio.call('resolvePath', {
      path: join(studio.workspace, 'README.md'),
      purpose: 'any',
    });
    await expect(studio.call('openRecipe', { file: config.id })).rejects.toMatchObject({
      code: 'recipe/invalid',
    });
  });

  it('that are broken are listed with the reason', async () => {
    await writeFile(join(studio.workspace, 'broken.recipe.json'), '{ "nodes"');
    const listed = await studio.call('listRecipes', {});
    const broken = listed.find(({ file }) => file.name === 'broken.recipe.json');
    expect(broken?.problem).toContain('not valid JSON');
    expect(listed.find(({ file }) => file.name === 'mine.recipe.json')).toMatchObject({ nodes: 0 });
  });

  it('are made from templates that can be parsed', async () => {
    const { domains, useCases } = await studio.call('listDomains', {});
    expect(domains.map(({ name }) => name)).toContain('healthcare');
    expect(useCases.map(({ name }) => name)).toContain('production');
    for (const template of [
      { template: 'empty' as const },
      {
        template: 'domain' as const,
        domain: 'healthcare',
        useCase: 'mobile',
        form: 'merged' as const,
      },
      { template: 'universal' as const },
      { template: 'compare-levels' as const },
    ]) {
      const { name, text } = await studio.call('makeFromTemplate', template);
      const { recipe: made } = parseRecipe(text, name);
      expect(made.nodes.length > 0).toBe(template.template !== 'empty');
      expect(made.nodes.every((node) => node.position === undefined)).toBe(true);
    }
    const compare = await studio.call('makeFromTemplate', { template: 'compare-levels' });
    expect(parseRecipe(compare.text, 'compare').recipe.nodes).toMatchObject([
      { kind: 'base', path: 'seedling-4m' },
      { kind: 'quantize', levels: ['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q2_K'] },
      { kind: 'evaluate', suites: ['general'] },
    ]);
    expect(parseRecipe(compare.text, 'compare').recipe.edges).toContainEqual({
      from: 'quantize',
      to: 'evaluate',
    });
    await expect(
      studio.call('makeFromTemplate', { template: 'domain', domain: 'cooking' }),
    ).rejects.toMatchObject({ code: 'usage/invalid' });
  });

  it('resolve their paths inside the allowed folders only', async () => {
    expect(await studio.call('resolveRecipePath', { path: 'seedling-4m' })).toMatchObject({
      path: join(studio.workspace, 'seedling-4m'),
    });
    expect(await studio.call('resolveRecipePath', { path: '/proc/version' })).toBeNull();
  });
});

describe('drafts of the studio', () => {
  it('come back after a restart with their recipe', async () => {
    const saved = await studio.call('saveRecipe', { name: 'drafted', text: recipe });
    await studio.call('keepDraft', {
      document: 'tab-9',
      title: 'drafted',
      file: saved.file.id,
      baseHash: saved.hash,
      text: `${recipe}\n\n`,
    });
    const again = await openTestStudio({ home: studio.home });
    const drafts = await again.call('listDrafts', {});
    const draft = drafts.find(({ document }) => document === 'tab-9');
    expect(draft).toMatchObject({ text: `${recipe}\n\n`, baseHash: saved.hash });
    const opened = await again.call('openRecipe', { file: draft?.file ?? '' });
    expect(opened.file.path).toBe(saved.file.path);
    await again.call('dropDraft', { document: 'tab-9' });
    expect((await studio.call('listDrafts', {})).some(({ document }) => document === 'tab-9')).toBe(
      false,
    );
    await again.dispose();
  });
});

describe('drafts of two windows', () => {
  const gone = { reason: 'its process ended', lastLines: [] };
  const keep = (window: TestWindow, text: string) =>
    window.call('keepDraft', { document: 'shared', title: 'both', text });
  const texts = async (window: TestWindow) =>
    (await window.call('listDrafts', {}))
      .filter(({ title }) => title === 'both')
      .map(({ text }) => text)
      .sort();

  it('are offered only when their window is gone, and do not overwrite each other', async () => {
    const first = studio.openWindow();
    const second = studio.openWindow();
    const third = studio.openWindow();
    await keep(first, 'mine');
    await keep(second, 'yours');
    expect(await texts(third)).toEqual([]);
    first.port.close(gone);
    await vi.waitFor(async () => expect(await texts(third)).toEqual(['mine']));
    // Taken up again by another window, it is that one's.
    await keep(third, 'mine, restored');
    second.port.close(gone);
    await vi.waitFor(async () => expect(await texts(studio)).toEqual(['yours']));
    await third.call('dropDraft', { document: 'shared' });
    for (const { document } of await studio.call('listDrafts', {})) {
      await studio.call('dropDraft', { document });
    }
    expect(await texts(studio)).toEqual([]);
  });

  it('of another studio are offered when that one has ended, not while it runs', async () => {
    await studio.call('keepDraft', { document: 'theirs', title: 'theirs', text: recipe });
    const titles = async () => (await studio.call('listDrafts', {})).map(({ title }) => title);
    const drafts = join(studio.home, 'drafts');
    const paths = (await readdir(drafts, { recursive: true }))
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(drafts, name));
    const all = await Promise.all(
      paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })),
    );
    const found = all.find((draft) => draft.text.includes('"theirs"'));
    if (found === undefined) throw new Error('The draft was not kept.');
    const { path, text } = found;
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      const draft = JSON.parse(text) as { owner: object };
      const owner = { ...draft.owner, pid: other.pid, startedAt: startTime(other.pid ?? 0) };
      await writeFile(path, JSON.stringify({ ...draft, owner }));
      expect(await titles()).not.toContain('theirs');
    } finally {
      const ended = new Promise((resolve) => other.once('exit', resolve));
      other.kill();
      await ended;
    }
    expect(await titles()).toContain('theirs');
    await studio.call('dropDraft', { document: 'theirs' });
  });
});

/** As process-owner.ts reads it. */
function startTime(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

describe('uploads', () => {
  const upload = (id: string, name: string, bytes: string | Buffer, last: boolean) =>
    studio.call('upload', {
      upload: id,
      name,
      base64: Buffer.from(bytes).toString('base64'),
      last,
    });

  it('arrive in pieces and replace nothing', async () => {
    expect(await upload('upload-0001', 'notes.txt', 'hel', false)).toBeNull();
    const first = await upload('upload-0001', 'notes.txt', 'lo', true);
    expect(await readFile(first?.path ?? '', 'utf8')).toBe('hello');
    const second = await upload('upload-0002', 'notes.txt', 'other', true);
    expect(second?.name).toBe('notes-2.txt');
    expect(await readFile(first?.path ?? '', 'utf8')).toBe('hello');
    // Where its relative paths start.
    const dropped = await upload('upload-0007', 'mine.recipe.json', recipe, true);
    expect(dropped?.recipePath).toBe('mine-2.recipe.json');
    const inFolder = await upload('upload-0003', 'my-adapter/adapter_config.json', '{}', true);
    expect(inFolder?.recipePath).toBe('uploads/my-adapter/adapter_config.json');
    await expect(
      upload('upload-0004', 'my-adapter/adapter_config.json', '{}', true),
    ).rejects.toMatchObject({ code: 'output/exists' });
    const left = await readdir(join(studio.workspace, 'uploads'));
    expect(left.sort()).toEqual(['my-adapter', 'notes-2.txt', 'notes.txt']);
  });

  it('stay in their folder and within their size', async () => {
    for (const name of ['../x.json', 'a/../../x.json', '/etc/x', 'a\\b']) {
      await expect(upload('upload-0005', name, 'x', true)).rejects.toMatchObject({
        code: 'file/not-allowed',
      });
    }
    const tooMuch = upload('upload-0006', 'big.txt', Buffer.alloc(1_100_000), true);
    await expect(tooMuch).rejects.toMatchObject({ code: 'studio/limit' });
  });
});

describe('what only the desktop has', () => {
  it('is refused in the browser with a way on', async () => {
    const pick = studio.call('pickWithSystemDialog', { purpose: 'base', title: 'Choose' });
    await expect(pick).rejects.toMatchObject({
      code: 'studio/not-here',
      hint: expect.any(String) as string,
    });
    const { workspace } = await firstState(studio);
    await expect(studio.call('showInFolder', { file: workspace.folder.id })).rejects.toMatchObject({
      code: 'studio/not-here',
    });
  });

  it('allows what was picked and dropped', async () => {
    const elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere, 'picked.gguf'), 'x');
    await writeFile(join(elsewhere, 'dropped.gguf'), 'x');
    const desktop = await openTestStudio({
      platform: { mode: 'desktop', pick: () => Promise.resolve([join(elsewhere, 'picked.gguf')]) },
    });
    const [picked] = await desktop.call('pickWithSystemDialog', {
      purpose: 'gguf',
      title: 'Choose',
    });
    expect(picked?.path).toBe(join(elsewhere, 'picked.gguf'));
    const [dropped] = await desktop.studio.acceptPaths([join(elsewhere, 'dropped.gguf')]);
    // Both lie in the temporary folder, which nobody may name otherwise.
    await expect(desktop.call('inspect', { file: dropped ?? '' })).rejects.toMatchObject({
      code: expect.not.stringContaining('file/') as string,
    });
    await expect(
      desktop.call('resolvePath', { path: join(elsewhere, 'other.gguf'), purpose: 'gguf' }),
    ).rejects.toMatchObject({ code: 'file/not-allowed' });
    const watching = startWatching(desktop);
    await watching.until((event) => event.event === 'state');
    desktop.studio.sendMenuCommand('save');
    expect(await watching.until((event) => event.event === 'menu')).toEqual({
      event: 'menu',
      command: 'save',
    });
    await watching.stop();
    await desktop.dispose();
    await rm(elsewhere, { recursive: true });
  });
});
