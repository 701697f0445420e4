// The native surface on a real model: Seedling, converted by our own code.
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LlamaLibrary, ModelHandle } from '#electron/factory/ffi/llama-library.types.ts';
import { availableParallelism } from 'node:os';
import { usableThreads } from '#electron/factory/ffi/context-calls.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { GoldenBench } from '#test/golden/quantize/golden-bench.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

let bench: GoldenBench;
let library: LlamaLibrary;
let path: string;
let model: ModelHandle;
beforeAll(async () => {
  bench = await GoldenBench.open();
  library = bench.library;
  library.devices.loadBackends();
  path = await bench.convert('seedling-4m');
  model = await library.models.load(path);
});
afterAll(async () => {
  library.models.free(model);
  await bench.close();
});

const plain = { addSpecial: false, parseSpecial: false };
const whole = { removeSpecial: false, unparseSpecial: true };

describe('models', () => {
  it('are described', () => {
    expect(library.models.describe(model)).toMatchObject({
      parameterCount: 4_196_608,
      trainedContext: 1024,
      embeddingLength: 256,
      layerCount: 4,
      hasDecoder: true,
      hasEncoder: false,
    });
    expect(library.models.describe(model).chatTemplate).toContain('<|im_start|>');
  });

  it("that cannot be loaded give llama.cpp's reason", async () => {
    const broken = bench.path('broken.gguf');
    await writeFile(broken, 'GGUF but not really');
    await expectRefusal(library.models.load(broken), 'native/failed', broken);
    const missing = library.models.load(bench.path('missing.gguf'));
    await expectRefusal(missing, 'native/failed', 'No such file');
    expect(library.log.lastErrors().join('\n')).toContain('missing.gguf');
  });

  it('can be loaded for their vocabulary alone', async () => {
    const small = await library.models.load(path, { vocabularyOnly: true });
    expect(library.vocabulary.size(library.models.vocabulary(small))).toBe(4096);
    library.models.free(small);
  });
});

describe('vocabularies', () => {
  it('turn text into tokens and back', () => {
    const vocabulary = library.models.vocabulary(model);
    const text = 'What is a femur? Naïve café, zero\0byte, 你好 🙂\n'.repeat(20);
    const tokens = library.vocabulary.tokenize(vocabulary, text, plain);
    expect(tokens.length).toBeGreaterThan(100);
    expect(library.vocabulary.detokenize(vocabulary, tokens, whole)).toBe(text);
    const pieces = [...tokens].map((token) => library.vocabulary.tokenBytes(vocabulary, token, true)); // prettier-ignore
    expect(Buffer.concat(pieces).toString('utf8')).toBe(text);
  });

  it('read control tokens only when asked to', () => {
    const vocabulary = library.models.vocabulary(model);
    const parsed = library.vocabulary.tokenize(vocabulary, '<|im_end|>', {
      addSpecial: false,
      parseSpecial: true,
    });
    const { eos } = library.vocabulary.specialTokens(vocabulary);
    expect([...parsed]).toEqual([eos]);
    expect(library.vocabulary.isEndOfGeneration(vocabulary, eos)).toBe(true);
    expect(library.vocabulary.isControl(vocabulary, eos)).toBe(true);
    expect(library.vocabulary.tokenize(vocabulary, '<|im_end|>', plain).length).toBeGreaterThan(1);
    expect(library.vocabulary.tokenize(vocabulary, '', plain)).toHaveLength(0);
    expect(library.vocabulary.addsBos(vocabulary)).toBe(false);
  });
});

