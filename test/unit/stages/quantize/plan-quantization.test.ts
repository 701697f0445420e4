// Plans against the real library: what is noticed, and what is refused before anything is written.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLlamaLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import type { LlamaLibrary } from '#electron/factory/ffi/llama-library.types.ts';
import { dryRunnerIn } from '#electron/factory/quantize/dry-runner.ts';
import { stringEntry, uint32ArrayEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import {
  planEachQuantization,
  planQuantization,
  planQuantizations,
} from '#src/stages/quantize/plan-quantization.ts';
import type { OutputLevel, QuantizeOptions } from '#src/stages/quantize/quantize-options.ts';
import { openModel } from '#test/helpers/build-base-model.ts';
import { buildGguf, type TestTensor } from '#test/helpers/build-gguf.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import {
  tinyImportance,
  tinyLlamaMetadata,
  tinyLlamaTensors,
  type TinyLlama,
} from '#test/golden/quantize/tiny-llama.ts';

let folder: string;
let library: LlamaLibrary;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
  library = openLlamaLibrary();
});
afterAll(async () => {
  library.dispose();
  await rm(folder, { recursive: true });
});

const tiny = (options: TinyLlama = {}) =>
  openModel(buildGguf({ metadata: tinyLlamaMetadata(options), tensors: tinyLlamaTensors(options) }), 'tiny.gguf'); // prettier-ignore
const plan = (model: ModelView, level: OutputLevel, options: QuantizeOptions = {}) =>
  planQuantization(model, level, options, dryRunnerIn(folder, library));
const typeOf = ({ tensors }: OutputPlan, name: string) =>
  tensors.find((tensor) => tensor.name === name)?.type;

/** Q8_0 bytes (zeros) where the shape allows. */
async function quantizedTiny(): Promise<ModelView> {
  const tensors = tinyLlamaTensors().map(({ name, shape }): TestTensor =>
    shape.length > 1 ? { name, shape, type: 'Q8_0' } : { name, shape },
  );
  return openModel(buildGguf({ metadata: tinyLlamaMetadata(), tensors }), 'q8.gguf');
}

