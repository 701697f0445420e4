import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { handedPaths, handedWorkspace } from '#electron/main/handed-paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'studio-handed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what a start hands over', () => {
  it('is the models and recipes among its words, seen from its folder', () => {
    const words = [
      '/opt/gguf-studio',
      '--no-sandbox',
      '--user-data-dir=/x/y.gguf',
      'a.gguf',
      '/models/B.GGUF',
      'my.recipe.json',
      'package.json',
      'notes.txt',
    ];
    expect(handedPaths(words, '/here')).toEqual([
      '/here/a.gguf',
      '/models/B.GGUF',
      '/here/my.recipe.json',
    ]);
  });

  it('is never the program itself', () => {
    expect(handedPaths(['/opt/odd.gguf'], '/here')).toEqual([]);
  });

  it('is a workspace when a word is a folder', () => {
    expect(handedWorkspace(['--flag', 'missing', '.'], folder)).toBe(folder);
    expect(handedWorkspace(['missing', 'a.gguf'], folder)).toBeUndefined();
  });
});