describe('contexts', () => {
  it('compute the same logits for a batch and token by token', async () => {
    const vocabulary = library.models.vocabulary(model);
    const tokens = library.vocabulary.tokenize(vocabulary, 'A person who sells books', plain);
    const context = library.contexts.create(model, {
      contextSize: 256,
      threads: 1,
      flashAttention: 'off',
    });
    const size = library.vocabulary.size(vocabulary);
    await library.contexts.decode(context, { tokens, firstPosition: 0, outputs: 'all' });
    const together = library.contexts.logits(context, 2, size);
    library.contexts.clear(context);
    for (const [index, token] of [...tokens.subarray(0, 3)].entries()) {
      const one = Int32Array.of(token);
      await library.contexts.decode(context, { tokens: one, firstPosition: index, outputs: 'last' }); // prettier-ignore
    }
    const single = library.contexts.logits(context, -1, size);
    const largest = together.reduce((most, value, index) => Math.max(most, Math.abs(value - single[index]!)), 0); // prettier-ignore
    expect(largest).toBeLessThan(1e-3);
    expect(library.contexts.contextSize(context)).toBe(256);
    expect(library.contexts.forget(context, 0, 2)).toBe(true);
    library.contexts.free(context);
  });

  it('refuse more tokens than they hold', async () => {
    const context = library.contexts.create(model, { contextSize: 256, threads: 1 });
    await library.contexts.decode(context, {
      tokens: new Int32Array(200).fill(5),
      firstPosition: 0,
      outputs: 'last',
    });
    const more = library.contexts.decode(context, {
      tokens: new Int32Array(100).fill(5),
      firstPosition: 200,
      outputs: 'last',
    });
    await expectRefusal(more, 'native/failed', '100 tokens');
    library.contexts.free(context);
  });

  it('never get more threads than the machine has cores', () => {
    expect(usableThreads(1000)).toBe(availableParallelism());
    expect(usableThreads(0)).toBe(1);
    expect(usableThreads(1.9)).toBe(1);
  });
});

describe('adapters', () => {
  it("that are none are refused with llama.cpp's reason", () => {
    expect(() => library.adapters.load(model, path)).toThrow('refuses the adapter');
  });
});

describe('devices', () => {
  it('include the processor', () => {
    const [cpu] = library.devices.list();
    expect(cpu?.kind).toBe('cpu');
    expect(cpu?.totalBytes).toBeGreaterThan(0);
    expect(library.devices.systemInfo()).toContain('CPU');
  });
});

describe('the log', () => {
  it('arrives in whole lines while a synchronous call is captured', () => {
    const seen: string[] = [];
    library.log.onLine = ({ text }) => seen.push(text);
    const { lines } = library.log.capture(() =>
      library.quantizer.quantize({
        input: bench.path('missing.gguf'),
        output: '',
        fileType: 15,
        threads: 1,
        allowRequantize: false,
        quantizeOutputTensor: true,
        onlyCopy: false,
        pure: false,
        dryRun: true,
      }),
    );
    library.log.onLine = undefined;
    expect(seen.join('\n')).toContain('missing.gguf');
    expect(seen.every((line) => !line.includes('\n'))).toBe(true);
    // The call captures its own lines; the outer capture sees none of them twice.
    expect(lines).toEqual([]);
  });
});

describe('rows', () => {
  const encodable: readonly (readonly [GgmlType, number])[] = [
    ['F32', 0], ['F16', 1e-3], ['BF16', 1e-2], ['Q8_0', 0.02], ['Q6_K', 0.06], ['Q5_K', 0.1], ['Q5_0', 0.1], ['Q5_1', 0.1],
    ['Q4_K', 0.2], ['Q4_0', 0.2], ['Q4_1', 0.2], ['IQ4_NL', 0.25], ['IQ4_XS', 0.25], ['Q3_K', 0.4], ['IQ3_S', 0.6], ['Q2_K', 0.8],
  ]; // prettier-ignore

  it.each(encodable)('in %s come back within the error of their type', (type, tolerance) => {
    const columns = 512;
    const source = seededFloats(3, columns * 3);
    const target = new Uint8Array(3 * rowByteLength(type, columns));
    library.rows.prepare(type);
    library.rows.encode(type, source, target, 3, columns, null);
    expect(library.rows.isFinite(type, target)).toBe(true);
    const back = new Float32Array(source.length);
    library.rows.decode(type, target, back, back.length);
    const worst = back.reduce((most, value, index) => Math.max(most, Math.abs(value - source[index]!)), 0); // prettier-ignore
    expect(worst).toBeLessThanOrEqual(tolerance);
  });

  it('that hold values which are not finite are found', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(library.rows.isFinite('F32', Float32Array.of(1, bad, 2, 3, 4, 5, 6, 7))).toBe(false);
    }
    // An F16 scale of infinity in the first block.
    const q8 = new Uint8Array(34);
    expect(library.rows.isFinite('Q8_0', q8)).toBe(true);
    q8.set([0x00, 0x7c]);
    expect(library.rows.isFinite('Q8_0', q8)).toBe(false);
  });

  it('of integers cannot become F32', () => {
    const decode = () => library.rows.decode('I32', new Uint8Array(4), new Float32Array(1), 1);
    expect(decode).toThrow('I32');
  });
});
