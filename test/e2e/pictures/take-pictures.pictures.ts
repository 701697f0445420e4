// Draws docs/images anew: every screen of the real studio with real models, dark and light. Run by `npm run pictures`; the
// README and docs show what it leaves. It fails like a test when a screen cannot be reached. STUDIO_PICTURES_WIDTH=1100 (or
// 2560) draws them that wide into .cache/pictures/1100 instead, to be looked at for what overflows.
import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { node } from '../support/canvas.ts';
import { runCli } from '../support/run-cli.ts';
import type { RunningStudio } from '../support/running-studio.ts';
import { repositoryRoot } from '../support/runtimes.ts';
import { takeScreenshot } from '../support/screenshot.ts';
import { test } from '../support/studio-test.ts';

const width = Number(process.env['STUDIO_PICTURES_WIDTH'] ?? 1440);
const images =
  width === 1440
    ? join(repositoryRoot, 'docs', 'images')
    : join(repositoryRoot, '.cache', 'pictures', String(width));
const themes = ['dark', 'light'] as const;

/** Takes the same view in both themes: the window follows the system's. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await takeScreenshot(page, join(images, `${name}-${theme}.png`));
  }
}

const screen = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('button', { name, exact: false }).first().click();

const gatedRecipe = {
  version: 1,
  name: 'Healthcare with a gate',
  nodes: [
    { id: 'base', kind: 'base', path: 'seedling-4m' },
    { id: 'conditions', kind: 'adapter', path: 'adapters/conditions' },
    { id: 'anatomy', kind: 'adapter', path: 'adapters/anatomy' },
    { id: 'merge', kind: 'merge', method: 'sum' },
    {
      id: 'imatrix',
      kind: 'imatrix',
      texts: ['texts/calibration/general.txt', 'texts/calibration/conditions.txt'],
    },
    {
      id: 'levels',
      kind: 'quantize',
      levels: ['Q8_0', 'Q5_K_M', 'Q4_K_M', 'Q2_K'],
      folder: 'outputs/gated',
    },
    {
      id: 'quality',
      kind: 'evaluate',
      suites: ['general', 'conditions', 'anatomy', 'science'],
      gate: 0.03,
      chunks: 60,
      contextSize: 128,
    },
  ],
  edges: [
    { from: 'base', to: 'merge' },
    { from: 'conditions', to: 'merge' },
    { from: 'anatomy', to: 'merge' },
    { from: 'merge', to: 'levels' },
    { from: 'imatrix', to: 'levels' },
    { from: 'levels', to: 'quality' },
  ],
};

/** A build with quality steps: before it runs, while it measures, and refused by its gate, on the canvas and among the jobs. */
async function shootGate({ page, home }: RunningStudio): Promise<void> {
  const path = join(home, 'seedling', 'healthcare-gated.recipe.json');
  await writeFile(path, JSON.stringify(gatedRecipe));
  await page.keyboard.press('ControlOrMeta+o');
  await page
    .getByRole('dialog', { name: /^Open/ })
    .getByRole('option', { name: /^healthcare-gated/ })
    .first()
    .click();
  const evaluate = node(page, 'quality');
  await expect(node(page, 'levels').getByText(/MB/)).toHaveCount(4, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Tidy' }).click();
  await evaluate.click({ position: { x: 60, y: 12 } });
  await shoot(page, 'workflow-quality');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(evaluate.getByText('running', { exact: true })).toBeVisible({ timeout: 90_000 });
  await shoot(page, 'workflow-running');
  await expect(evaluate.getByText('gate failed')).toBeVisible({ timeout: 120_000 });
  await expect(evaluate.getByText('failed', { exact: true })).toBeVisible();
  await shoot(page, 'workflow-gate');
  await page.keyboard.press('Control+j');
  await page.getByRole('grid', { name: 'Jobs' }).getByText('failed').first().click();
  await page.getByRole('tab', { name: /^Outputs/ }).click();
  await expect(page.getByRole('list', { name: 'Measured' })).toBeVisible();
  await shoot(page, 'jobs-gate');
  await page.keyboard.press('Control+j');
}

/** Opens another run of the list. */
async function openRun(page: Page, title: RegExp): Promise<void> {
  // It may have come a moment ago: the list is opened until it has it.
  await expect(async () => {
    await page.keyboard.press('Escape');
    await page.getByRole('group', { name: 'Run' }).getByRole('button').first().click();
    const item = page.getByRole('menuitemcheckbox', { name: title }).first();
    await item.click({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
}

/** One card of the Compare screen at the top of the window. */
async function shootCard(page: Page, card: string, name: string): Promise<void> {
  const region = page.getByRole('region', { name: card, exact: true });
  await region.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await shoot(page, name);
}

/** Measures the built family on three suites, in the window; ends with the run on the screen and the jobs closed. */
async function measureFamily(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add run' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add run' });
  await dialog.getByRole('combobox', { name: 'Unquantized model' }).click();
  await page.getByRole('option', { name: /^seedling-4m · BF16/ }).click();
  await dialog.getByRole('button', { name: /^Choose all/ }).click();
  for (const suite of ['Conditions', 'Anatomy', 'Science']) {
    await dialog.getByRole('checkbox', { name: suite, exact: true }).click();
  }
  await dialog.getByRole('textbox', { name: 'Chunks per text' }).fill('8');
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Healthcare levels');
  await shoot(page, 'compare-add');
  await dialog.getByRole('button', { name: 'Measure' }).click();
  const title = page.getByRole('heading', { level: 1 });
  await expect(title).toHaveText('Compare · Healthcare levels', { timeout: 90_000 });
  await expect(page.getByText('No jobs running')).toBeVisible({ timeout: 90_000 });
  await page.keyboard.press('Control+j');
  await page.getByRole('button', { name: /^Q4_K_M, stock level/ }).waitFor();
}

/** The embedded family, built by the command line: tested, edited, served and asked. */
async function shootRouter(studio: RunningStudio, page: Page): Promise<void> {
  runCli(studio, ['build', join(studio.home, 'seedling', 'seedling.recipe.json')]);
  await screen(page, 'Router');
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: /^seedling outputs/ }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Router · seedling');
  await page.keyboard.press('/');
  await page.keyboard.type('My joints are swollen and they hurt in the morning');
  await expect(page.getByRole('search').getByRole('status')).toContainText('goes to healthcare');
  const matrix = page.getByRole('group', { name: 'Confusion matrix' });
  await expect(matrix.getByRole('button').first()).toBeVisible({ timeout: 30_000 });
  await shoot(page, 'router');
  await page.locator('.react-flow__node').first().click();
  await shoot(page, 'router-edit');
  await page.getByRole('tab', { name: 'Chat' }).click();
  await page.getByRole('button', { name: 'Save and serve' }).last().click();
  await expect(page.getByRole('banner').getByText('served', { exact: true })).toBeVisible({
    timeout: 60_000,
  });
  await page
    .getByRole('textbox', { name: 'Prompt' })
    .fill('I am worried: my knee is swollen and hurts. What could it be?');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/tok\/s/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Why', exact: true }).click();
  await shoot(page, 'router-chat');
}

/** A parent with damage in three places: found, planned and repaired; then its folder. */
async function shootDoctor({ home }: RunningStudio, page: Page): Promise<void> {
  const folder = join(home, 'seedling', 'outputs');
  const built = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) =>
    /healthcare-Q4_K_M\.gguf$/.test(name),
  );
  if (built === undefined) throw new Error('The family was built before.');
  const path = join(folder, dirname(built), 'healthcare-copied.gguf');
  const bytes = await readFile(join(folder, built));
  for (const share of [0.3, 0.52, 0.66]) {
    const at = Math.floor(bytes.length * share);
    bytes.fill(0xff, at, at + 96);
  }
  await writeFile(path, bytes);
  const choose = async (button: string, place: string) => {
    await page.getByRole('button', { name: button }).first().click();
    const field = page.getByRole('dialog').getByRole('textbox', { name: 'Path' });
    await expect(field).not.toHaveValue('');
    await field.fill(place);
    await page.getByRole('dialog').getByRole('button', { name: 'Use path' }).click();
  };
  const again = page.getByRole('button', { name: 'Check again' });
  await screen(page, 'Doctor');
  await expect(page.getByRole('heading', { name: 'What is wrong with a file?' })).toBeVisible();
  await shoot(page, 'doctor-empty');
  await choose('Check a file…', path);
  await expect(again).toBeVisible({ timeout: 90_000 });
  await page.getByRole('option').nth(1).click();
  await shoot(page, 'doctor');
  await page.getByRole('button', { name: 'Plan a repair' }).first().click();
  await expect(page.getByRole('grid', { name: 'Steps of the repair' })).toBeVisible();
  await shoot(page, 'doctor-plan');
  await page.getByRole('button', { name: 'Repair', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Chat with it' })).toBeVisible({
    timeout: 120_000,
  });
  await shoot(page, 'doctor-report');
  await choose('Check a folder…', folder);
  await expect(again).toBeVisible({ timeout: 90_000 });
  await shoot(page, 'doctor-folder');
}