describe('planning a quantization', () => {
  it('needs no weights and leaves no temporary files', async () => {
    const model = await tiny();
    const blind: ModelView = {
      ...model,
      tensors: model.tensors.map((tensor) => ({
        ...tensor,
        readRows: () => Promise.reject(new Error('rows were read')),
      })),
    };
    const planned = await plan(blind, 'Q4_K_M');
    expect(typeOf(planned, 'token_embd.weight')).toBe('Q6_K');
    expect(typeOf(planned, 'blk.0.attn_q.weight')).toBe('Q4_K');
    expect(typeOf(planned, 'blk.0.attn_norm.weight')).toBe('F32');
    expect(planned.problems).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('shows the header once for many levels', async () => {
    const model = await tiny();
    let opened = 0;
    const counting = dryRunnerIn(folder, library);
    const plans = await planQuantizations(
      model,
      (['Q4_K_M', 'Q8_0', 'as-is', 'COPY'] as const).map((level) => ({ level })),
      (header, size) => {
        opened++;
        return counting(header, size);
      },
    );
    expect(plans.map(({ label }) => label)).toEqual(['Q4_K_M', 'Q8_0', 'as-is', 'COPY']);
    expect(opened).toBe(1);
  });

  it('keeps everything at level as-is', async () => {
    const model = await tiny();
    const planned = await plan(model, 'as-is');
    expect(planned.metadata).toEqual(model.metadata);
    expect(planned.tensors.map(({ name }) => name)).toEqual(model.tensors.map(({ name }) => name));
  });

  it('says which tensors fall back to larger types', async () => {
    const planned = await plan(await tiny({ hidden: 96, feedForward: 160 }), 'Q4_K_M');
    expect(planned.notices.join('\n')).toMatch(/rows of 96 weights .* Q4_K blocks of 256/);
  });

  it('plans the other levels when llama.cpp has no types for one', async () => {
    const model = await tiny({ hidden: 96, feedForward: 160 });
    const requests = (['Q8_0', 'Q1_0', 'Q4_0'] as const).map((level) => ({ level }));
    const openDryRun = dryRunnerIn(folder, library);
    const results = await planEachQuantization(model, requests, openDryRun);
    expect(results.map((result) => result instanceof StudioError)).toEqual([false, true, false]);
    await expectRefusal(
      planQuantizations(model, requests, openDryRun),
      'quantize/failed',
      'no tensor type fallback is defined for type q1_0',
    );
  });

  it('names a problem, not an error, when a level needs a matrix', async () => {
    const planned = await plan(await tiny(), 'IQ2_XXS');
    expect(planned.header.fileSize).toBeGreaterThan(0);
    expect(planned.problems.map(({ code }) => code)).toEqual(['quantize/needs-imatrix']);
    expect(planned.problems[0]?.message).toContain('blk.0.attn_k.weight');
  });

  it('has no problem with the matrix, but says which tensors it does not know', async () => {
    const importance = {
      path: 'tiny.imatrix',
      datasets: [],
      chunkCount: 1,
      weights: tinyImportance(),
    };
    const planned = await plan(await tiny(), 'IQ2_XXS', { importance });
    expect(planned.problems).toEqual([]);
    expect(planned.notices.join('\n')).toContain('no weights for token_embd.weight');
  });

  it('warns of columns that a matrix gives no weight', async () => {
    const weights = new Map(tinyImportance());
    weights.set('blk.0.attn_q.weight', new Float32Array(256).fill(1).fill(0, 3, 5));
    const importance = { path: 'tiny.imatrix', datasets: [], chunkCount: 1, weights };
    const planned = await plan(await tiny(), 'Q4_K_M', { importance });
    expect(planned.notices.join('\n')).toContain('weight 0 to some columns of blk.0.attn_q.weight');
  });

  it.each(['Q8_0', 'F16', 'TQ2_0'] as const)(
    'says nothing of weights for tensors that become %s, which ignores them',
    async (type) => {
      const weights = new Map([
        ['blk.0.attn_q.weight', new Float32Array(256).fill(1).fill(0, 3, 5)],
        ['blk.0.attn_k.weight', new Float32Array(256).fill(1)],
      ]);
      const importance = { path: 'tiny.imatrix', datasets: [], chunkCount: 1, weights };
      const options = { importance, pure: true, tokenEmbeddingType: type, outputTensorType: type };
      const planned = await plan(await tiny(), type, options);
      expect(typeOf(planned, 'blk.0.attn_q.weight')).toBe(type);
      expect(planned.notices).toEqual([]);
    },
  );

  it('finds that libggml would abort without weights for an embedding', async () => {
    const planned = await plan(await tiny(), 'Q4_K_M', { tokenEmbeddingType: 'IQ2_XXS' });
    expect(planned.problems[0]?.code).toBe('quantize/needs-imatrix');
  });

  it('does not round a second time unasked, and says what is lost when asked', async () => {
    const refused = await plan(await quantizedTiny(), 'Q4_K_M');
    expect(refused.problems[0]?.code).toBe('quantize/requantize');
    const allowed = await plan(await quantizedTiny(), 'Q4_K_M', { allowRequantize: true });
    expect(allowed.problems).toEqual([]);
    expect(allowed.notices.join('\n')).toMatch(/already quantized \(Q8_0\)/);
  });

  it('copies quantized tensors without a word', async () => {
    for (const level of ['COPY', 'as-is', 'Q8_0'] as const) {
      const planned = await plan(await quantizedTiny(), level);
      expect([planned.problems, planned.notices]).toEqual([[], []]);
    }
  });

  it('plans merged tensors as F32', async () => {
    const model = await tiny();
    const merged: ModelView = {
      ...model,
      tensors: model.tensors.map((tensor) =>
        tensor.name === 'blk.0.attn_q.weight'
          ? { ...tensor, type: 'F16', loadCombination: () => Promise.reject(new Error('unused')) }
          : tensor,
      ),
    };
    expect(typeOf(await plan(merged, 'COPY'), 'blk.0.attn_q.weight')).toBe('F32');
    await expectRefusal(plan(merged, 'as-is'), 'quantize/failed', 'blk.0.attn_q.weight is merged');
  });

  it('refuses pruning that would break per-layer metadata', async () => {
    const perLayer = uint32ArrayEntry('llama.attention.head_count_kv', [2, 2]);
    const metadata = [...tinyLlamaMetadata().filter(({ key }) => key !== perLayer.key), perLayer];
    const model = await openModel(buildGguf({ metadata, tensors: tinyLlamaTensors() }));
    await expectRefusal(plan(model, 'Q4_K_M', { pruneLayers: [0] }), 'quantize/prune');
    await expectRefusal(plan(await tiny(), 'as-is', { pruneLayers: [0] }), 'quantize/prune');
  });

  it('warns when pruning shifts a sliding window', async () => {
    const metadata = [...tinyLlamaMetadata(), uint32Entry('llama.attention.sliding_window', 32)];
    const model = await openModel(buildGguf({ metadata, tensors: tinyLlamaTensors() }));
    const planned = await plan(model, 'Q4_K_M', { pruneLayers: [0] });
    expect(planned.notices.join('\n')).toContain('sliding window');
  });

  it("gives llama.cpp's reason for what it cannot quantize", async () => {
    const unknown = await openModel(
      buildGguf({
        metadata: [stringEntry('general.architecture', 'no-such-family')],
        tensors: tinyLlamaTensors(),
      }),
    );
    await expectRefusal(plan(unknown, 'Q4_K_M'), 'quantize/failed', 'no-such-family');
    const pattern = plan(await tiny(), 'Q4_K_M', { tensorTypes: [['(', 'Q8_0']] });
    await expectRefusal(pattern, 'quantize/failed', /cannot quantize this model/);
    expect(await readdir(folder)).toEqual([]);
  });
});
