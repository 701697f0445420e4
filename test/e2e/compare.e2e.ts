// The Compare screen as a user has it: a run measured in the window, looked at in every view, set against a second one, saved
// as CSV and SVG, and put away. Models, texts and figures are real.
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import type { RunningStudio } from './support/running-studio.ts';
import { runCli } from './support/run-cli.ts';
import { expect, test } from './support/studio-test.ts';

const levels = ['Q8_0', 'Q4_K_M', 'Q2_K'];

const buildLevels = (studio: RunningStudio) =>
  runCli(studio, ['build', 'domain', 'healthcare', '--level', levels.join(',')]);

const measurements = (studio: RunningStudio) => join(studio.home, 'seedling', 'measurements');
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const goToCompare = (page: Page) => page.keyboard.press('Control+3');

/** Measures the three levels on two suites through the dialog; ends with the run on the screen. */
async function measure(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Add run' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add run' });
  await dialog.getByRole('combobox', { name: 'Unquantized model' }).click();
  await page.getByRole('option', { name: /^seedling-4m · BF16/ }).click();
  await dialog.getByRole('button', { name: 'Choose all 3' }).click();
  await dialog.getByRole('checkbox', { name: 'Conditions', exact: true }).click();
  await dialog.getByRole('textbox', { name: 'Chunks per text' }).fill('2');
  await dialog.getByRole('textbox', { name: 'Title' }).fill(title);
  await expect(dialog.getByText(/2,048 tokens through 4 models/)).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Measure' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Compare · ${title}`, {
    timeout: 90_000,
  });
}

test('levels are measured in the window and shown in every view', async ({
  studio,
  studioWindow: page,
}) => {
  test.setTimeout(240_000);
  await expect(page.getByRole('grid', { name: 'Library' })).toBeVisible();
  await goToCompare(page);
  await expect(page.getByRole('heading', { name: 'Nothing is measured yet' })).toBeVisible();
  await expectAccessible(page);
  buildLevels(studio);
  await measure(page, 'First');
  // Times come after the quality passes; then the job is done.
  await expect(page.getByText('done', { exact: true }).first()).toBeVisible({ timeout: 90_000 });
  await page.keyboard.press('Control+j');

  const plane = page.getByRole('region', { name: 'Size against quality' });
  const points = plane.locator('svg [role="button"]');
  await expect(points).toHaveCount(3);
  await expect(points.nth(0)).toHaveAccessibleName(/^Q2_K, stock level, .* MB, Mean KLD 0\.0/);
  // By keyboard: into the plane, to the next point, marked, found again in the table.
  await points.nth(0).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(points.nth(1)).toHaveAttribute('aria-pressed', 'true');
  const figures = page.getByRole('grid', { name: 'Figures' });
  await expect(figures.getByRole('row', { selected: true })).toContainText('Q4_K_M');
  for (const metric of ['Same top', 'PPL ratio', 'Tokens/s']) {
    await plane.getByRole('radio', { name: metric }).click();
    await expect(points).toHaveCount(3);
  }
  await plane.getByRole('radio', { name: 'Mean KLD' }).click();
  await plane.getByRole('button', { name: /show as a table/ }).click();
  await expect(
    plane
      .getByRole('table', { name: /as a table/ })
      .getByRole('row')
      .filter({ hasText: 'Q8_0' }),
  ).toBeVisible();
  await plane.getByRole('button', { name: /show the chart/ }).click();

  const sizes = async () => {
    const rows = figures.getByRole('row');
    return (await rows.allInnerTexts()).slice(1).map((row) => row.split('\n')[0]);
  };
  expect(await sizes()).toEqual(['Q8_0', 'Q4_K_M', 'Q2_K']);
  await figures.getByRole('button', { name: 'Mean KLD' }).click();
  expect(await sizes()).toEqual(['Q2_K', 'Q4_K_M', 'Q8_0']);

  await region(page, 'Pick').getByText('Quality-critical').waitFor();
  await expect(region(page, 'Run').getByText('512 tokens')).toBeVisible();
  const domains = page.getByRole('region', { name: 'By domain' });
  await domains.getByRole('button', { name: /^Q2_K on Conditions: Mean KLD/ }).click();
  await expect(plane.getByText(/^Conditions · /)).toBeVisible();

  const drift = region(page, 'Token drift');
  await drift.locator('[data-other]').first().waitFor();
  await drift.locator('[data-other]').nth(3).click();
  await expect(drift.getByRole('columnheader', { name: 'Original' })).toBeVisible({
    timeout: 30_000,
  });
  const tensors = page.getByRole('region', { name: 'Tensors' });
  await tensors.getByRole('radio', { name: 'Rounding error' }).click();
  await tensors.getByRole('button', { name: /show as a table/ }).click();
  await expect(tensors.getByRole('row').filter({ hasText: 'blk.0.attn_q.weight' })).toBeVisible();
  await expectAccessible(page);
  expect(studio.problems).toEqual([]);
});

