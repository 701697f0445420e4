// The command line beside a studio under test, on the same home: as a user has both.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { RunningStudio } from './running-studio.ts';
import { repositoryRoot } from './runtimes.ts';

/** Runs `gguf-studio` with these words and expects that it succeeds. */
export function runCli(studio: RunningStudio, words: readonly string[]): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(repositoryRoot, 'dist/cli/main.js'), ...words],
    { env: { ...process.env, GGUF_STUDIO_HOME: studio.home }, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
}
