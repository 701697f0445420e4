import { describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import {
  stringArrayEntry,
  stringEntry,
  uint32Entry,
  withEntry,
} from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { ModelView } from '#src/model/model-view.ts';
import {
  clampContextWindow,
  provenanceEntries,
  readProvenance,
  refuseMergedTwice,
  tensorHashEntry,
  withoutProvenance,
  withoutStudioEntries,
} from '#src/stages/package/provenance.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';

const tensors = [
  { name: 'a', shape: [32] },
  { name: 'b', shape: [32] },
];
const provenance = { recipe: '{"version":1}', library: 'llama.cpp v0.5.0', contextWindow: 512 };

describe('provenance entries', () => {
  it('come back from a file as they were written', async () => {
    const file = buildGguf({ metadata: provenanceEntries(provenance, 2), tensors });
    const { metadata } = await readGgufHeader(memoryByteSource(file));
    expect(readProvenance(metadata)).toEqual({
      ...provenance,
      tensorHashes: ['0'.repeat(64), '0'.repeat(64)],
    });
  });

  it('have the same length before and after the hashes are known', () => {
    const before = provenanceEntries(provenance, 2);
    const after = withEntry(before, tensorHashEntry(['a'.repeat(64), 'b'.repeat(64)]));
    expect(buildGguf({ metadata: after, tensors })).toHaveLength(
      buildGguf({ metadata: before, tensors }).length,
    );
  });

  it('are absent from files that were not built here', () => {
    expect(readProvenance([stringEntry('general.architecture', 'llama')])).toBeUndefined();
  });

  it('replace those of an earlier build, and touch nothing else', () => {
    const own = [stringEntry('general.name', 'x'), stringEntry('studious.key', 'y')];
    expect(withoutStudioEntries([...own, ...provenanceEntries(provenance, 1)])).toEqual(own);
  });
});

describe('a built model as a plain input', () => {
  const modelOf = (metadata: readonly GgufEntry[]): ModelView => ({
    label: 'built.gguf',
    architecture: 'llama',
    metadata,
    tensors: [],
    close: () => Promise.resolve(),
  });
  const architecture = stringEntry('general.architecture', 'llama');

  it('keeps its context window and none of what describes its file', () => {
    const built = modelOf([architecture, ...provenanceEntries(provenance, 2)]);
    const { model, notice } = withoutProvenance(built);
    expect(model.metadata.map(({ key }) => key)).toEqual([
      'general.architecture',
      'studio.context_window',
    ]);
    expect(notice).toBeUndefined();
  });

  it('says which adapters stay behind', () => {
    const names = stringArrayEntry('studio.bundle.names', ['conditions', 'anatomy']);
    const { model, notice } = withoutProvenance(modelOf([architecture, names]));
    expect(model.metadata).toEqual([architecture]);
    expect(notice).toContain('built.gguf carries adapters (conditions, anatomy)');
  });

  it('is itself when it has none', () => {
    const plain = modelOf([architecture]);
    expect(withoutProvenance(plain)).toEqual({ model: plain, notice: undefined });
    expect(withoutProvenance(plain).model).toBe(plain);
  });
});

describe('the context window', () => {
  const metadata = [uint32Entry('llama.context_length', 1024)];
  it('is clamped to what the model was trained for, with a notice', () => {
    expect(clampContextWindow(metadata, 'llama', 4096)).toEqual({
      contextWindow: 1024,
      notice: 'The context window is 1024 instead of 4096: the model was trained for no more.',
    });
  });
  it('is kept when the model was trained for it, or does not say', () => {
    expect(clampContextWindow(metadata, 'llama', 1024)).toEqual({
      contextWindow: 1024,
      notice: undefined,
    });
    expect(clampContextWindow([], 'llama', 4096).contextWindow).toBe(4096);
  });
});

describe('bundling', () => {
  const merged = [{ name: 'conditions', sha256: 'c' }];
  it('refuses an adapter that the weights hold already, naming both', () => {
    expect(() => refuseMergedTwice([{ name: 'again', sha256: 'c' }], merged, 'base.gguf')).toThrow(
      /base\.gguf already holds the adapter "conditions".*bundled as "again"/,
    );
  });
  it('lets other adapters ride', () => {
    expect(() =>
      refuseMergedTwice([{ name: 'conditions', sha256: 'd' }], merged, 'b'),
    ).not.toThrow();
  });
});
