// What goes wrong around the studio: disks that are full or read-only, two studios on one workspace. Nothing typed is lost,
// and every refusal says what to do. Real disks, real processes.
import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { startStudio } from './support/running-studio.ts';
import { repositoryRoot } from './support/runtimes.ts';
import { mountSmallDisk } from './support/small-disk.ts';
import { expect, test as base } from './support/studio-test.ts';

/** A disk at the place of the studio's home. */
const test = base.extend<{ disk: SmallDiskAt }>({
  disk: async ({ folder, surface }, use, testInfo) => {
    testInfo.skip(surface === 'electron', 'the same studio stands behind both windows');
    const path = join(folder, 'home');
    const disk = await mountSmallDisk(path, 64);
    if ('missing' in disk) {
      testInfo.skip(true, disk.missing);
      return;
    }
    await use({ ...disk, path });
    disk.remove();
  },
});
type SmallDiskAt = Exclude<Awaited<ReturnType<typeof mountSmallDisk>>, { missing: string }> & {
  readonly path: string;
};

const recipe = (path: string) =>
  JSON.stringify({
    version: 1,
    nodes: [
      { id: 'base', kind: 'base', path },
      { id: 'quantize', kind: 'quantize', levels: ['Q4_K_M'], folder: 'outputs' },
    ],
    edges: [{ from: 'base', to: 'quantize' }],
  });

/** Titles of the unsaved edits that lie in a home; one that is taken away meanwhile is not there. */
async function keptDrafts(home: string): Promise<string[]> {
  const folder = join(home, 'drafts');
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const texts = names
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined));
  return (await Promise.all(texts)).flatMap((text) =>
    text === undefined ? [] : [(JSON.parse(text) as { title: string }).title],
  );
}

async function openRecipe(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
  await page.getByRole('button', { name }).click();
  await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
}

const node = (page: Page, id: string) => page.locator(`.react-flow__node[data-id="${id}"]`);
const said = (page: Page, text: RegExp | string) => page.getByText(text).first();

/** A workspace of its own, with a model to chat with. */
async function makeWorkspace(folder: string, home: string): Promise<void> {
  const model = join(repositoryRoot, 'assets/seedling/seedling-4m');
  await cp(model, join(folder, 'seedling-4m'), { recursive: true });
  await writeFile(join(folder, 'gguf-studio.json'), '{ "version": 1, "name": "Shared" }');
  await writeFile(join(folder, 'family.recipe.json'), recipe('seedling-4m'));
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      join(repositoryRoot, 'dist/cli/main.js'),
      ...['quantize', model, join(folder, 'chat-Q8_0.gguf'), 'Q8_0'],
    ],
    { env: { ...process.env, GGUF_STUDIO_HOME: home }, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
}

test('a workspace on a read-only disk is read, chatted with and not built in', async ({
  surface,
  folder,
  disk,
}) => {
  const home = join(folder, 'own-home');
  await makeWorkspace(disk.path, home);
  await writeFile(
    join(home, 'settings.json'),
    JSON.stringify({ version: 1, recentWorkspaces: [disk.path] }),
  );
  disk.makeReadOnly();
  const studio = await startStudio({ surface, folder, home });
  try {
    const { page } = studio;
    const banner = page.getByRole('status').filter({ hasText: 'the disk is read-only.' });
    await expect(banner).toContainText('Models can be read');
    await expect(banner.getByRole('button', { name: 'Open another workspace…' })).toBeVisible();
    await expectAccessible(page);
    await openRecipe(page, /^family/);
    await expect(node(page, 'quantize').getByText(/\d MB/)).toBeVisible();
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(said(page, /The build cannot start: nothing can be written in/)).toBeVisible();
    await expect(said(page, 'No jobs running')).toBeVisible();
    await page.getByRole('navigation').getByRole('button', { name: 'Chat' }).click();
    const suggestions = page.getByRole('list', { name: 'Suggestions from the library' });
    await suggestions.getByRole('button').first().click();
    await page.getByRole('textbox', { name: 'Prompt' }).fill('What is a bone?');
    await page.keyboard.press('Enter');
    const answer = page.locator('article:not([aria-busy])').filter({ hasText: /\d+\s+tokens/ });
    await expect(answer).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('button', { name: 'Save again' })).toBeVisible();
  } finally {
    await studio.close();
  }
});

