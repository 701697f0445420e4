import { describe, expect, it } from 'vitest';
import values from '#test/golden/convert/values.json' with { type: 'json' };
import { modelNameParts, titleOf } from '#src/stages/convert/metadata/model-name.ts';
import { sizeLabel } from '#src/stages/convert/metadata/size-label.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';

type NameCase = readonly [string, number, ...(string | null)[]];

describe('model names', () => {
  it('are taken apart as gguf-py does, for every size of model', () => {
    for (const [name, parameterCount, ...expected] of values.nameParts as unknown as NameCase[]) {
      const parts = modelNameParts(name, parameterCount);
      const found = [
        parts.fullName,
        parts.organization,
        parts.basename,
        parts.finetune,
        parts.version,
        parts.sizeLabel,
      ];
      expect([name, parameterCount, ...found.map((part) => part ?? null)]).toEqual([
        name,
        parameterCount,
        ...expected,
      ]);
    }
  });

  it('become titles as gguf-py makes them', () => {
    expect(values.titles.map(([name]) => [name, titleOf(name ?? '')])).toEqual(values.titles);
  });

  it('take no time on names made to be slow', () => {
    const started = processorMilliseconds();
    modelNameParts(`${'1.'.repeat(50_000)}x`);
    modelNameParts('a-'.repeat(50_000));
    titleOf(`v${'1.1'.repeat(50_000)}x`);
    expect(processorMilliseconds() - started).toBeLessThan(2_000);
  });
});

describe('size labels', () => {
  it('are rounded as Python rounds', () => {
    expect(values.sizeLabels.map(([count]) => [count, sizeLabel(Number(count))])).toEqual(
      values.sizeLabels,
    );
  });
});
