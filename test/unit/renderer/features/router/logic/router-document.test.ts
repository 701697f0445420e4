// The manifest in front: what is unsaved, what undo leads back to, what a save and another program's edit make of it.
import { describe, expect, it } from 'vitest';
import { remap, setOfRoute } from '#renderer/features/router/logic/edit-manifest.ts';
import { documentState } from '#renderer/features/router/logic/document-state.ts';
import { currentProblems } from '#renderer/features/router/logic/problems.ts';
import {
  edited,
  openRouterDocument,
  rebased,
  redone,
  undone,
  wasSaved,
} from '#renderer/features/router/logic/router-document.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';

const trade = { parent: 'tiny-trade-Q4_K_M', adapter: 'trade/finance' };
const file = { id: 'manifest-file', name: 'router.json', path: '/f/router.json', recipePath: 'f' };

function opened(manifest = buildManifest()) {
  return { file, manifest, sha256: 'one', problems: [] };
}

describe('a router document', () => {
  it('is unsaved after an edit and saved again when it is undone', () => {
    const document = openRouterDocument(opened(), 'key');
    const changed = edited(document, remap(document.manifest, 'care/conditions', trade), {
      step: 'Re-map conditions',
    });
    expect([document.dirty, changed.dirty]).toEqual([false, true]);
    const back = undone(changed);
    expect(back.dirty).toBe(false);
    expect(back.manifest).toBe(document.manifest);
    expect(redone(back).manifest).toBe(changed.manifest);
  });

  it('joins what is typed into one field to one step, and not what is typed into two', () => {
    let document = openRouterDocument(opened(), 'key');
    const type = (property: 'systemPrompt' | 'note', value: string, now: number) => {
      document = edited(document, setOfRoute(document.manifest, 'care/anatomy', property, value), {
        step: 'Edit anatomy',
        joins: property,
        now,
      });
    };
    type('systemPrompt', 'B', 1000);
    type('systemPrompt', 'Be', 1300);
    type('note', 'x', 1400);
    expect(document.past).toHaveLength(2);
    expect(undone(undone(document)).dirty).toBe(false);
  });

  it('takes back prompts that were moved together with the examples that they became', () => {
    const document = openRouterDocument(opened(), 'key');
    const moved = edited(document, remap(document.manifest, 'care/anatomy', trade), {
      step: 'Move',
      moved: [{ text: 'a prompt', route: null }],
    });
    expect(undone(moved).moved).toEqual([]);
    expect(redone(undone(moved)).moved).toHaveLength(1);
  });

  it('keeps edits unsaved that were made while it was being saved', () => {
    const document = openRouterDocument(opened(), 'key');
    const first = edited(document, remap(document.manifest, 'care/anatomy', trade), {
      step: 'One',
    });
    const second = edited(first, remap(first.manifest, 'care/conditions', trade), { step: 'Two' });
    const written = { ...opened(first.manifest), sha256: 'two' };
    expect(wasSaved(first, written).dirty).toBe(false);
    expect(wasSaved(second, written)).toMatchObject({ dirty: true, sha256: 'two' });
  });

  it('leads back to one’s own edits after the file’s version was taken', () => {
    const document = openRouterDocument(opened(), 'key');
    const mine = edited(document, remap(document.manifest, 'care/anatomy', trade), {
      step: 'Mine',
    });
    const theirs = buildManifest((manifest) => (manifest.name = 'theirs'));
    const taken = rebased(mine, { ...opened(theirs), sha256: 'three' });
    expect(taken).toMatchObject({ dirty: false, sha256: 'three' });
    expect(taken.manifest.name).toBe('theirs');
    expect(undone(taken).manifest).toBe(mine.manifest);
    expect(undone(taken).dirty).toBe(true);
  });

  it('says whether it is saved, served, or differs from what is served', () => {
    const document = openRouterDocument(opened(), 'key');
    const nothing = { loaded: [], requests: { running: 0, waiting: 0, done: 0 } };
    const server = { state: 'running', manifest: file, sha256: 'one', ...nothing } as const;
    expect(documentState(document, undefined).state).toBe('saved');
    expect(documentState(document, server).state).toBe('served');
    expect(documentState(document, { ...server, sha256: 'zero' }).state).toBe('differs');
    expect(documentState({ ...document, dirty: true }, server).state).toBe('unsaved');
    const other = { ...file, path: '/other/router.json' };
    expect(documentState(document, { ...server, manifest: other }).state).toBe('saved');
  });
});

describe('problems', () => {
  it('follow the edits, and those of files stay while what they name is there', () => {
    const missing = {
      severity: 'error',
      at: '/parents/0/file',
      message: 'The file is missing.',
    } as const;
    const document = openRouterDocument({ ...opened(), problems: [missing] }, 'key');
    expect(currentProblems(document)).toEqual([missing]);
    const wrong = edited(
      document,
      remap(document.manifest, 'care/anatomy', { parent: 'nowhere' }),
      { step: 'Re-map' },
    );
    expect(currentProblems(wrong).map(({ at }) => at)).toEqual([
      '/parents/0/file',
      '/routes/1/parent',
    ]);
    const replaced = edited(
      document,
      {
        ...document.manifest,
        parents: document.manifest.parents.map((parent) => ({ ...parent, file: 'x.gguf' })),
      },
      { step: 'Another file' },
    );
    expect(currentProblems(replaced)).toEqual([]);
  });
});
