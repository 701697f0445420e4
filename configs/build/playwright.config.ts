// End-to-end tests: the packaged program in real Electron, and real Chromium against `gguf-studio serve`. One file of a flow
// runs in both. One worker, because native hosts need the cores.
import { defineConfig } from '@playwright/test';
import type { StudioOptions } from '../../test/e2e/support/studio-test.ts';

export default defineConfig<StudioOptions>({
  testDir: '../../test/e2e',
  testMatch: '**/*.e2e.ts',
  globalSetup: '../../test/e2e/support/prepare.ts',
  outputDir: '../../.cache/test-results',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // Real hosts on shared cores: one more try in CI, which the report then names as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  use: { actionTimeout: 15_000, screenshot: 'only-on-failure' },
  projects: [
    { name: 'electron', use: { surface: 'electron' } },
    { name: 'browser', use: { surface: 'browser' } },
    // Not tests: `npm run measure` prints how long the window is kept busy, `npm run pictures` draws docs/images anew.
    { name: 'measure', testMatch: '**/*.measure.ts', use: { surface: 'browser' } },
    { name: 'pictures', testMatch: '**/*.pictures.ts', use: { surface: 'browser' } },
  ],
});
