import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDraftStore } from '#src/io/draft-store.ts';
import { temporaryFolder } from '#test/helpers/open-test-studio.ts';

let home: string;
beforeEach(async () => void (home = await temporaryFolder()));
afterEach(() => rm(home, { recursive: true, force: true }));

describe('drafts', () => {
  it('are kept per workspace and canvas, newest first, and dropped', async () => {
    const store = openDraftStore(home, '/w');
    await store.keep({ document: 'tab-1', title: 'One', text: 'a', changedAt: 1 });
    await store.keep({
      document: 'tab-2',
      title: 'Two',
      text: 'b',
      path: '/w/b.recipe.json',
      changedAt: 2,
    });
    await store.keep({ document: 'tab-1', title: 'One', text: 'c', changedAt: 3 });
    expect(await openDraftStore(home, '/w').list()).toMatchObject([
      { document: 'tab-1', text: 'c' },
      { document: 'tab-2', path: '/w/b.recipe.json' },
    ]);
    expect(await openDraftStore(home, '/other').list()).toEqual([]);
    await store.drop('tab-1');
    expect(await store.list()).toHaveLength(1);
  });

  it('that cannot be read are left where they are', async () => {
    const store = openDraftStore(home, '/w');
    await store.keep({ document: 'tab-1', title: 'One', text: 'a', changedAt: 1 });
    const [folder = ''] = await readdir(join(home, 'drafts'));
    const broken = join(home, 'drafts', folder, `${'0'.repeat(32)}.json`);
    await writeFile(broken, '{');
    expect(await store.list()).toHaveLength(1);
    expect(await readdir(join(home, 'drafts', folder))).toHaveLength(2);
  });
});
