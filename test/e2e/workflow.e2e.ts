// The workflow canvas as a researcher uses it: built by mouse, built by keyboard alone, wires refused, edits undone, drafts
// restored after a crash, a build killed and resumed. Real models, real hosts.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { makeBenchInputs } from '../bench/make-bench-inputs.ts';
import { expectAccessible } from './support/accessibility.ts';
import {
  addAt,
  centre,
  choose,
  drawWire,
  node,
  openWorkflow,
  palette,
  pullWire,
  resize,
  walkTo,
  wire,
} from './support/canvas.ts';
import type { RunningStudio } from './support/running-studio.ts';
import { expect, test } from './support/studio-test.ts';

test.setTimeout(180_000);

const levels = ['Q8_0', 'Q5_K_M', 'Q4_K_M', 'Q2_K'] as const;

async function expectBuilt(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  for (const level of levels) {
    await expect(node(page, 'quantize').getByText(level, { exact: true })).toBeVisible();
  }
  // Exact sizes are there before the run.
  await expect(node(page, 'quantize').getByText(/\d\.\d\d MB/)).toHaveCount(4);
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByText(/^\S+ is built\.$/)).toBeVisible({ timeout: 90_000 });
  await expect(node(page, 'quantize').getByText('cached', { exact: true })).toBeVisible();
}

test('builds the healthcare parent at four levels by mouse', async ({ studio }) => {
  const page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^Empty/ }).click();
  await addAt(page, 60, 60, /^seedling-4m Hugging Face/);
  await addAt(page, 60, 230, /^conditions/);
  await addAt(page, 60, 420, /^anatomy/);
  const pane = await page.locator('.react-flow__pane').boundingBox();
  if (pane === null) throw new Error('There is no canvas.');
  // A wire that is dropped on empty space asks what to add there.
  await pullWire(page, 'seedling-4m', { x: pane.x + 330, y: pane.y + 200 });
  await page.mouse.up();
  await choose(page, /^Merge/);
  await expect(wire(page, 'seedling-4m', 'merge')).toBeAttached();
  await drawWire(page, 'conditions', 'merge');
  await drawWire(page, 'anatomy', 'merge');
  await pullWire(page, 'merge', { x: pane.x + 590, y: pane.y + 180 });
  await page.mouse.up();
  await choose(page, /^Quantize/);
  await pullWire(page, 'quantize', { x: pane.x + 860, y: pane.y + 180 });
  await page.mouse.up();
  await choose(page, /^Package/);
  await page.getByRole('button', { name: 'Tidy' }).click();
  await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  for (const level of levels) {
    const chip = inspector.getByRole('button', { name: new RegExp(`^${level}`) });
    if ((await chip.getAttribute('aria-pressed')) !== 'true') await chip.click();
  }
  await expect(inspector.getByRole('button', { name: /^Q6_K \d/ })).toBeVisible();
  await expectBuilt(page);
  await expect(inspector.getByText('Outputs')).toBeVisible();
  await expect(inspector.getByRole('button', { name: 'Chat', exact: true })).toHaveCount(4);
  await expectAccessible(page);
});

test('builds the healthcare parent at four levels by keyboard alone', async ({ studio }) => {
  const page = await openWorkflow(studio);
  const type = async (text: string) => {
    await expect(palette(page)).toBeVisible();
    await page.keyboard.type(text);
  };
  const enter = () => page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Empty/ }).focus();
  await enter();
  await expect(page.locator('.react-flow__pane')).toBeVisible();
  for (const [kind, name, id] of [
    ['base', 'seedling-4m Hugging', 'seedling-4m'],
    ['adapter', 'conditions', 'conditions'],
    ['adapter', 'anatomy', 'anatomy'],
  ] as const) {
    await page.keyboard.press('/');
    await type(`add ${kind}`);
    await enter();
    await expect(palette(page)).toHaveAccessibleName(/^Choose/);
    await expect(
      palette(page)
        .getByRole('option', { name: new RegExp(id) })
        .first(),
    ).toBeVisible();
    await page.keyboard.type(name.split(' ')[0] ?? '');
    await enter();
    await expect(node(page, id)).toBeFocused();
  }
  for (const kind of ['merge', 'quantize', 'package'] as const) {
    await page.keyboard.press('/');
    await type(`add ${kind}`);
    await enter();
    await expect(node(page, kind)).toBeFocused();
  }
  await page.keyboard.press('t');
  for (const [from, to] of [
    ['seedling-4m', 'merge'],
    ['conditions', 'merge'],
    ['anatomy', 'merge'],
    ['merge', 'quantize'],
    ['quantize', 'package'],
  ] as const) {
    await walkTo(page, from);
    await page.keyboard.press('c');
    await type(`to ${to}`);
    await enter();
    await expect(wire(page, from, to)).toBeAttached();
  }
  await walkTo(page, 'quantize');
  await enter();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector.getByRole('button', { name: /^F16/ })).toBeVisible();
  for (const level of levels) {
    const chip = inspector.getByRole('button', { name: new RegExp(`^${level}`) });
    if ((await chip.getAttribute('aria-pressed')) === 'true') continue;
    for (let step = 0; step < 20; step++) {
      if (await chip.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Space');
    await expect(chip).toHaveAttribute('aria-pressed', 'true');
  }
  await expectBuilt(page);
});