test('every screen, dark and light', async ({ studio, studioWindow: page }) => {
  test.setTimeout(900_000);
  await rm(images, { recursive: true, force: true });
  await mkdir(images, { recursive: true });
  await page.setViewportSize({ width, height: 900 });

  // The family that the pictures show is built by the command line, as a user would.
  runCli(studio, ['build', 'domain', 'healthcare', '--level', 'Q8_0,Q5_K_M,Q4_K_M,Q2_K']);

  await expect(page.getByText('seedling-4m-healthcare-Q4_K_M').first()).toBeVisible();
  await shoot(page, 'library');
  await page.getByText('seedling-4m-healthcare-Q4_K_M').first().click();
  await page.getByRole('tab', { name: /Tensors/ }).click();
  await expect(page.getByText('blk.0.attn_q.weight').first()).toBeVisible();
  await shoot(page, 'library-details');

  await screen(page, 'Workflow');
  await shoot(page, 'workflow-empty');
  await page.getByRole('button', { name: /One domain/ }).click();
  await shoot(page, 'workflow-template');
  const dialog = page.getByRole('dialog');
  for (const level of ['Q8_0', 'Q4_K_M', 'Q2_K']) {
    await dialog.getByRole('button', { name: level, exact: true }).click();
  }
  await dialog.getByRole('button', { name: 'Make recipe' }).click();
  const quantize = page.locator('.react-flow__node').filter({ hasText: 'Q2_K' });
  await expect(quantize).toContainText('MB');
  await quantize.click();
  await shoot(page, 'workflow');

  await screen(page, 'Chat');
  await expect(page.getByText('seedling-4m-healthcare').first()).toBeVisible();
  await shoot(page, 'chat-empty');
  await page.getByText('seedling-4m-healthcare').first().click();
  // The most likely tokens: what differs between columns is the level's doing.
  await page.getByRole('button', { name: /^temp / }).click();
  const temperature = page.getByRole('textbox', { name: 'temp', exact: true });
  await temperature.fill('0');
  await temperature.press('Enter');
  await shoot(page, 'chat-sampling');
  await page.getByRole('button', { name: 'Close panel' }).click();
  const composer = page.getByPlaceholder(/Ask/);
  await composer.fill('What is a fracture, and what should I do first?');
  await composer.press('Enter');
  await expect(page.getByText(/First difference/i).first()).toBeVisible({ timeout: 60_000 });
  await shoot(page, 'chat');

  await page.keyboard.press('Control+j');
  await page.getByText('domain healthcare').first().click();
  await expect(page.getByText(/Q8_0/).last()).toBeVisible();
  await shoot(page, 'jobs');
  await page.keyboard.press('Control+j');

  await screen(page, 'Compare');
  await shoot(page, 'compare-empty');
  await measureFamily(page);
  await shoot(page, 'compare');
  await shootCard(page, 'By domain', 'compare-domains');
  const drift = page.getByRole('region', { name: 'Token drift' });
  await drift.locator('[data-other="true"]').first().click();
  await expect(page.getByRole('columnheader', { name: 'Original' })).toBeVisible({
    timeout: 30_000,
  });
  await shootCard(page, 'Token drift', 'compare-drift');
  await page
    .getByRole('region', { name: 'Tensors' })
    .getByRole('radio', { name: 'Rounding error' })
    .click();
  await shootCard(page, 'Tensors', 'compare-tensors');
  const words = '--levels Q8_0,Q5_K_M,Q4_K_M,Q2_K -c 128 --chunks 6 -t 1';
  const adapters = ['conditions', 'anatomy', 'science'].flatMap((name) => [
    '--lora',
    join(studio.home, 'seedling', 'adapters', name),
  ]);
  runCli(studio, [
    'matrix',
    join(studio.home, 'seedling', 'seedling-4m'),
    ...adapters,
    ...words.split(' '),
    ...['--name', 'Healthcare, adapters × levels'],
    ...['-o', join(studio.home, 'seedling', 'measurements', 'adapters-levels')],
  ]);
  await openRun(page, /adapters × levels/);
  await shootCard(page, 'Adapter × level', 'compare-matrix');

  await screen(page, 'Workflow');
  await shootGate(studio);
  await screen(page, 'Compare');
  const familyFolder = join(studio.home, 'seedling', 'outputs');
  const family = readdirSync(familyFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /healthcare-Q\w+\.gguf$/.test(name),
  );
  const reference = join(studio.home, 'seedling', 'seedling-4m');
  runCli(studio, [
    ...['eval', '-r', reference, ...family.map((name) => join(familyFolder, name))],
    ...['--suite', 'conditions', '--suite', 'anatomy', '-c', '256', '--chunks', '6', '-t', '1'],
    ...['--name', 'Shorter chunks', '--outdir', join(studio.home, 'seedling', 'measurements')],
  ]);
  await openRun(page, /Shorter chunks/);
  await page.getByRole('button', { name: 'Compare with…' }).click();
  await page.getByRole('menuitemcheckbox', { name: /^Healthcare levels/ }).click();
  await shootCard(page, 'Two runs', 'compare-runs');

  runCli(studio, [
    ...['allocate', reference, '--budget', 'Q2_K', '--probe-suite', 'general', '--no-probe'],
    ...['--suite', 'conditions', '--suite', 'science', '-c', '128', '--chunks', '10', '-t', '1'],
    ...['-o', join(familyFolder, 'seedling-4m-hybrid-Q2_K.gguf')],
    ...['--outdir', join(studio.home, 'seedling', 'measurements')],
  ]);
  await openRun(page, /Hybrid/);
  await shootCard(page, 'Hybrid against stock', 'compare-hybrid');

  await shootRouter(studio, page);
  await shootDoctor(studio, page);
  await screen(page, 'Settings');
  await page.waitForTimeout(800);
  await shoot(page, 'settings');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot(page, 'palette');
});
