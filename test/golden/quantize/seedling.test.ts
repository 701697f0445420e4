// Byte identity of the one pass with llama_model_quantize, on real weights of both Seedling architectures.
import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectSameFile } from './expect-same-file.ts';
import { GoldenBench, seedlingModels } from './golden-bench.ts';

const goldenLevels = ['Q4_0', 'Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0', 'Q6_K', 'Q3_K_M', 'IQ4_XS'] as const; // prettier-ignore
let bench: GoldenBench;

beforeAll(async () => {
  bench = await GoldenBench.open();
});
afterAll(() => bench.close());

describe.each(seedlingModels)('one pass over %s', (name) => {
  let input: string;
  beforeAll(async () => {
    input = await bench.convert(name);
  });

  it('writes eight levels at once as llama_model_quantize writes each', async () => {
    await bench.compare(input, goldenLevels);
  });

  it('writes the same with an importance matrix', async () => {
    await bench.compare(input, goldenLevels, { importance: await bench.importance(name) });
  });

  it('writes a level that needs a matrix', async () => {
    // The others, which take long, are compared on tiny models.
    await bench.compare(input, ['Q2_K_S'], { importance: await bench.importance(name) });
  });

  it('writes the float levels and a copy', async () => {
    await bench.compare(input, ['F32', 'F16', 'BF16', 'COPY']);
  });

  it('does not depend on the number of threads or the size of slabs', async () => {
    await bench.compare(input, ['Q4_K_M', 'Q3_K_M'], {}, { threads: 1 });
    await bench.compare(input, ['Q4_K_M', 'Q3_K_M'], {}, { threads: 2, slabBytes: 1 });
    await bench.compare(input, ['Q4_K_M'], {}, { threads: 2, slabBytes: 100_000 });
  });

  it('follows --tensor-type, the first matching pattern first', async () => {
    await bench.compare(input, ['Q4_K_M', 'Q8_0', 'F16'], {
      tensorTypes: [
        ['blk\\.1\\.attn_.*\\.weight', 'Q6_K'],
        ['attn_', 'Q5_0'],
        ['ffn_down', 'IQ4_NL'],
        ['ffn_(up|gate)', 'F16'],
      ],
    });
  });

  it('follows --output-tensor-type and --token-embedding-type', async () => {
    await bench.compare(input, ['Q4_K_M', 'Q2_K'], { outputTensorType: 'Q8_0' });
    await bench.compare(input, ['Q4_K_M'], { tokenEmbeddingType: 'Q5_1' });
    await bench.compare(input, ['Q4_K_M'], { tokenEmbeddingType: 'F32', outputTensorType: 'Q4_0' });
  });

  it('follows --pure and --leave-output-tensor', async () => {
    await bench.compare(input, ['Q4_K_M', 'Q3_K_M', 'Q2_K'], { pure: true });
    await bench.compare(input, ['Q4_K_M'], { leaveOutputTensor: true });
  });

  it('follows --prune-layers, with and without a matrix', async () => {
    await bench.compare(input, ['Q4_K_M', 'COPY'], { pruneLayers: [2, 1] });
    await bench.compare(input, ['Q4_0'], { pruneLayers: [0] });
    const importance = await bench.importance(name);
    await bench.compare(input, ['Q4_K_M', 'Q2_K_S'], { pruneLayers: [1, 3], importance });
  });

  it('rounds a second time as llama_model_quantize does when that is allowed', async () => {
    const options = { allowRequantize: true };
    for (const first of ['Q8_0', 'Q5_K_M', 'IQ4_XS', 'Q4_0', 'Q6_K'] as const) {
      const [written] = await bench.onePass(input, [first]);
      const quantized = bench.path('quantized.gguf');
      await rename(written!, quantized);
      await bench.compare(quantized, ['Q4_K_M', 'Q8_0', 'F32', 'COPY'], options);
    }
  });
});

describe.each([
  ['seedling-4m', ['conditions', 'finance']],
  ['seedling-gpt2-4m', ['conditions']],
] as const)('merging adapters into %s', (name, adapters) => {
  it('gives in one pass what llama_model_quantize makes of the F32 merge', async () => {
    const levels = ['Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0', 'F16'] as const;
    const importance = await bench.importance(name);
    const [written] = await bench.onePassOf(await bench.merged(name, adapters), '', ['F32']);
    const merge = bench.path('merge.gguf');
    await rename(written!, merge);
    for (const options of [{}, { importance }]) {
      const direct = await bench.onePassOf(await bench.merged(name, adapters), '', levels, options);
      for (const [index, level] of levels.entries()) {
        await expectSameFile(direct[index]!, bench.reference(merge, level, options));
      }
    }
  });
});
