// The quality steps of a recipe as a researcher uses them: an importance matrix and a gate are put on the canvas by mouse and by
// keyboard, the build measures, the gate refuses a file with its reason, and once it is loosened the run opens in Compare.
import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { centre, choose, node, openWorkflow, palette, pullWire, wire } from './support/canvas.ts';
import type { RunningStudio } from './support/running-studio.ts';
import { expect, test } from './support/studio-test.ts';

test.setTimeout(240_000);

/** A base and two levels, of which one is far from it. */
const recipe = {
  version: 1,
  nodes: [
    { id: 'base', kind: 'base', path: 'seedling-4m' },
    { id: 'quantize', kind: 'quantize', levels: ['Q8_0', 'Q2_K'], folder: 'outputs/gated' },
  ],
  edges: [{ from: 'base', to: 'quantize' }],
};

const inspector = (page: Page) => page.getByRole('complementary', { name: 'Inspector' });

/** Types a number into a field of the inspector. */
async function setNumber(page: Page, name: RegExp, value: string): Promise<void> {
  const field = inspector(page).getByRole('textbox', { name });
  await field.fill(value);
  await field.press('Enter');
}

/** Puts both steps on the canvas, the matrix by keyboard and the evaluation by mouse. */
async function addQualityNodes(studio: RunningStudio): Promise<Page> {
  await expect(studio.page.getByText('Seedling').first()).toBeVisible();
  await writeFile(join(studio.home, 'seedling', 'gated.recipe.json'), JSON.stringify(recipe));
  const page = await openWorkflow(studio);
  await page.getByRole('button', { name: /^gated/ }).click();

  // By keyboard: a matrix of the library, wired; then texts take the place of its file, so that the build collects it.
  await expect(node(page, 'quantize')).toBeVisible();
  await page.keyboard.press('/');
  await expect(palette(page)).toBeVisible();
  await page.keyboard.type('add imatrix');
  await page.keyboard.press('Enter');
  const file = palette(page).getByRole('option', { name: /^seedling-4m\.imatrix/ });
  await expect(file.first()).toBeVisible();
  await page.keyboard.type('seedling-4m');
  await page.keyboard.press('Enter');
  const matrix = node(page, 'seedling-4m.imatrix');
  await expect(matrix).toBeFocused();
  await page.keyboard.press('c');
  await page.keyboard.type('to quantize');
  await page.keyboard.press('Enter');
  await expect(wire(page, 'seedling-4m.imatrix', 'quantize')).toBeAttached();
  await matrix.focus();
  await page.keyboard.press('Enter');
  const texts = inspector(page).getByRole('textbox', { name: 'Calibration texts' });
  await texts.fill('texts/calibration/general.txt, texts/calibration/conditions.txt');
  await texts.press('Enter');
  await expect(matrix).toContainText('collected matrix');
  await setNumber(page, /^Chunks/, '16');

  // By mouse: a wire that is dropped on empty space asks what to add there.
  const start = await centre(node(page, 'quantize').locator('.react-flow__handle.source'));
  await pullWire(page, 'quantize', { x: start.x + 160, y: start.y + 60 });
  await page.mouse.up();
  await choose(page, /^Evaluate/);
  await expect(wire(page, 'quantize', 'evaluate')).toBeAttached();
  await node(page, 'evaluate').click({ position: { x: 60, y: 12 } });
  await setNumber(page, /^Chunks/, '12');
  await setNumber(page, /^Context/, '128');
  await setNumber(page, /^Gate: mean KLD/, '0.005');
  return page;
}

/** Every word that the chips of these nodes show from now on: a quick step would be over between two looks. */
async function watchChips(page: Page, ids: readonly string[]): Promise<() => Promise<string[]>> {
  const key = `seen-${Math.random()}`;
  await page.evaluate(
    ([name, watched]) => {
      const seen = new Set<string>();
      (window as unknown as Record<string, unknown>)[name] = seen;
      const look = () => {
        for (const id of watched) {
          const chip = document.querySelector(
            `.react-flow__node[data-id="${id}"] header > :nth-child(2)`,
          );
          if (chip?.textContent) seen.add(`${id} ${chip.textContent}`);
        }
      };
      look();
      new MutationObserver(look).observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
      });
    },
    [key, [...ids]] as const,
  );
  return () =>
    page.evaluate((name) => [...(window as unknown as Record<string, Set<string>>)[name]!], key);
}

test('a gate refuses a level with its reason, is loosened, and the run opens in Compare', async ({
  studio,
}) => {
  const page = await addQualityNodes(studio);
  const outputs = join(studio.home, 'seedling', 'outputs', 'gated');
  const matrix = 'seedling-4m.imatrix';
  const seen = await watchChips(page, [matrix, 'quantize', 'evaluate']);
  await page.keyboard.press('ControlOrMeta+Enter');
  const evaluate = node(page, 'evaluate');
  await expect(evaluate.getByText('failed', { exact: true })).toBeVisible({ timeout: 90_000 });
  expect(await seen()).toEqual(
    expect.arrayContaining([`${matrix} running`, 'quantize running', 'evaluate running']),
  );
  // The level that failed, with its figure, on the node and in full beside it.
  await expect(evaluate.getByText('gate failed')).toBeVisible();
  await expect(evaluate).toContainText('Q2_K');
  const reason = inspector(page).getByText(
    /Q2_K has a mean KLD of 0\.0\d+ ± 0\.0\d+ on "General"; the gate of "evaluate" is 0\.005/,
  );
  await expect(reason.first()).toBeVisible();
  const measured = inspector(page).getByRole('region', { name: 'Measured' });
  await expect(measured.getByText('passed', { exact: true })).toHaveCount(1);
  await expect(measured.getByText('failed', { exact: true })).toHaveCount(1);
  await expectAccessible(page);
  const names = (await readdir(outputs)).filter((name) => /\.gguf/.test(name)).toSorted();
  expect(names.filter((name) => name.endsWith('.rejected'))).toEqual([
    expect.stringMatching(/Q2_K\.gguf\.rejected$/),
  ]);
  expect(names.filter((name) => name.endsWith('.gguf'))).toEqual([
    expect.stringMatching(/Q8_0\.gguf$/),
  ]);

  // The job says the same, and leads to the figures.
  await page.keyboard.press('ControlOrMeta+j');
  const jobs = page.getByRole('grid', { name: 'Jobs' });
  await jobs.getByText('gated').first().click();
  const job = page.getByRole('region', { name: /^Job / });
  await expect(job.getByText(/the gate of "evaluate" is 0\.005/).first()).toBeVisible();
  await job.getByRole('tab', { name: /^Outputs/ }).click();
  await expect(job.getByRole('list', { name: 'Measured' })).toContainText('gate failed');
  await page.keyboard.press('ControlOrMeta+j');

  await setNumber(page, /^Gate: mean KLD/, '0.5');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByText(/^\S+ is built\.$/)).toBeVisible({ timeout: 90_000 });
  await expect(evaluate.getByText('gate passed')).toBeVisible();
  await access(
    join(outputs, names.find((name) => name.endsWith('.rejected'))!.replace(/\.rejected$/, '')),
  );

  await evaluate.click({ position: { x: 60, y: 12 } });
  await inspector(page).getByRole('button', { name: 'Show in Compare' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Compare · .*gated/);
  const figures = page.getByRole('grid', { name: 'Figures' });
  await expect(figures.getByRole('row').filter({ hasText: 'Q2_K' })).toBeVisible();
  expect(studio.problems).toEqual([]);
});
