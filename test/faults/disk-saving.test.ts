// Saving what users make on a disk that is full at each page of it, or read-only: recipes, manifests, settings, conversations and
// drafts are saved or refused with the reason, what was saved before stays whole, and with room all can be saved.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';
import { openTestStudio, temporaryFolder, type TestStudio } from '#test/helpers/open-test-studio.ts'; // prettier-ignore
import { casesOf, report } from './share.ts';
import { canMount, smallDiskAt } from './small-disk.ts';

const mountable = canMount();
const room = 64 * 1024;
const folder = await temporaryFolder();
const disk = smallDiskAt(join(folder, 'disk'));
afterAll(() => disk.remove());

/** A studio whose home and workspace lie on the disk, with one of everything saved. */
async function openSaved() {
  disk.mount(room);
  const home = join(folder, 'disk', 'home');
  const workspaceFolder = join(folder, 'disk', 'work');
  mkdirSync(join(workspaceFolder, 'outputs'), { recursive: true });
  writeFileSync(join(workspaceFolder, 'gguf-studio.json'), '{ "version": 1, "name": "Small" }');
  const file = join(workspaceFolder, 'outputs', 'router.json');
  writeFileSync(file, JSON.stringify(buildManifest()));
  const studio = await openTestStudio({ home, workspaceFolder });
  const { call } = studio;
  const manifest = (await call('listManifests', {})).find((one) => one.file.path === file);
  if (manifest === undefined) throw new Error('The manifest is not listed.');
  let opened = await call('openManifest', { file: manifest.file.id });
  const recipeText = (turn: number) => JSON.stringify({ version: 1, name: String(turn), nodes: [], edges: [] }) + ' '.repeat(20_000); // prettier-ignore
  let recipe = await call('saveRecipe', { name: 'saved', text: recipeText(0) });
  const saves: Readonly<Record<string, (turn: number) => Promise<unknown>>> = {
    recipe: async (turn) =>
      (recipe = await call('saveRecipe', { file: recipe.file.id, text: recipeText(turn), expectedHash: recipe.hash })), // prettier-ignore
    manifest: async (turn) =>
      (opened = await call('saveManifest', { file: opened.file.id, manifest: { ...opened.manifest, name: `saved-${turn}` }, sha256: opened.sha256 })), // prettier-ignore
    settings: (turn) => call('changeSettings', { changes: { memoryBudgetBytes: turn } }),
    conversation: (turn) =>
      call('saveConversation', {
        conversation: { version: 1, id: 'saved', title: String(turn), createdAt: 1, changedAt: turn, systemPrompt: 'x'.repeat(20_000), sampling: {}, columns: [], votes: [] }, // prettier-ignore
      }),
    draft: (turn) =>
      call('keepDraft', { document: 'canvas', title: String(turn), text: `{}${' '.repeat(20_000)}` }), // prettier-ignore
  };
  /** The turn of each that is found on the disk. */
  const readBack = async (): Promise<Record<string, number>> => {
    const { text } = await call('openRecipe', { file: recipe.file.id });
    const settings = JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) as { memoryBudgetBytes: number }; // prettier-ignore
    const drafts = await call('listDrafts', {});
    return {
      recipe: Number((JSON.parse(text) as { name: string }).name),
      manifest: Number((await call('openManifest', { file: opened.file.id })).manifest.name.replace('saved-', '')), // prettier-ignore
      settings: settings.memoryBudgetBytes,
      conversation: Number((await call('readConversation', { id: 'saved' })).title),
      draft: Number(drafts.find(({ document }) => document === 'canvas')?.title),
    };
  };
  return { studio, saves, readBack };
}

async function outcomeOf(save: Promise<unknown>): Promise<string> {
  try {
    await save;
    return 'saved';
  } catch (error) {
    if (error instanceof StudioError) return error.code;
    throw error;
  }
}

describe.runIf(mountable)('saving', () => {
  let studio: TestStudio | undefined;
  afterAll(() => studio?.dispose());

  it('on a disk that is full at each page of it loses nothing', async () => {
    const opened = await openSaved();
    ({ studio } = opened);
    const { saves, readBack } = opened;
    // What each takes at most: its 20,000 characters, a new file beside the old one, a folder.
    const pages = 12;
    const cases = casesOf('disk full saving');
    const outcomes: Record<string, number> = {};
    const kinds = Object.entries(saves);
    let turn = 1;
    for (const [, save] of kinds) await save(turn);
    for (const { seed, name } of cases) {
      const [kind = '', save] = kinds[seed % kinds.length] ?? [];
      const before = await readBack();
      expect(before, name).toEqual(Object.fromEntries(kinds.map(([one]) => [one, turn])));
      disk.resize(disk.usedKibibytes() + 4 * (Math.floor(seed / kinds.length) % pages));
      const outcome = await outcomeOf(save?.(turn + 1) ?? Promise.resolve());
      expect(['saved', 'io/disk-full'], `${name}: ${kind}`).toContain(outcome);
      const key = `${kind}: ${outcome}`;
      outcomes[key] = (outcomes[key] ?? 0) + 1;
      const after = await readBack();
      expect(after, `${name}: ${kind} ${outcome}`).toEqual(outcome === 'saved' ? { ...before, [kind]: turn + 1 } : before); // prettier-ignore
      disk.resize(room);
      turn += 2;
      for (const [, each] of kinds) await each(turn);
    }
    expect(await readBack()).toEqual(Object.fromEntries(kinds.map(([one]) => [one, turn])));
    report('disk full saving', cases, { outcomes });
    await studio.dispose();
  }, 3_600_000);

  it('on a read-only disk is refused with the reason, and possible again when it is not', async () => {
    const opened = await openSaved();
    ({ studio } = opened);
    const { saves, readBack } = opened;
    for (const save of Object.values(saves)) await save(1);
    disk.makeReadOnly(true);
    const before = await readBack();
    for (const [kind, save] of Object.entries(saves)) {
      await expect(save(2), kind).rejects.toMatchObject({ code: 'io/failed', message: expect.stringContaining('read-only') as unknown }); // prettier-ignore
    }
    expect(await readBack()).toEqual(before);
    disk.makeReadOnly(false);
    for (const save of Object.values(saves)) await save(3);
    expect(Object.values(await readBack())).toEqual([3, 3, 3, 3, 3]);
  }, 120_000);
});
