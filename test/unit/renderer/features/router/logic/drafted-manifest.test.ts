// Drafts of manifests: what was unsaved comes back, over the file that it was made on or another one.
import { describe, expect, it } from 'vitest';
import type { ManifestDocument } from '#src/contract/studio/router.ts';
import { readDraft, writeDraft } from '#renderer/features/router/logic/drafted-manifest.ts';
import {
  edited,
  openRouterDocument,
  rebased,
  restored,
  undone,
} from '#renderer/features/router/logic/router-document.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';

const manifest = buildManifest();
const opened: ManifestDocument = {
  file: { id: 'f', name: 'router.json', path: '/router.json', recipePath: 'router.json' },
  manifest,
  sha256: 'a',
  problems: [],
};
const document = openRouterDocument(opened, 'key');
const changed = edited(
  document,
  { ...manifest, name: 'changed' },
  {
    step: 'Rename',
    moved: [{ text: 'My knee hurts', route: null }],
  },
);

describe('a drafted manifest', () => {
  it('is the manifest and the moved prompts, written and read again', () => {
    const text = writeDraft(changed);
    expect(readDraft({ text, title: 'tiny' })).toEqual({
      manifest: changed.manifest,
      moved: changed.moved,
    });
  });

  it('is refused when it holds no manifest', () => {
    for (const text of ['', '{', '{"moved":[]}', '{"manifest":{"version":1},"moved":[]}']) {
      expect(() => readDraft({ text, title: 'tiny' })).toThrow(/draft of tiny/i);
    }
  });

  it('is unsaved again over the same file, one undo from what is saved', () => {
    const again = restored(document, changed, 'a');
    expect(again).toMatchObject({ dirty: true, changedOnDisk: undefined, moved: changed.moved });
    expect(undone(again)).toMatchObject({ dirty: false, manifest });
  });

  it('waits for a word over a file that was changed since', () => {
    const again = restored(document, changed, 'older');
    expect(again.changedOnDisk).toBe('a');
    expect(rebased(again, opened)).toMatchObject({ dirty: false, changedOnDisk: undefined });
  });
});