test('two runs of the same files have no difference; one is put away', async ({
  studio,
  studioWindow: page,
}) => {
  test.setTimeout(240_000);
  buildLevels(studio);
  await goToCompare(page);
  await measure(page, 'First');
  await measure(page, 'Second');
  await page.getByRole('button', { name: 'Compare with…' }).click();
  await page.getByRole('menuitemcheckbox', { name: /^First/ }).click();
  const both = region(page, 'Two runs');
  await expect(both.getByText('no difference in 3 files')).toBeVisible();
  await expectAccessible(page, '[aria-label="Two runs"]');

  // A file that is none is listed, explained, and can be put away; the folder is kept.
  await mkdir(join(measurements(studio), 'damaged'), { recursive: true });
  await writeFile(join(measurements(studio), 'damaged', 'run.json'), '{"version": 1}');
  const chooser = page.getByRole('group', { name: 'Run' }).getByRole('button').first();
  await expect(async () => {
    await chooser.click();
    const damaged = page.getByRole('menuitemcheckbox', { name: /^damaged/ });
    if (!(await damaged.isVisible())) await page.keyboard.press('Escape');
    await damaged.click({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await expect(page.getByRole('alert')).toContainText('cannot be read: id');
  await page.getByRole('button', { name: 'Remove from the list' }).click();
  await page.getByRole('button', { name: 'Remove run' }).click();
  await expect(page.getByRole('heading', { level: 1 })).not.toContainText('damaged');
  expect(await readdir(join(measurements(studio), '.removed'))).toEqual(['damaged']);
});

/** What the menu of a chart saves: as the browser downloads it, on the desktop as the dialog's answer would have it. */
async function saveChart(studio: RunningStudio, kind: string): Promise<SavedFile> {
  const { page, electron } = studio;
  const open = () => page.getByRole('button', { name: 'Save Size against quality' }).click();
  const choose = () => page.getByRole('menuitem', { name: kind }).click();
  if (electron === undefined) {
    await open();
    const [download] = await Promise.all([page.waitForEvent('download'), choose()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }
  const folder = await mkdtemp(join(studio.home, 'saved-'));
  // Nobody is there to answer the system's own dialog; all before and behind it is real.
  await electron.evaluate(({ dialog, session }, target) => {
    const at = (name: string) => `${target}/${name.split('/').pop() ?? ''}`;
    dialog.showSaveDialog = (...words: unknown[]) => {
      const { defaultPath = '' } = words.at(-1) as { defaultPath?: string };
      return Promise.resolve({ canceled: false, filePath: at(defaultPath) });
    };
    session.defaultSession.removeAllListeners('will-download');
    session.defaultSession.on('will-download', (_event, item) => {
      item.setSavePath(at(item.getFilename()));
    });
  }, folder);
  await open();
  await choose();
  await expect.poll(async () => (await readdir(folder)).length).toBe(1);
  const [name = ''] = await readdir(folder);
  // A download has its name before it has its bytes.
  await expect.poll(async () => (await stat(join(folder, name))).size).toBeGreaterThan(0);
  return { name, bytes: await readFile(join(folder, name)) };
}

interface SavedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

test('a chart is saved as CSV, SVG and PNG', async ({ studio, studioWindow: page }) => {
  test.setTimeout(180_000);
  buildLevels(studio);
  await goToCompare(page);
  await measure(page, 'Saved run');
  const csv = await saveChart(studio, 'CSV table');
  expect(csv.name).toBe('Saved-run-size-quality.csv');
  expect(csv.bytes.toString()).toMatch(/^subject,level,form,bytes,bits_per_weight,mean_kld_nats/);
  expect(csv.bytes.toString()).toMatch(/^Q4_K_M,Q4_K_M,stock level,\d+,/m);
  const svg = (await saveChart(studio, 'SVG drawing')).bytes.toString();
  expect(svg).toContain('Q4_K_M');
  // Alone on a page, the drawing has its colours: no token of the window is left in it.
  expect(svg).not.toContain('var(--');
  const png = await saveChart(studio, 'PNG picture');
  expect(png.name).toBe('Saved-run-size-quality.png');
  expect(png.bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  // Twice the drawing's size, both from the header.
  const drawn = await page
    .getByRole('region', { name: 'Size against quality' })
    .locator('svg')
    .filter({ has: page.locator('[role="button"]') })
    .getAttribute('viewBox');
  const [, , width, height] = (drawn ?? '').split(' ').map(Number);
  expect([png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]).toEqual([
    (width ?? 0) * 2,
    (height ?? 0) * 2,
  ]);
  expect(width).toBeGreaterThan(400);
  expect(png.bytes.length).toBeGreaterThan(10_000);
});
