// Searching a workspace: in which order, how far, and where it stops.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findFiles, type FileSearch } from '#src/io/find-files.ts';
import { findManifests } from '#src/io/find-manifests.ts';

const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-find-'));
for (const name of ['z/router.json', 'a/b/router.json', 'router.json', '.hidden/router.json', 'node_modules/x/router.json', 'a/b/c/d/router.json', 'a/b/c/d/e/router.json', 'a/notes.json']) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), '{}');
} // prettier-ignore
symlinkSync(join(folder, 'z'), join(folder, 'linked'));
mkdirSync(join(folder, 'y'));
symlinkSync(join(folder, 'router.json'), join(folder, 'y', 'router.json'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const search: FileSearch = { isWanted: () => true, levels: 9, maximumFiles: 99, maximumEntries: 999, links: true }; // prettier-ignore
const names = (paths: readonly string[]) =>
  paths.map((path) => relative(folder, path).replaceAll('\\', '/'));

describe('manifests of a workspace', () => {
  it('are found upper folders first, without hidden ones, packages, links and what lies too deep', async () => {
    expect(names(await findManifests(folder))).toEqual(['router.json', 'z/router.json', 'a/b/router.json', 'a/b/c/d/router.json']); // prettier-ignore
  });

  it('are none where there is no folder', async () => {
    expect(await findManifests(join(folder, 'nowhere'))).toEqual([]);
  });
});

describe('a search', () => {
  it('follows no link to a folder, and takes links to files where they are asked for', async () => {
    const found = names(await findFiles(folder, search));
    expect(found).toContain('y/router.json');
    expect(found.filter((name) => name.startsWith('linked/'))).toEqual([]);
  });

  it('ends with as many files or entries as it may take', async () => {
    expect(await findFiles(folder, { ...search, maximumFiles: 2 })).toHaveLength(2);
    expect(await findFiles(folder, { ...search, maximumEntries: 0 })).toEqual([]);
  });

  it('ends when it is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(findFiles(folder, { ...search, signal })).rejects.toThrow('enough');
  });
});
