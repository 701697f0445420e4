// The Doctor screen as somebody with a broken download has it: a parent damaged on the disk, the finding and its place on the
// map, a repair planned and written, byte for byte what it was, and the repaired file in the chat. Real files, real engine.
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { dropFiles } from './support/drop-files.ts';
import { runCli } from './support/run-cli.ts';
import type { RunningStudio } from './support/running-studio.ts';
import { expect, test } from './support/studio-test.ts';

test.setTimeout(240_000);

const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name });
const map = (page: Page) => page.getByRole('slider', { name: 'Parts of the file' });
const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** Builds one level of the healthcare parent, damages it in the middle of a tensor, and tells where it is and what it was. */
async function buildDamaged(studio: RunningStudio) {
  const folder = join(studio.home, 'seedling', 'outputs', 'doctor');
  runCli(studio, ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--output', folder]);
  const built = join(folder, 'seedling-4m-healthcare-Q4_K_M.gguf');
  const path = join(folder, 'damaged.gguf');
  const sha256 = await hashOf(built);
  await rename(built, path);
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  const bytes = Buffer.alloc(48);
  const at = Math.floor(size * 0.5);
  await file.read(bytes, 0, bytes.length, at);
  await file.write(
    bytes.map((byte) => byte ^ 0x5a),
    0,
    bytes.length,
    at,
  );
  await file.close();
  return { folder, path, sha256 };
}

/** By the path, as it can be pasted; a folder is chosen with the button of its own. */
async function choose(page: Page, button: string, path: string): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  const dialog = page.getByRole('dialog');
  // The folder that is listed first writes its own path there.
  await expect(dialog.getByRole('textbox', { name: 'Path' })).not.toHaveValue('');
  await dialog.getByRole('textbox', { name: 'Path' }).fill(path);
  await dialog.getByRole('button', { name: 'Use path' }).click();
}

async function openDoctor(page: Page): Promise<void> {
  await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible();
  await page.keyboard.press('Control+6');
  await expect(page.getByRole('heading', { name: 'What is wrong with a file?' })).toBeVisible();
}

test('a damaged parent is found out, repaired to the byte, and answers', async ({
  studio,
  studioWindow: page,
}) => {
  const { folder, path, sha256 } = await buildDamaged(studio);
  await openDoctor(page);
  await expectAccessible(page);
  if (studio.surface === 'browser') {
    // A browser does not say where a dropped file lies: the way on is said, and leads there.
    await dropFiles(page, [path]);
    await expect(page.getByText('A browser does not say where a dropped file lies.')).toBeVisible();
    await page.getByRole('button', { name: 'Close' }).click();
    await choose(page, 'Check a file…', path);
  } else await dropFiles(page, [path]);

  // The checklist fills in; the finding names the tensor, its place is red on the map.
  const checks = page.getByRole('list', { name: 'Checks' }).first();
  await expect(page.getByRole('button', { name: 'Check again' })).toBeVisible({ timeout: 90_000 });
  await expect(checks.getByRole('listitem').filter({ hasText: 'Structure: passed' })).toBeVisible();
  await expect(checks.getByRole('listitem').filter({ hasText: 'Hashes' })).toContainText('1 error');
  const finding = page.getByRole('option').filter({ hasText: 'hashes/tensor' });
  await expect(finding).toBeVisible();
  await finding.click();
  await expect(map(page)).toHaveAttribute('aria-valuetext', /^blk\.\d+\..*1 damaged range$/);
  const canvas = map(page).locator('canvas');
  await expect.poll(() => isRedInTheMiddle(page)).toBe(true);
  await expectAccessible(page);

  // Keys zoom out to the whole file and walk to the damage from its beginning.
  await map(page).focus();
  await page.keyboard.press('0');
  await expect(canvas).toHaveAttribute('data-view', /^0-\d+$/);
  await page.keyboard.press('Home');
  await expect(map(page)).toHaveAttribute('aria-valuetext', /^Header/i);
  await page.keyboard.press('PageDown');
  await expect(map(page)).toHaveAttribute('aria-valuetext', /1 damaged range$/);
  await page.keyboard.press('Enter');
  await expect(canvas).not.toHaveAttribute('data-view', /^0-/);

  // The table twin shows the same part.
  await tab(page, /^Parts/).click();
  await page.getByRole('button', { name: /^damaged/ }).click();
  const parts = page.getByRole('grid', { name: 'Parts of the file' });
  await expect(parts.getByRole('row')).toHaveCount(2);
  await expectAccessible(page);

  // The plan says what would change before anything is written.
  await page.getByRole('button', { name: 'Plan a repair' }).first().click();
  const steps = page.getByRole('grid', { name: 'Steps of the repair' });
  await expect(steps.getByRole('checkbox')).toBeChecked();
  await expect(steps).toContainText('exact');
  await expect(page.getByRole('region', { name: 'Preview of the changes' })).toContainText('blk.');
  await expect(page.getByText('damaged.repaired.gguf')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Repair', exact: true }).click();

  // The report, and the file: what it was when it was built. The damaged one is as it was.
  const chat = page.getByRole('button', { name: 'Chat with it' });
  await expect(chat).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('region', { name: 'After' })).toContainText('healthy');
  await expect(page.getByRole('region', { name: 'Before' })).toContainText('damaged');
  await expectAccessible(page);
  expect(await hashOf(join(folder, 'damaged.repaired.gguf'))).toBe(sha256);
  expect(await hashOf(path)).not.toBe(sha256);

  await chat.click();
  const composer = page.getByPlaceholder(/Ask/);
  await composer.fill('What is a fracture?');
  await composer.press('Enter');
  await expect(page.getByRole('article').last()).toContainText('tokens', { timeout: 60_000 });
  expect(studio.problems).toEqual([]);
});

