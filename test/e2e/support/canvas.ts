// The workflow canvas in the hands of a test: nodes and wires by mouse and keyboard, the palette, the window's size.
import type { Locator, Page } from '@playwright/test';
import type { RunningStudio } from './running-studio.ts';
import { expect } from './studio-test.ts';

/** Sizes the window, or the page in a browser. */
export async function resize(studio: RunningStudio, width: number, height: number): Promise<void> {
  if (studio.surface === 'browser') await studio.page.setViewportSize({ width, height });
  else {
    await studio.electron?.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setBounds(size),
      { width, height },
    );
  }
}

/** Goes to the canvas of a studio that has no recipe open yet. */
export async function openWorkflow(studio: RunningStudio): Promise<Page> {
  const { page } = studio;
  await resize(studio, 1440, 900);
  await page.getByRole('navigation').getByRole('button', { name: 'Workflow' }).click();
  await expect(page.getByRole('heading', { name: 'Build a model family' })).toBeVisible();
  return page;
}

export function node(page: Page, id: string): Locator {
  return page.locator(`.react-flow__node[data-id="${id}"]`);
}

export function wire(page: Page, from: string, to: string): Locator {
  return page.locator(`.react-flow__edge[data-id="${from} ${to}"]`);
}

export function palette(page: Page): Locator {
  return page.getByRole('dialog', { name: /^(Add|Choose|Wires|Open)/ });
}

export async function choose(page: Page, name: RegExp | string): Promise<void> {
  await palette(page).getByRole('option', { name }).first().click();
}

/** Double-clicks the empty canvas, `x` and `y` pixels from its corner. */
export async function addAt(
  page: Page,
  x: number,
  y: number,
  name: RegExp | string,
): Promise<void> {
  await page.locator('.react-flow__pane').dblclick({ position: { x, y } });
  await choose(page, name);
}

export async function centre(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('It is not on the screen.');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Draws a wire from a node's output to a point, and leaves the button pressed. */
export async function pullWire(
  page: Page,
  from: string,
  to: { x: number; y: number },
): Promise<void> {
  const start = await centre(node(page, from).locator('.react-flow__handle.source'));
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + to.x) / 2, (start.y + to.y) / 2, { steps: 5 });
  await page.mouse.move(to.x, to.y, { steps: 5 });
}

/** Draws a wire from one node to another. */
export async function drawWire(page: Page, from: string, to: string): Promise<void> {
  const port = node(page, to).locator('.react-flow__handle.target').first();
  await pullWire(page, from, await centre(port));
  // Anywhere on the node counts: its fitting port is found.
  await page.mouse.move((await centre(node(page, to))).x, (await centre(node(page, to))).y);
  await page.mouse.up();
  await expect(wire(page, from, to)).toBeAttached();
}

/** Tab to a node, from wherever the focus is. */
export async function walkTo(page: Page, id: string): Promise<void> {
  const wanted = node(page, id);
  for (let step = 0; step < 60; step++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Shift+Tab');
  }
  throw new Error(`Tab does not lead to ${id}.`);
}
