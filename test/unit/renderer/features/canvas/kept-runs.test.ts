import { expect, it } from 'vitest';
import { keepRun, keptRun, type RunStorage } from '#renderer/features/canvas/kept-runs.ts';

function storageWith(text: string | null = null): RunStorage & { text: string | null } {
  return {
    text,
    getItem() {
      return this.text;
    },
    setItem(_, value) {
      this.text = value;
    },
  };
}

it('keeps the last run of every recipe, and forgets the oldest of many', () => {
  const storage = storageWith();
  keepRun({ path: '/a', job: '1', text: 'first' }, storage);
  for (let number = 0; number < 19; number++) {
    keepRun({ path: `/b${number}`, job: 'x', text: '' }, storage);
  }
  expect(keptRun('/a', storage)?.text).toBe('first');
  keepRun({ path: '/a', job: '2', text: 'second' }, storage);
  keepRun({ path: '/c', job: 'x', text: '' }, storage);
  expect(keptRun('/a', storage)).toEqual({ path: '/a', job: '2', text: 'second' });
  expect(keptRun('/b0', storage)).toBeUndefined();
});

it('is not confused by what else may be stored', () => {
  for (const text of ['', '{', '{}', '[null, 1, {"path":"/a","job":1,"text":""}]']) {
    expect(keptRun('/a', storageWith(text))).toBeUndefined();
  }
});