test('a full disk refuses every save with its reason, and what was typed stays', async ({
  disk,
  studio,
}) => {
  const { page } = studio;
  await expect(said(page, 'seedling-4m')).toBeVisible();
  const workspace = join(disk.path, 'seedling');
  await writeFile(join(workspace, 'family.recipe.json'), recipe('seedling-4m'));
  await openRecipe(page, /^family/);
  await expect(node(page, 'quantize').getByText(/\d MB/)).toBeVisible();

  await disk.fill(8_000_000);
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(said(page, /The outputs need \d.*have to stay free.*MB are missing/)).toBeVisible();
  expect(await readdir(join(workspace, 'outputs')).catch(() => [])).toEqual([]);

  await disk.fill(0);
  await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
  await page.keyboard.press('ArrowRight');
  await expect(said(page, /Unsaved edits of "family" are in this window alone/)).toBeVisible();
  await page.keyboard.press('ControlOrMeta+s');
  await expect(said(page, /No space left while writing .*family\.recipe\.json/)).toBeVisible();
  expect(await readFile(join(workspace, 'family.recipe.json'), 'utf8')).toBe(recipe('seedling-4m'));

  await page.keyboard.press('ControlOrMeta+,');
  const threads = page.getByRole('textbox', { name: 'Threads' });
  await threads.fill('3');
  await expect(said(page, /No space left while writing .*settings\.json/)).toBeVisible();
  await threads.blur();
  await expect(threads).toHaveValue('3');

  await disk.makeRoom();
  await page.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
  await page.keyboard.press('ControlOrMeta+s');
  await expect(said(page, 'Saved family.recipe.json.')).toBeVisible();
  expect(await readFile(join(workspace, 'family.recipe.json'), 'utf8')).toContain('position');
});

base(
  'two studios on one workspace know of each other, and neither overwrites the other',
  async ({ studio, surface, folder }) => {
    base.skip(surface === 'browser', 'the second one is the browser’s');
    const { page } = studio;
    await expect(said(page, 'seedling-4m')).toBeVisible();
    const path = join(studio.home, 'seedling', 'both.recipe.json');
    await writeFile(path, recipe('seedling-4m'));
    const other = await startStudio({ surface: 'browser', folder });
    try {
      const second = other.page;
      await openRecipe(second, /^both/);
      await expect(said(second, 'Another studio has this workspace open too.')).toBeVisible();
      await second.keyboard.press('ArrowRight');
      await expect(said(second, 'both.recipe.json · edited')).toBeVisible();
      await expect
        .poll(() => readdir(join(studio.home, 'drafts'), { recursive: true }).catch(() => []))
        .toContainEqual(expect.stringMatching(/\.json$/));
      await openRecipe(page, /^both/);
      // What the other one has not saved yet is not offered while it runs.
      await expect(page.getByText(/^Unsaved edits of/)).toHaveCount(0);
      await expect(said(page, 'Another studio has this workspace open too.')).toBeVisible();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ControlOrMeta+s');
      await expect(said(page, 'Saved both.recipe.json.')).toBeVisible();
      const first = await readFile(path, 'utf8');

      await second.keyboard.press('ControlOrMeta+s');
      const conflict = second.getByRole('dialog', { name: /changed by another program/ });
      await expect(conflict.getByRole('button', { name: 'Keep mine as a copy' })).toBeFocused();
      await second.keyboard.press('Enter');
      await expect(said(second, 'both-mine · edited')).toBeVisible();
      expect(await readFile(path, 'utf8')).toBe(first);
      // The copy is a draft: closing the tab without a word loses nothing.
      await expect.poll(() => keptDrafts(studio.home)).toContain('both-mine');
      await second.reload();
      await second.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
      await expect(said(second, /^Unsaved edits of both-mine/)).toBeVisible();
      expect([...studio.problems, ...other.problems]).toEqual([]);
    } finally {
      await other.close();
    }
  },
);
