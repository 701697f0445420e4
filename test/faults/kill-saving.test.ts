// kill -9 while recipes, manifests, settings, conversations and drafts are saved; then a studio is opened there again. What was
// said to be saved is there, whole; what was being saved is there whole or as it was before.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStudio } from '#test/helpers/open-test-studio.ts';
import { waitFor } from '#test/helpers/run-studio.ts';
import { sleep, startKillable } from './killable.ts';
import { casesOf, report } from './share.ts';

let folder = '';
let child = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-saving-'));
  // Beside the sources, so that the program finds its assets as it does in a test.
  child = fileURLToPath(new URL('../../.cache/faults/bundle/test/saving-studio.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('./saving-studio.ts', import.meta.url))],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
}); // prettier-ignore
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Kind -> the last turn that a line says so of. */
function lastTurns(text: string, word: 'begin' | 'done'): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, kind = '', turn] of text.matchAll(new RegExp(`^${word} (\\w+) (\\d+)$`, 'gm'))) {
    found.set(kind, Number(turn));
  }
  return found;
}

/** What a studio that is opened again finds, read through its contract. */
async function readBack(home: string): Promise<Record<string, number>> {
  const studio = await openTestStudio({ home });
  try {
    const { call } = studio;
    const recipe = (await call('listRecipes', {})).find(({ file }) => file.name === 'saved.recipe.json'); // prettier-ignore
    const manifest = (await call('listManifests', {})).find(({ file }) => file.path.includes('saved')); // prettier-ignore
    if (recipe === undefined || manifest === undefined) throw new Error('A file is gone.');
    const { text } = await call('openRecipe', { file: recipe.file.id });
    const opened = await call('openManifest', { file: manifest.file.id });
    const settings = JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) as { memoryBudgetBytes: number }; // prettier-ignore
    const drafts = await call('listDrafts', {});
    return {
      conversation: Number((await call('readConversation', { id: 'saved' })).title),
      recipe: Number((JSON.parse(text) as { name: string }).name),
      manifest: Number(opened.manifest.name.replace('saved-', '')),
      settings: settings.memoryBudgetBytes,
      draft: Number(drafts.find(({ document }) => document === 'canvas')?.title),
    };
  } finally {
    await studio.dispose();
  }
}

describe.runIf(process.platform === 'linux')('kill -9 while files are saved', () => {
  it('loses nothing that was said to be saved and leaves nothing half-written', async () => {
    let saved = 0;
    let between = 0;
    const cases = casesOf('kill saving');
    for (const { random, seed, name, index } of cases) {
      const home = join(folder, `home-${index}`);
      const running = startKillable([child, home, String(1 + (seed % 1000))], folder, {
        GGUF_STUDIO_HOME: home,
      });
      await waitFor(() => {
        if (running.child.exitCode !== null) throw new Error(`${name}: ${running.text()}`);
        return running.text().includes('ready');
      }, 'the first save');
      await sleep(random.below(4_000) / 10);
      running.kill(true);
      const { text } = await running.ended;
      const [begun, done] = [lastTurns(text, 'begin'), lastTurns(text, 'done')];
      const found = await readBack(home);
      for (const [kind, turn] of Object.entries(found)) {
        expect(turn, `${name}: ${kind}`).toBeGreaterThanOrEqual(done.get(kind) ?? 0);
        expect(turn, `${name}: ${kind}`).toBeLessThanOrEqual(begun.get(kind) ?? 0);
        saved += done.get(kind) ?? 0;
        if ((begun.get(kind) ?? 0) > (done.get(kind) ?? 0)) between++;
      }
      rmSync(home, { recursive: true });
    }
    // The kills must hit saving itself.
    expect(between).toBeGreaterThan(0);
    report('kill saving', cases, { saved, killedBetweenBeginAndEnd: between });
  }, 3_600_000);
});
