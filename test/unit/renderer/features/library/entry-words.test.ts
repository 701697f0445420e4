import { expect, it } from 'vitest';
import {
  canChat,
  domainOf,
  formatParameters,
  memoryNeeded,
  placeOf,
} from '#renderer/features/library/entry-words.ts';
import { sampleEntry } from './sample-entries.ts';

it('parameters are written with three digits', () => {
  expect([4_196_608, 3.21e9, 134.5e6, 999.96e6, 70e9, 512].map(formatParameters)).toEqual([
    '4.20 M',
    '3.21 B',
    '135 M',
    '1.00 B',
    '70.0 B',
    '512',
  ]);
});

it('memory is weights, context and working space together', () => {
  const memory = { weightsBytes: 5, cacheBytes: 3, computeBytes: 2, contextSize: 4096 };
  expect(memoryNeeded(sampleEntry({ memory }))).toBe(10);
  expect(memoryNeeded(sampleEntry())).toBeUndefined();
});

it('only a GGUF that is no embedding or voice model can chat', () => {
  expect(canChat(sampleEntry())).toBe(true);
  expect(canChat(sampleEntry({ role: 'embedding' }))).toBe(false);
  expect(canChat(sampleEntry({ kind: 'base' }))).toBe(false);
});

it('a place is the folder within the workspace', () => {
  const file = { id: 'abcdefgh', name: 'x', path: '/w/a/b/x', recipePath: 'a/b/x' };
  expect(placeOf({ file })).toBe('a/b');
  expect(placeOf({ file: { ...file, recipePath: 'x' } })).toBe('');
});

it('a domain is written with its part', () => {
  expect(domainOf(sampleEntry({ domain: 'healthcare', subdomain: 'anatomy' }))).toBe(
    'healthcare / anatomy',
  );
});
