// Which real runtimes this machine has for the end-to-end tests. A missing one skips its tests with the reason; with
// STUDIO_REQUIRE_RUNTIMES=1 (CI) it fails them instead.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

export type Surface = 'electron' | 'browser';
export type Found = { readonly path: string } | { readonly missing: string };

/** The folder of an unpacked Electron. */
export function findElectron(): Found {
  const folders = [
    process.env['STUDIO_TEST_ELECTRON_DIST'],
    join(repositoryRoot, '.cache', 'electron-for-tests'),
    join(repositoryRoot, 'node_modules', 'electron', 'dist'),
  ];
  const path = folders.find((folder) => folder && existsSync(join(folder, 'electron')));
  if (path) return { path };
  return {
    missing:
      'no Electron: its binary was never downloaded (npx electron --version does that), and STUDIO_TEST_ELECTRON_DIST names none',
  };
}

/** A Chromium or Chrome program. */
export function findChromium(): Found {
  const programs = [
    process.env['STUDIO_TEST_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    chromium.executablePath(),
  ];
  const path = programs.find((program) => program && existsSync(program));
  return path
    ? { path }
    : {
        missing:
          'no Chromium: install it (npx playwright install chromium), or set STUDIO_TEST_CHROMIUM',
      };
}

/**
 * Whether windows can be shown: on screens that Xvfb makes, or where it is missing on the display that is there.
 * STUDIO_TEST_SHOW=1 prefers the latter, to look on.
 */
export function findDisplay(): Found {
  if (process.platform !== 'linux') return { path: 'system' };
  const display = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  if (display && process.env['STUDIO_TEST_SHOW'] === '1') return { path: display };
  const { status } = spawnSync('Xvfb', ['-help'], { stdio: 'ignore' });
  if (status === 0) return { path: 'Xvfb' };
  return display ? { path: display } : { missing: 'no display and no Xvfb' };
}

/** Major version of an unpacked Electron. */
export function electronMajor(folder: string): number {
  const { stdout } = spawnSync(join(folder, 'electron'), ['-p', 'process.versions.electron'], {
    encoding: 'utf8',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  return Number.parseInt(stdout, 10);
}
