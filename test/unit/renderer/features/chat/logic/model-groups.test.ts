import { describe, expect, it } from 'vitest';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import {
  canChat,
  columnModelOf,
  familyName,
  groupModels,
  otherLevels,
  suggestions,
} from '#renderer/features/chat/logic/model-groups.ts';

function entry(name: string, more: Partial<LibraryEntry> = {}): LibraryEntry {
  return {
    path: `/models/${name}`,
    name,
    kind: 'gguf',
    format: 'GGUF',
    bytes: 1000,
    bundledAdapters: [],
    modified: 0,
    foundIn: 'Workspace',
    file: { id: `id-${name}`, name, path: `/models/${name}`, recipePath: `models/${name}` },
    ...more,
  };
}

const parents = ['Q2_K', 'Q8_0', 'Q4_K_M', 'Q6_K'].map((type) =>
  entry(`seedling-healthcare-${type}.gguf`, { type, domain: 'healthcare' }),
);

describe('models to choose from', () => {
  it('are grouped by family, many bits first', () => {
    const groups = groupModels([entry('other-F16.gguf', { type: 'F16' }), ...parents], '');
    expect(groups.map(({ title }) => title)).toEqual(['seedling-healthcare', 'other']);
    expect(groups[0]?.entries.map(({ type }) => type)).toEqual(['Q8_0', 'Q6_K', 'Q4_K_M', 'Q2_K']);
  });

  it('leave out what cannot chat', () => {
    expect(canChat(entry('e.gguf', { role: 'embedding' }))).toBe(false);
    expect(canChat(entry('a', { kind: 'adapter' }))).toBe(false);
    expect(canChat(entry('m.gguf'))).toBe(true);
  });

  it('are found by every word', () => {
    expect(groupModels(parents, 'health q4')[0]?.entries).toHaveLength(1);
    expect(groupModels(parents, 'health nothing')).toEqual([]);
  });

  it('know the other levels of their family', () => {
    const levels = otherLevels(parents, { name: 'seedling-healthcare-Q4_K_M', level: 'Q4_K_M' });
    expect(levels.map(({ type }) => type)).toEqual(['Q8_0', 'Q6_K', 'Q2_K']);
  });

  it('suggest three levels of what was built here first', () => {
    const [first] = suggestions([entry('a-F16.gguf', { type: 'F16' }), ...parents], 5);
    expect(first?.title).toBe('seedling-healthcare');
    expect(first?.entries.map(({ type }) => type)).toEqual(['Q8_0', 'Q4_K_M', 'Q2_K']);
  });

  it('are named without level, part and ending', () => {
    expect(familyName({ name: 'big-Q4_K_M-00001-of-00003.gguf', type: 'Q4_K_M' })).toBe('big');
    expect(familyName({ name: 'plain.gguf', type: 'Q4_K_M' })).toBe('plain');
  });

  it('take the first adapter of a bundle', () => {
    const bundledAdapters = ['conditions', 'medications'].map((name) => ({
      name,
      domain: 'healthcare',
      scale: 1,
    }));
    expect(columnModelOf(entry('b-Q4_0.gguf', { type: 'Q4_0', bundledAdapters }))).toEqual({
      path: 'models/b-Q4_0.gguf',
      name: 'b-Q4_0',
      level: 'Q4_0',
      adapters: [{ bundled: 'conditions', scale: 1 }],
    });
  });
});
