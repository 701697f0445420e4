// What the dialog "Fit a hybrid" asks for, and when it can.
import { describe, expect, it } from 'vitest';
import {
  budgetOf,
  emptyHybrid,
  problemOf,
  requestOf,
  type HybridDraft,
} from '#renderer/features/compare/hybrid/hybrid-draft.ts';

const draft = (changes: Partial<HybridDraft> = {}): HybridDraft => ({
  ...emptyHybrid,
  source: 'source-id',
  suites: { general: 'proof', language: 'search', prose: 'none' },
  ...changes,
});
const file = { id: 'file-id-1', name: 'mine.txt', path: '/mine.txt', recipePath: '/mine.txt' };

describe('a hybrid that is asked for', () => {
  it('tells what is missing, one thing at a time', () => {
    expect(problemOf(emptyHybrid)).toMatch(/model/);
    expect(problemOf(draft({ budgetKind: 'bytes', size: 'big' }))).toMatch(/size/);
    expect(problemOf(draft({ suites: { general: 'proof' } }))).toMatch(/search/);
    expect(problemOf(draft({ suites: { language: 'search' } }))).toMatch(/proof/);
    expect(problemOf(draft())).toBeUndefined();
  });

  it('reads a size as people write it', () => {
    const bytes = (size: string) => budgetOf(draft({ budgetKind: 'bytes', size }));
    expect(bytes(' 3.2 GB ')).toEqual({ kind: 'bytes', bytes: 3_200_000_000 });
    expect(bytes('900MiB')).toEqual({ kind: 'bytes', bytes: 943_718_400 });
    expect(bytes('99999999999 TB')).toBeUndefined();
  });

  it('names file and run after the model and the budget', () => {
    const request = requestOf(draft(), 'model-BF16.gguf');
    expect(request.output.name).toBe('model-hybrid-Q4_K_M.gguf');
    expect(request.title).toBe('Hybrid of model-BF16.gguf, the size of Q4_K_M');
    const byKld = requestOf(draft({ budgetKind: 'kld', kld: 0.05, moves: 4 }), 'model');
    expect(byKld).toMatchObject({ budget: { kind: 'kld', kld: 0.05 }, moves: 0 });
    expect(byKld.output.name).toBe('model-hybrid-KLD0.05.gguf');
  });

  it('gives every text one role', () => {
    const request = requestOf(draft({ texts: [{ file, role: 'search' }] }), 'model');
    expect(request.suites).toEqual(['general']);
    expect(request.probeSuites).toEqual(['language']);
    expect(request.probeTexts).toEqual(['file-id-1']);
    expect(request.texts).toEqual([]);
  });
});