test('refuses wires that do not fit, with the reason, and undoes what was done', async ({
  studio,
}) => {
  const page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^One domain/ }).click();
  await page.getByRole('radio', { name: /^Merged/ }).click();
  await page.getByRole('button', { name: 'Make recipe' }).click();
  await expect(node(page, 'quantize')).toBeVisible();
  const adapter = 'adapter-healthcare-conditions';
  await pullWire(page, adapter, await centre(node(page, 'quantize')));
  const reason = page.getByText('An adapter is not a model: merge it into its base first');
  await expect(reason).toBeVisible();
  await page.mouse.up();
  await expect(wire(page, adapter, 'quantize')).toHaveCount(0);

  await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
  await page.keyboard.press('Delete');
  await expect(node(page, 'quantize')).toHaveCount(0);
  await expect(wire(page, 'merge', 'quantize')).toHaveCount(0);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(wire(page, 'merge', 'quantize')).toBeAttached();
  await page.keyboard.press('ControlOrMeta+Shift+z');
  await expect(node(page, 'quantize')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(node(page, 'quantize')).toBeVisible();

  await node(page, 'merge').click({ position: { x: 60, y: 12 } });
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('ControlOrMeta+c');
  await page.keyboard.press('ControlOrMeta+v');
  await expect(page.locator('.react-flow__node')).toHaveCount(14);
  await expect(wire(page, 'merge-2', 'quantize-2')).toBeAttached();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(page.locator('.react-flow__node')).toHaveCount(7);
});

test('saves byte for byte, says when the file was changed elsewhere, and repairs broken files', async ({
  studio,
}) => {
  const folder = join(studio.home, 'seedling');
  await expect(studio.page.getByText('Seedling').first()).toBeVisible();
  const path = join(folder, 'mine.recipe.json');
  const text = `{ "version": 1, // kept\n  "nodes": [{ "id": "b", "kind": "base", "path": "seedling-4m" },\n    { "id": "q", "kind": "quantize", "levels": ["Q8_0"] }],\n  "edges": [ {"from":"b","to":"q"} ]\n}\n`;
  await writeFile(path, text);
  await writeFile(join(folder, 'broken.recipe.json'), text.replace('"edges"', '"edgs"'));
  const page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^mine/ }).click();
  await node(page, 'b').click({ position: { x: 60, y: 12 } });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ControlOrMeta+s');
  await expect(page.getByText('Saved mine.recipe.json.')).toBeVisible();
  const saved = await readFile(path, 'utf8');
  expect(saved.replaceAll(/, "position": \{ "x": -?\d+, "y": -?\d+ \}/g, '')).toBe(
    text.replaceAll(/ \}(?=[,\]])/g, ' }'),
  );

  await page.keyboard.press('ArrowDown');
  await writeFile(path, text);
  await page.keyboard.press('ControlOrMeta+s');
  const conflict = page.getByRole('dialog', { name: /changed by another program/ });
  await expect(conflict).toBeVisible();
  await conflict.getByRole('button', { name: 'Keep mine as a copy' }).click();
  await expect(page.getByRole('button', { name: 'Close mine-mine' })).toBeVisible();
  expect(await readFile(path, 'utf8')).toBe(text);

  await page.keyboard.press('ControlOrMeta+o');
  await choose(page, /^broken/);
  const area = page.getByRole('textbox', { name: 'Recipe text' });
  await expect(page.getByText('edgs', { exact: false }).first()).toBeVisible();
  await area.fill(text);
  await page.getByRole('button', { name: 'Show as canvas' }).click();
  await expect(node(page, 'q')).toBeVisible();
});

test('offers unsaved edits again after a crash', async ({ studio }) => {
  let page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^One domain/ }).click();
  await page.getByRole('button', { name: 'Make recipe' }).click();
  await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText('healthcare · edited')).toBeVisible();
  // A crash loses what was typed in the last half second; what was kept before, it must not.
  await expect
    .poll(() => readdir(join(studio.home, 'drafts'), { recursive: true }).catch(() => []))
    .toContainEqual(expect.stringMatching(/^\w+[\\/]\w+\.json$/));
  page = await studio.crashAndRestart();
  await page.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
  await expect(page.getByText(/^Unsaved edits of/)).toBeVisible();
  await page.getByRole('button', { name: 'Restore' }).click();
  await expect(node(page, 'quantize')).toBeVisible();
  await expect(page.getByText('healthcare · edited')).toBeVisible();
});

