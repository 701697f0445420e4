// Draws docs/images anew: every screen of the real studio with real models, dark and light. Run by `npm run pictures`; the
// README and docs show what it leaves. It fails like a test when a screen cannot be reached.
import { spawnSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { repositoryRoot } from '../support/runtimes.ts';
import { takeScreenshot } from '../support/screenshot.ts';
import { test } from '../support/studio-test.ts';

const images = join(repositoryRoot, 'docs', 'images');
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

/** Measures the built family on three suites, in the window; ends with the run on the screen and the jobs closed. */
async function measureFamily(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add run' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add run' });
  await dialog.getByRole('combobox', { name: 'Unquantized model' }).click();
  await page.getByRole('option', { name: /^seedling-4m · BF16/ }).click();
  await dialog.getByRole('button', { name: /^Choose all/ }).click();
  for (const suite of ['Conditions', 'Anatomy', 'Science']) {
    await dialog.getByRole('checkbox', { name: suite }).click();
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

test('every screen, dark and light', async ({ studio, studioWindow: page }) => {
  test.setTimeout(300_000);
  await rm(images, { recursive: true, force: true });
  await mkdir(images, { recursive: true });
  await page.setViewportSize({ width: 1440, height: 900 });

  // The family that the pictures show is built by the command line, as a user would.
  const built = spawnSync(
    process.execPath,
    [
      join(repositoryRoot, 'dist/cli/main.js'),
      ...['build', 'domain', 'healthcare', '--level', 'Q8_0,Q5_K_M,Q4_K_M,Q2_K'],
    ],
    { env: { ...process.env, GGUF_STUDIO_HOME: studio.home }, encoding: 'utf8' },
  );
  expect(built.status, built.stderr).toBe(0);

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
  await page.getByRole('region', { name: 'By domain' }).scrollIntoViewIfNeeded();
  await page
    .getByRole('region', { name: 'Token drift' })
    .locator('[data-other="true"]')
    .first()
    .click();
  await expect(page.getByRole('columnheader', { name: 'Original' })).toBeVisible({
    timeout: 30_000,
  });
  await page.getByRole('region', { name: 'Token drift' }).scrollIntoViewIfNeeded();
  await shoot(page, 'compare-drift');

  for (const name of ['Router', 'Doctor', 'Settings']) {
    await screen(page, name);
    await page.waitForTimeout(800);
    await shoot(page, name.toLowerCase());
  }
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot(page, 'palette');
});
