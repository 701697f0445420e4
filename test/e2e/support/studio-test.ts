// The test function of all end-to-end tests: gives a running studio and its window, either way, on a home of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type Page } from '@playwright/test';
import { findChromium, findDisplay, findElectron, type Surface } from './runtimes.ts';
import { startStudio, type RunningStudio } from './running-studio.ts';
import { startVirtualScreen } from './virtual-screen.ts';

export interface StudioOptions {
  surface: Surface;
}

interface WorkerFixtures {
  /** Points this worker's programs at a screen of their own. */
  virtualScreen: undefined;
}

export interface StudioFixtures {
  /** An empty folder, removed afterwards. */
  folder: string;
  studio: RunningStudio;
  /** The studio's window as it was first opened. */
  studioWindow: Page;
}

export const test = base.extend<StudioFixtures, StudioOptions & WorkerFixtures>({
  surface: ['browser', { option: true, scope: 'worker' }],
  virtualScreen: [
    async ({ surface }, use) => {
      const display = findDisplay();
      if (surface === 'browser' || !('path' in display) || display.path !== 'Xvfb') {
        await use(undefined);
        return;
      }
      const screen = await startVirtualScreen();
      process.env['DISPLAY'] = screen.display;
      await use(undefined);
      screen.close();
      delete process.env['DISPLAY'];
    },
    { scope: 'worker', auto: true },
  ],
  // Playwright reads the first parameter's names; an empty pattern is how it is told that there are none.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'studio-e2e-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  },
  studio: async ({ surface, folder }, use, testInfo) => {
    const missing = missingRuntime(surface);
    if (missing !== undefined) {
      if (process.env['STUDIO_REQUIRE_RUNTIMES'] === '1') throw new Error(missing);
      testInfo.skip(true, missing);
    }
    const studio = await startStudio({ surface, folder });
    await use(studio);
    await studio.close();
  },
  studioWindow: async ({ studio }, use) => {
    await use(studio.page);
  },
});

/** Why tests of a surface cannot run here. */
export function missingRuntime(surface: Surface): string | undefined {
  const needed = surface === 'browser' ? [findChromium()] : [findElectron(), findDisplay()];
  return needed.flatMap((each) => ('missing' in each ? [each.missing] : []))[0];
}

export { expect } from '@playwright/test';