/** Without the validation prompts: asking a model of 0.3 B takes minutes on a small machine. */
const unvalidated = test.extend({
  folder: async ({ folder }, use) => {
    const home = join(folder, 'home');
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'settings.json'), '{ "version": 1, "validateBuilds": false }');
    await use(folder);
  },
});

/** A base of 0.3 B and a recipe of two levels: a build that runs for some seconds. Gives its folder of outputs. */
async function largeBuild(studio: RunningStudio): Promise<string> {
  const folder = join(studio.home, 'seedling');
  await expect(studio.page.getByText('Seedling').first()).toBeVisible();
  const { base } = await makeBenchInputs(folder, 4);
  const recipe = {
    version: 1,
    nodes: [
      { id: 'base', kind: 'base', path: base },
      { id: 'quantize', kind: 'quantize', levels: ['Q8_0', 'Q4_K_M'], folder: 'outputs/large' },
    ],
    edges: [{ from: 'base', to: 'quantize' }],
  };
  await writeFile(join(folder, 'large.recipe.json'), JSON.stringify(recipe));
  return join(folder, 'outputs', 'large');
}

/** Waits until a level of the build is written to this share, in per cent. */
async function writtenTo(page: Page, level: string, share: number): Promise<void> {
  const bar = node(page, 'quantize').getByRole('progressbar', { name: `${level} written` });
  await expect
    .poll(async () => Number((await bar.getAttribute('aria-valuenow').catch(() => null)) ?? 0), {
      timeout: 90_000,
      intervals: [50],
    })
    .toBeGreaterThanOrEqual(share);
}

unvalidated(
  'finds a build again after a reload, cancels it, and goes on from there',
  async ({ studio }) => {
    const outputs = await largeBuild(studio);
    const page = await openWorkflow(studio);
    await page.getByRole('button', { name: /^large/ }).click();
    await expect(node(page, 'quantize').getByText(/\d MB/)).toHaveCount(2, { timeout: 60_000 });
    await page.keyboard.press('ControlOrMeta+Enter');
    await writtenTo(page, 'Q8_0', 1);
    // Changed and saved meanwhile.
    await node(page, 'quantize').click({ position: { x: 60, y: 12 } });
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await inspector.getByRole('button', { name: /^Q2_K/ }).click();
    const mark = node(page, 'quantize').getByText('changed since this run began');
    await expect(mark).toBeVisible();
    await page.keyboard.press('ControlOrMeta+s');
    await expect(page.getByText('Saved large.recipe.json.')).toBeVisible();
    await page.reload();
    await openWorkflow(studio);
    await page.getByRole('button', { name: /^large/ }).click();
    await expect(mark).toBeVisible();

    await writtenTo(page, 'Q4_K_M', 20);
    await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
    const run = page.getByRole('region', { name: 'Last run' });
    await expect(run.getByText('cancelled', { exact: true })).toBeVisible({ timeout: 30_000 });
    await expect(mark).toHaveCount(0);
    // What was written stays, to go on from.
    const sizes = async () =>
      Promise.all(
        (await readdir(outputs)).map(async (name) => (await stat(join(outputs, name))).size),
      );
    expect(Math.max(...(await sizes()))).toBeGreaterThan(1_000_000);
    await run.getByRole('button', { name: 'Resume' }).click();
    await expect(page.getByText(/^\S+ is built\.$/)).toBeVisible({ timeout: 120_000 });
    await expect(mark).toHaveCount(0);
  },
);

test('adds a model of the library to the canvas, and keeps the graph in sight when the window shrinks', async ({
  studio,
}) => {
  const { page } = studio;
  await page.getByText('seedling-4m', { exact: true }).first().click();
  await page.getByRole('button', { name: 'Add to workflow' }).click();
  // No recipe was open: one is begun.
  await expect(node(page, 'seedling-4m')).toBeVisible();
  await resize(studio, 1900, 1000);
  await page.getByRole('application', { name: /^Canvas of/ }).press('f');
  // In the middle of the wide window, where the narrow one has nothing any more.
  await expect.poll(async () => (await centre(node(page, 'seedling-4m'))).x).toBeGreaterThan(800);
  await resize(studio, 1000, 640);
  await expect(node(page, 'seedling-4m')).toBeInViewport({ ratio: 1 });
});

unvalidated('resumes a build whose host was killed at 30 %', async ({ studio }) => {
  await largeBuild(studio);
  const page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^large/ }).click();
  await expect(node(page, 'quantize').getByText(/\d MB/)).toHaveCount(2, { timeout: 60_000 });
  await page.keyboard.press('ControlOrMeta+Enter');
  await writtenTo(page, 'Q8_0', 30);
  expect(studio.killHost('factory')).toBe(true);
  const again = page.getByRole('button', { name: /^(Retry|Resume)$/ });
  await expect(again.first()).toBeVisible({ timeout: 30_000 });
  await again.first().click();
  await expect(page.getByText(/^\S+ is built\.$/)).toBeVisible({ timeout: 120_000 });
  await expect(node(page, 'quantize').getByText('cached', { exact: true })).toBeVisible();
});
