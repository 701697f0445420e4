// A studio in a process of its own that saves what users make, over and over, until it is killed (kill-saving.test.ts). Says on
// standard output what it begins to save and what was saved: `begin recipe 7`, `done recipe 7`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildManifest } from '#test/helpers/build-manifest.ts';
import { openTestStudio } from '#test/helpers/open-test-studio.ts';

const studio = await openTestStudio({ home: process.argv[2] ?? '' });
const { call } = studio;
let seed = Number(process.argv[3] ?? '1');
const below = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 0x7fff_ffff) % limit;
/** Long enough that a write is not over in one call of the system. */
const filler = () => 'x'.repeat(below(90_000));

const folder = join(studio.workspace, 'outputs', 'saved');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'router.json'), JSON.stringify(buildManifest()));
const manifests = await call('listManifests', {});
const manifest = manifests.find(({ file }) => file.path === join(folder, 'router.json'));
if (manifest === undefined) throw new Error('The manifest is not listed.');
let opened = await call('openManifest', { file: manifest.file.id });
let recipe = await call('saveRecipe', { name: 'saved', text: recipeText(0) });

function recipeText(turn: number): string {
  return JSON.stringify({ version: 1, name: String(turn), nodes: [], edges: [] }, null, 1 + below(9)); // prettier-ignore
}

const kinds: Readonly<Record<string, (turn: number) => Promise<unknown>>> = {
  conversation: (turn) =>
    call('saveConversation', {
      conversation: {
        version: 1,
        id: 'saved',
        title: String(turn),
        createdAt: 1,
        changedAt: turn,
        systemPrompt: filler(),
        sampling: {},
        columns: [],
        votes: [],
      },
    }),
  recipe: async (turn) => {
    const text = recipeText(turn) + ' '.repeat(below(90_000));
    recipe = await call('saveRecipe', { file: recipe.file.id, text, expectedHash: recipe.hash });
  },
  manifest: async (turn) => {
    const changed = { ...opened.manifest, name: `saved-${turn}` };
    opened = await call('saveManifest', { file: opened.file.id, manifest: changed, sha256: opened.sha256 }); // prettier-ignore
  },
  settings: (turn) => call('changeSettings', { changes: { memoryBudgetBytes: turn } }),
  draft: (turn) =>
    call('keepDraft', { document: 'canvas', title: String(turn), text: `{}${filler()}` }),
};

// One write each, so that there is something to lose, before the parent may begin to kill.
for (const save of Object.values(kinds)) await save(0);
process.stdout.write('ready\n');
for (let turn = 1; ; turn++) {
  await Promise.all(
    Object.entries(kinds).map(async ([kind, save]) => {
      process.stdout.write(`begin ${kind} ${turn}\n`);
      await save(turn);
      process.stdout.write(`done ${kind} ${turn}\n`);
    }),
  );
}
