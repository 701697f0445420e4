// End-to-end tests: the packaged program in real Electron, and real Chromium against `gguf-studio serve`. One file of a flow
// runs in both. Every test has a home and a studio of its own, and mostly waits; so two run at once where there are two cores.
import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import type { StudioOptions } from '../../test/e2e/support/studio-test.ts';

const isCi = process.env['CI'] !== undefined;

export default defineConfig<object, StudioOptions>({
  testDir: '../../test/e2e',
  testMatch: '**/*.e2e.ts',
  globalSetup: '../../test/e2e/support/prepare.ts',
  outputDir: '../../.cache/test-results',
  fullyParallel: true,
  workers: Math.min(2, availableParallelism()),
  timeout: 180_000,
  // So much longer than anything takes that only what never comes fails.
  expect: { timeout: 30_000 },
  // In CI what hangs is named while there is time to.
  globalTimeout: isCi ? 16 * 60_000 : 0,
  // Real hosts on shared cores: one more try in CI, which the report then names as flaky.
  retries: isCi ? 1 : 0,
  forbidOnly: isCi,
  reporter: [['list']],
  use: { actionTimeout: 30_000, screenshot: 'only-on-failure' },
  projects: [
    { name: 'electron', use: { surface: 'electron' } },
    { name: 'browser', use: { surface: 'browser' } },
    // Not tests: `npm run measure` prints how long the window is kept busy, `npm run pictures` draws docs/images anew.
    { name: 'measure', testMatch: '**/*.measure.ts', workers: 1, use: { surface: 'browser' } },
    { name: 'pictures', testMatch: '**/*.pictures.ts', workers: 1, use: { surface: 'browser' } },
  ],
});
