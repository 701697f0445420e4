import { describe, expect, it } from 'vitest';
import { stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { TensorView } from '#src/model/model-view.ts';
import { makeOutputPlan, replanMetadata } from '#src/stages/quantize/output-plan.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';

const view = (name: string, shape: number[], type: GgmlType): TensorView => ({
  name,
  shape,
  type,
  readRows: () => Promise.resolve(),
});
const tensors = [
  { source: view('a', [256, 4], 'F16'), name: 'a', type: 'Q4_K' },
  { source: view('b', [10, 1], 'F32'), name: 'b', type: 'F32' },
] as const;

describe('an output plan', () => {
  it('has the size that adding up by hand gives', () => {
    const plan = makeOutputPlan({
      label: 'Q4_K_M',
      metadata: [stringEntry('general.architecture', 'x')],
      tensors,
    });
    // Magic 4, version 4, counts 16; key 8 + 20, type 4, text 8 + 1;
    // records: name 8 + 1, dimensions 4 + 2 × 8, type 4, offset 8 = 41; with one dimension 33.
    const header = 24 + 28 + 4 + 9 + 41 + 33;
    expect(plan.header.dataOffset).toBe(160);
    expect(plan.header.dataOffset).toBe(Math.ceil(header / 32) * 32);
    // 4 rows of one Q4_K block (144 bytes), already a multiple of 32; 10 floats padded to 64 bytes.
    expect(plan.header.fileSize).toBe(160 + 576 + 64);
    expect(plan.bitsPerWeight).toBe(((576 + 40) * 8) / (1024 + 10));
  });

  it('keeps the alignment that the metadata declare', () => {
    const plan = makeOutputPlan({
      label: 'Q4_K_M',
      metadata: [uint32Entry('general.alignment', 128)],
      tensors,
    });
    expect(plan.header.dataOffset % 128).toBe(0);
    expect(plan.header.tensors[1]!.offset).toBe(640);
  });

  it('is laid out again for other metadata', () => {
    const plan = makeOutputPlan({ label: 'x', metadata: [], tensors, notices: ['kept'] });
    const longer = replanMetadata(plan, [stringEntry('studio.recipe', 'x'.repeat(1000))]);
    expect(longer.header.fileSize).toBeGreaterThan(plan.header.fileSize + 1000);
    expect(longer.tensors).toBe(plan.tensors);
    expect(longer.notices).toEqual(['kept']);
  });

  it('refuses rows that do not divide into blocks', () => {
    const odd = [{ source: view('a', [100, 4], 'F16'), name: 'a', type: 'Q4_K' }] as const;
    expect(() => makeOutputPlan({ label: 'x', metadata: [], tensors: odd })).toThrow('Q4_K');
  });
});
