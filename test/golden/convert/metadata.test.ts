// Metadata of seeded variations of config.json against the reference (make-metadata.py): which keys a family writes, in
// which order, and what it takes for a key that is missing or null.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import { mergeEntries } from '#src/architectures/vocabulary/merge-entries.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

interface MetadataCase {
  readonly config: HuggingFaceConfig;
  readonly generated: readonly (readonly [string, number])[];
  readonly entries: readonly (readonly [string, string, unknown])[];
}

const url = new URL('./metadata.json', import.meta.url);
const cases = JSON.parse(readFileSync(url, 'utf8')) as MetadataCase[];

/** F32 values are compared as they are stored; the reference lists them before it stores them. */
function rounded(type: string, value: unknown): unknown {
  return type === 'float32' && typeof value === 'number' ? Math.fround(value) : value;
}

function described({ key, value }: GgufEntry): readonly [string, string, unknown] {
  if (value.type === 'array') return [key, `${value.elementType}[]`, value.value];
  return [key, value.type, rounded(value.type, value.value)];
}

describe('metadata of variations of config.json', () => {
  it('covers every family', () => {
    const names = new Set(cases.map(({ config }) => JSON.stringify(config['architectures'])));
    expect(names.size).toBe(9);
  });

  it.each(cases.map((expected) => [JSON.stringify(expected.config), expected] as const))(
    '%s',
    (_title, { config, generated, entries }) => {
      const architecture = configureArchitecture(config);
      const found = mergeEntries(
        [stringEntry('general.architecture', architecture.ggufName)],
        architecture.generatedMetadata,
        architecture.metadata({ fileType: 1 }),
      );
      expect(found.map(described)).toEqual(
        entries.map(([key, type, value]) => [key, type, rounded(type, value)]),
      );
      expect(
        architecture.generatedTensors.map(({ name, values }) => [name, values.length]),
      ).toEqual(generated);
    },
  );
});