test('a folder is checked line by line, and a file comes from the library', async ({
  studio,
  studioWindow: page,
}) => {
  const { folder, path } = await buildDamaged(studio);
  await writeFile(join(folder, 'page.gguf'), '<!DOCTYPE html><html><body>404</body></html>');
  await openDoctor(page);
  await choose(page, 'Check a folder…', folder);
  const lines = page.getByRole('grid', { name: 'Files of the folder' });
  await expect(page.getByRole('button', { name: 'Check again' })).toBeVisible({ timeout: 90_000 });
  const line = (name: string) => lines.getByRole('row').filter({ hasText: name });
  await expect(line('damaged.gguf')).toContainText('is not what was written');
  await expect(line('page.gguf')).toContainText('damaged');
  await expectAccessible(page);

  // A finished line opens with what was found, without another check.
  await line('page.gguf').dblclick();
  await expect(page.getByRole('option').filter({ hasText: 'file/web-page' })).toBeVisible();
  await tab(page, /^Parts/).click();
  await expect(page.getByRole('grid', { name: 'Parts of the file' })).toContainText(
    'Unknown bytes',
  );
  await expectAccessible(page);

  // A healthy one says so. It comes from the library's own action.
  await rm(join(folder, 'page.gguf'));
  await rm(path);
  runCli(studio, ['build', 'domain', 'healthcare', '--level', 'Q2_K']);
  await page.keyboard.press('Control+1');
  const row = page
    .getByRole('grid', { name: 'Library' })
    .getByRole('row')
    .filter({ hasText: 'seedling-4m-healthcare-Q2_K' });
  await row.click();
  await page.getByRole('complementary').getByRole('button', { name: 'Check', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Nothing is wrong with it' })).toBeVisible({
    timeout: 90_000,
  });
  await expectAccessible(page);
});

test('what interrupted work left is listed, chosen and deleted after a yes', async ({
  studio,
  studioWindow: page,
}) => {
  const rejected = join(studio.home, 'seedling', 'outputs', 'gone-Q4_K_M.gguf.rejected');
  await openDoctor(page);
  runCli(studio, ['build', 'domain', 'healthcare', '--level', 'Q2_K']);
  await writeFile(rejected, Buffer.alloc(4096));
  await tab(page, 'Clean up').click();
  const leftovers = page.getByRole('grid', { name: 'Leftovers' });
  await page.getByRole('button', { name: 'Look again' }).click();
  const line = leftovers.getByRole('row').filter({ hasText: 'gone-Q4_K_M.gguf.rejected' });
  await expect(line).toContainText('Rejected output');
  await expect(line.getByRole('checkbox')).toBeChecked();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Delete \d+/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('This cannot be taken back');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(line).toHaveCount(0);
  await expect(readFile(rejected)).rejects.toThrow();
});

/** Whether the middle of the strip has the colour of damage. */
async function isRedInTheMiddle(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('[role="slider"] canvas');
    const context = canvas?.getContext('2d');
    if (canvas === null || context === null || context === undefined) return false;
    const ratio = canvas.height / canvas.getBoundingClientRect().height;
    const [red = 0, green = 0, blue = 0] = context.getImageData(
      Math.floor(canvas.width / 2),
      Math.floor(80 * ratio),
      1,
      1,
    ).data;
    return red > green + 60 && red > blue + 60;
  });
}
