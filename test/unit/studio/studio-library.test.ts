// The library of a studio, read by a real factory host.
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import { openTestStudio, startWatching, type TestStudio } from '#test/helpers/open-test-studio.ts';

let studio: TestStudio;
beforeAll(async () => void (studio = await openTestStudio()));
afterAll(() => studio.dispose());

async function list(): Promise<LibraryEntry[]> {
  const entries: LibraryEntry[] = [];
  await studio.call('listLibrary', {}, { onEvent: ({ entry }) => entries.push(entry) });
  return entries;
}

const idOf = async (path: string) =>
  (await studio.call('resolvePath', { path, purpose: 'any' })).id;

describe('the library of the studio', () => {
  it('names the folder that an entry was found in, and follows model folders', async () => {
    const folder = join(studio.home, 'elsewhere');
    await cp(join(studio.workspace, 'adapters', 'anatomy'), join(folder, 'anatomy'), {
      recursive: true,
    });
    const before = await list();
    expect(before.every(({ foundIn }) => foundIn === 'Workspace')).toBe(true);
    expect(before.filter(({ kind }) => kind === 'adapter').length).toBeGreaterThan(7);

    await studio.call('addModelFolder', { folder: await idOf(folder) });
    const after = await list();
    expect(after.filter(({ foundIn }) => foundIn === 'elsewhere')).toMatchObject([
      { name: 'anatomy', kind: 'adapter', file: { path: join(folder, 'anatomy') } },
    ]);
    await studio.call('removeModelFolder', { folder: await idOf(folder) });
    expect(await list()).toHaveLength(before.length);
  });

  it('keeps single files and folders that were added, through a restart, until they are removed', async () => {
    const folder = join(studio.home, 'single');
    await mkdir(folder);
    await writeFile(join(folder, 'notes.txt'), 'no model');
    await cp(join(studio.workspace, 'adapters', 'finance'), join(folder, 'finance'), {
      recursive: true,
    });
    const watching = startWatching(studio);
    const added = await studio.call('addToLibrary', {
      files: [await idOf(join(folder, 'notes.txt')), await idOf(join(folder, 'finance'))],
    });
    expect(added.filter(({ kind }) => kind === 'adapter')).toMatchObject([
      { name: 'finance', foundIn: 'Added by hand' },
    ]);
    await watching.until(({ event }) => event === 'library-changed');
    await watching.stop();

    const again = await openTestStudio({ home: studio.home });
    const entries: LibraryEntry[] = [];
    await again.call('listLibrary', {}, { onEvent: ({ entry }) => entries.push(entry) });
    const entry = entries.find(
      ({ foundIn, kind }) => foundIn === 'Added by hand' && kind === 'adapter',
    );
    expect(entry?.name).toBe('finance');
    await again.dispose();

    await studio.call('removeFromLibrary', { file: await idOf(join(folder, 'finance')) });
    expect((await list()).some(({ file }) => file.path === join(folder, 'finance'))).toBe(false);
    const inWorkspace = (await list())[0]?.file.id ?? '';
    await expect(studio.call('removeFromLibrary', { file: inWorkspace })).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
  });

  it('tells when a file comes', async () => {
    await list();
    const watching = startWatching(studio);
    await watching.until(({ event }) => event === 'jobs');
    await writeFile(join(studio.workspace, 'broken.gguf'), Buffer.from('GGUF but not really'));
    await watching.until(({ event }) => event === 'library-changed');
    const broken = (await list()).find(({ file }) => file.name === 'broken.gguf');
    expect(broken).toMatchObject({ kind: 'broken' });
    expect(broken?.problem?.message).toContain('broken.gguf');
    await watching.stop();
    await rm(join(studio.workspace, 'broken.gguf'));
  });

  it('tells when a file comes to a folder that was empty', async () => {
    const folder = join(studio.workspace, 'outputs', 'late');
    await mkdir(folder, { recursive: true });
    // Read while nothing is in it: as when a build takes its time.
    await list();
    const watching = startWatching(studio);
    await watching.until(({ event }) => event === 'jobs');
    await writeFile(join(folder, 'late.gguf'), Buffer.from('GGUF but not really'));
    await watching.until(({ event }) => event === 'library-changed');
    expect((await list()).some(({ file }) => file.name === 'late.gguf')).toBe(true);
    await watching.stop();
    await rm(folder, { recursive: true });
  });

  it('lists what a link leads to, but opens nothing outside the allowed folders', async () => {
    await symlink('/proc/version', join(studio.workspace, 'link.gguf'));
    const listing = await studio.call('listFolder', {
      folder: await idOf(studio.workspace),
      purpose: 'gguf',
    });
    const link = listing.entries.find(({ name }) => name === 'link.gguf');
    expect(link?.selectable).toBe(false);
    await expect(studio.call('inspect', { file: link?.id ?? '' })).rejects.toMatchObject({
      code: 'file/not-allowed',
    });
    expect(await studio.call('resolveRecipePath', { path: 'link.gguf' })).toBeNull();
    await rm(join(studio.workspace, 'link.gguf'));
  });

  it('shows a chat template rendered, and says which chosen path is none', async () => {
    const base = await idOf(join(studio.workspace, 'seedling-4m'));
    const { template, rendered, problem } = await studio.call('renderChatTemplate', { file: base });
    expect(problem).toBeUndefined();
    expect(template).toContain('{%');
    expect(rendered?.length).toBeGreaterThan(10);
    const readme = studio.call('resolvePath', { path: 'README.md', purpose: 'gguf' });
    await expect(readme).rejects.toMatchObject({
      message: expect.stringContaining('is no GGUF') as string,
    });
  });
});
