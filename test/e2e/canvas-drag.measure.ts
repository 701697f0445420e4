// Measures dragging in a recipe of 200 nodes: one node, then all of them. The aim is that nothing keeps the window busy for
// more than 50 ms. Figures are printed and nothing is asserted of them: `npm run measure` is not a test.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/studio-test.ts';

const families = 20;

/** Twenty domains of ten nodes each: base, six adapters, quantize, package, family. */
function largeRecipe(): string {
  const nodes: Record<string, unknown>[] = [];
  const edges: { from: string; to: string }[] = [];
  for (let family = 0; family < families; family++) {
    const at = (column: number, row: number) => ({
      position: {
        x: column * 288 + (family % 4) * 1280,
        y: row * 144 + Math.floor(family / 4) * 960,
      },
    });
    const name = (part: string) => `${part}-${family}`;
    nodes.push({ id: name('base'), kind: 'base', path: 'seedling-4m', ...at(0, 0) });
    for (let adapter = 0; adapter < 6; adapter++) {
      const id = name(`adapter-${adapter}`);
      nodes.push({
        id, kind: 'adapter', path: 'adapters/conditions', subdomain: `s${adapter}`, ...at(0, adapter + 1),
      }); // prettier-ignore
      edges.push({ from: id, to: name('package') });
    }
    nodes.push(
      { id: name('quantize'), kind: 'quantize', levels: ['Q8_0', 'Q5_K_M', 'Q4_K_M', 'Q2_K'], ...at(1, 1) },
      { id: name('package'), kind: 'package', form: 'bundled', domain: name('d'), folder: name('out'), ...at(2, 1) },
      { id: name('family'), kind: 'family', name: name('f'), folder: name('out'), ...at(3, 1) },
    ); // prettier-ignore
    edges.push(
      { from: name('base'), to: name('quantize') },
      { from: name('quantize'), to: name('package') },
      { from: name('package'), to: name('family') },
    );
  }
  return `${JSON.stringify({ version: 1, nodes, edges }, null, 2)}\n`;
}

interface Figures {
  readonly longTasks: number;
  readonly longestMilliseconds: number;
  readonly framesPerSecond: number;
}

/** Long tasks and frames while something is done. */
async function measured(page: Page, run: () => Promise<void>): Promise<Figures> {
  await page.evaluate(() => {
    const seen = { tasks: [] as number[], frames: 0, started: performance.now(), on: true };
    const observer = new PerformanceObserver((list) =>
      seen.tasks.push(...list.getEntries().map(({ duration }) => duration)),
    );
    observer.observe({ entryTypes: ['longtask'] });
    const frame = () => {
      seen.frames++;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, { measuring: { seen, observer } });
  });
  await run();
  return page.evaluate(async () => {
    // Tasks are told a moment after they ended.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { seen, observer } = (
      window as unknown as {
        measuring: {
          seen: { tasks: number[]; frames: number; started: number; on: boolean };
          observer: PerformanceObserver;
        };
      }
    ).measuring;
    observer.disconnect();
    seen.on = false;
    return {
      longTasks: seen.tasks.length,
      longestMilliseconds: Math.round(Math.max(0, ...seen.tasks)),
      framesPerSecond: Math.round((seen.frames * 1000) / (performance.now() - seen.started)),
    };
  });
}

async function drag(page: Page, id: string): Promise<void> {
  const box = await page.locator(`.react-flow__node[data-id="${id}"]`).boundingBox();
  if (box === null) throw new Error(`${id} is not on the screen.`);
  const start = { x: box.x + box.width * 0.3, y: box.y + Math.min(8, box.height * 0.2) };
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  for (let step = 0; step < 120; step++) {
    const angle = step / 12;
    await page.mouse.move(start.x + 160 * Math.sin(angle), start.y + 90 * (1 - Math.cos(angle)));
  }
  await page.mouse.up();
}

test('dragging one node of two hundred, and all of them', async ({ studio }, testInfo) => {
  test.setTimeout(240_000);
  const { page } = studio;
  if (studio.surface === 'browser') await page.setViewportSize({ width: 1440, height: 900 });
  await expect(page.getByText('Seedling').first()).toBeVisible();
  await writeFile(join(studio.home, 'seedling', 'large.recipe.json'), largeRecipe());
  await page.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
  await page.getByRole('button', { name: /^large/ }).click();
  await expect(page.locator('.react-flow__node')).toHaveCount(200);
  // The plan is there: nothing else is at work.
  await expect(page.getByText('peak memory')).toBeVisible({ timeout: 120_000 });
  await page.waitForTimeout(2000);
  const one = await measured(page, () => drag(page, 'quantize-5'));
  await page.waitForTimeout(3000);
  await page.keyboard.press('ControlOrMeta+a');
  await page.waitForTimeout(1000);
  const all = await measured(page, () => drag(page, 'quantize-5'));
  const figure = `one of 200 nodes: ${describe(one)}; all of them: ${describe(all)}`;
  testInfo.annotations.push({ type: 'speed', description: figure });
  console.log(figure);
});

function describe({ longTasks, longestMilliseconds, framesPerSecond }: Figures): string {
  return `${longTasks} long tasks, the longest ${longestMilliseconds} ms, ${framesPerSecond} frames/s`;
}
