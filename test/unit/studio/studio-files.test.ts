import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFolder, listRoots } from '#src/studio/list-folder.ts';
import { createStudioFiles, pathFrom, type StudioFiles } from '#src/studio/studio-files.ts';
import { temporaryFolder } from '#test/helpers/open-test-studio.ts';

let outside: string;
let root: string;
let files: StudioFiles;
const { signal } = new AbortController();

beforeEach(async () => {
  outside = await temporaryFolder();
  root = join(outside, 'root');
  await mkdir(root);
  files = createStudioFiles();
  await files.setRoots('test', [{ path: root, name: 'Root' }]);
  files.setWorkspaceFolder(root);
});
afterEach(() => rm(outside, { recursive: true, force: true }));

describe('file ids', () => {
  it('are opaque, the same for the same path, and lead back to it', async () => {
    const reference = files.reference(join(root, 'models', '..', 'a.gguf'));
    expect(reference).toMatchObject({
      name: 'a.gguf',
      path: join(root, 'a.gguf'),
      recipePath: 'a.gguf',
    });
    expect(reference.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(files.reference(join(root, 'a.gguf')).id).toBe(reference.id);
    expect(createStudioFiles().reference(join(root, 'a.gguf')).id).not.toBe(reference.id);
    await expect(files.pathOf(reference.id)).resolves.toBe(join(root, 'a.gguf'));
  });

  it('refuse ids that were never given out', async () => {
    await expect(files.pathOf('AAAAAAAAAAAAAAAAAAAAAA')).rejects.toMatchObject({
      code: 'file/unknown',
    });
  });

  it('refuse what lies outside, also through .. and links, at every use', async () => {
    await writeFile(join(outside, 'secret.gguf'), 'x');
    await symlink(outside, join(root, 'link'));
    for (const path of [
      outside,
      join(root, '..', 'secret.gguf'),
      join(root, 'link', 'secret.gguf'),
      `${root}-twin`,
    ]) {
      await expect(files.admit(path)).rejects.toMatchObject({ code: 'file/not-allowed' });
    }
    await mkdir(join(root, 'folder'));
    const { id } = await files.admit(join(root, 'folder', 'new.gguf'));
    await rm(join(root, 'folder'), { recursive: true });
    await symlink(outside, join(root, 'folder'));
    await expect(files.pathOf(id)).rejects.toMatchObject({ code: 'file/not-allowed' });
  });

  it('allow what was picked, and only that', async () => {
    await writeFile(join(outside, 'picked.gguf'), 'x');
    await files.allow(join(outside, 'picked.gguf'));
    await expect(files.admit(join(outside, 'picked.gguf'))).resolves.toBeDefined();
    await expect(files.admit(join(outside, 'other.gguf'))).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
  });

  it('write recipe paths relative to the workspace when they are inside it', () => {
    expect(pathFrom('/w', '/w/models/a')).toBe('models/a');
    expect(pathFrom('/w', '/w')).toBe('.');
    expect(pathFrom('/w', '/workspace/a')).toBe('/workspace/a');
  });
});

describe('the picker’s folders', () => {
  it('lists folders first, by natural order, and only what fits the purpose', async () => {
    await mkdir(join(root, 'z-base'));
    await writeFile(join(root, 'z-base', 'config.json'), '{}');
    await mkdir(join(root, 'adapter'));
    await writeFile(join(root, 'adapter', 'adapter_config.json'), '{}');
    await mkdir(join(root, '.hidden'));
    for (const name of [
      'm-10.gguf',
      'm-2.gguf',
      'notes.txt',
      'big-00002-of-00003.gguf',
      '.dot.gguf',
    ]) {
      await writeFile(join(root, name), 'x');
    }
    const base = await listFolder(files, root, 'base', signal);
    expect(base.entries.map(({ name, what, selectable }) => [name, what, selectable])).toEqual([
      ['adapter', 'LoRA adapter', false],
      ['z-base', 'Hugging Face model', true],
      ['.hidden', undefined, false],
      ['m-2.gguf', 'GGUF', true],
      ['m-10.gguf', 'GGUF', true],
    ]);
    const adapter = await listFolder(files, root, 'adapter', signal);
    expect(adapter.entries.find(({ name }) => name === 'adapter')?.selectable).toBe(true);
    const workspace = await listFolder(files, join(root, 'z-base'), 'workspace', signal);
    expect(workspace).toMatchObject({ entries: [], selectable: true });
    expect(workspace.trail.map(({ name }) => name)).toEqual(['Root', 'z-base']);
  });

  it('marks links that lead outside, and lists at most 2,000 entries', async () => {
    await symlink(outside, join(root, '0-link'));
    await Promise.all(
      Array.from({ length: 2100 }, (_none, index) => writeFile(join(root, `${index}.gguf`), '')),
    );
    const listing = await listFolder(files, root, 'gguf', signal);
    expect(listing.entries).toHaveLength(2000);
    expect(listing.left).toBe(101);
    expect(listing.entries[0]).toMatchObject({ name: '0-link', selectable: false });
    expect(listing.entries[1999]?.name).toBe('1998.gguf');
  });

  it('says that a file is no folder, and lists the roots at the top', async () => {
    await writeFile(join(root, 'a.gguf'), '');
    await expect(listFolder(files, join(root, 'a.gguf'), 'any', signal)).rejects.toMatchObject({
      code: 'io/not-found',
    });
    const roots = await listRoots(files, 'workspace');
    expect(roots).toMatchObject({
      folder: null,
      entries: [{ name: 'Root', kind: 'folder', selectable: true }],
    });
  });
});
