// What the golden tests share: Seedling converted by our own code, outputs by our one pass, and the same outputs written
// live by llama_model_quantize of the installed library. No stored hashes: both sides are computed in every run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLlamaLibrary } from '#electron/factory/ffi/open-llama-library.ts';
import type {
  LlamaLibrary,
  QuantizeMetadata,
  QuantizeRequest,
} from '#electron/factory/ffi/llama-library.types.ts';
import { dryRunnerIn } from '#electron/factory/quantize/dry-runner.ts';
import { writeOutputs } from '#electron/factory/quantize/write-outputs.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';
import { losslessView } from '#src/stages/convert/lossless-view.ts';
import { planConversion } from '#src/stages/convert/plan-conversion.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import { planQuantizations } from '#src/stages/quantize/plan-quantization.ts';
import type { OutputLevel, QuantizeOptions } from '#src/stages/quantize/quantize-options.ts';
import { levels } from '#src/tensors/levels.ts';
import { expectSameFile } from './expect-same-file.ts';

export const seedlingModels = ['seedling-4m', 'seedling-gpt2-4m'] as const;
export type SeedlingModel = (typeof seedlingModels)[number];

const assets = fileURLToPath(new URL('../../../assets/seedling/', import.meta.url));

export interface PassOptions {
  readonly threads?: number;
  readonly slabBytes?: number;
}

export class GoldenBench {
  private constructor(
    readonly folder: string,
    readonly library: LlamaLibrary,
  ) {}

  static async open(): Promise<GoldenBench> {
    return new GoldenBench(await mkdtemp(join(tmpdir(), 'golden-quantize-')), openLlamaLibrary());
  }

  async close(): Promise<void> {
    this.library.dispose();
    await rm(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Converts a Seedling folder without loss; gives the file. */
  async convert(name: SeedlingModel): Promise<string> {
    const path = this.path(`${name}.gguf`);
    const model = await openHuggingFaceModel(await openFolder(join(assets, name)), {
      outtype: 'lossless',
    });
    try {
      await runToEnd(
        writeOutputs([{ plan: planConversion(model), path }], { inputs: [] }),
        () => undefined,
      );
    } finally {
      await model.close();
    }
    return path;
  }

  /** A Seedling folder merged with adapters, without a file in between. */
  async merged(name: SeedlingModel, adapters: readonly string[]): Promise<ModelView> {
    const base = await openHuggingFaceModel(await openFolder(join(assets, name)), {
      outtype: 'lossless',
    });
    const folder = name === 'seedling-4m' ? 'adapters' : 'adapters-gpt2';
    const weighted = await Promise.all(
      adapters.map(async (adapter, index) => ({
        adapter: await openPeftAdapter(await openFolder(join(assets, folder, adapter))),
        weight: 1 - index / 4,
      })),
    );
    return mergeAdapters(losslessView(base), weighted, { method: 'sum' });
  }

  async importance(name: SeedlingModel): Promise<Importance> {
    const path = `imatrix/${name}.imatrix.gguf`;
    const source = await openFileByteSource(join(assets, path));
    try {
      const { values, datasets, chunkCount } = await readImatrix(source);
      return { path, datasets, chunkCount, weights: values };
    } finally {
      await source.close();
    }
  }

  /** Our side: all levels in one pass. Gives their paths in the order of `wanted`. */
  async onePass(
    input: string,
    wanted: readonly OutputLevel[],
    options: QuantizeOptions = {},
    pass: PassOptions = {},
  ): Promise<string[]> {
    const source = await openFileByteSource(input);
    const openSibling = (name: string) => openFileByteSource(join(dirname(input), name));
    return this.onePassOf(await openGgufModel(source, openSibling), input, wanted, options, pass);
  }

  /** The same for a view, which is closed. */
  async onePassOf(
    model: ModelView,
    input: string,
    wanted: readonly OutputLevel[],
    options: QuantizeOptions = {},
    pass: PassOptions = {},
  ): Promise<string[]> {
    try {
      const plans = await planQuantizations(
        model,
        wanted.map((level) => ({ level, options })),
        dryRunnerIn(this.folder, this.library),
      );
      const requests = plans.map((plan) => ({ plan, path: this.path(`ours-${plan.label}.gguf`) }));
      const written = await runToEnd(
        writeOutputs(requests, {
          inputs: input === '' ? [] : [input],
          overwrite: true,
          threads: 2,
          ...pass,
        }),
        () => undefined,
      );
      return written.map(({ path }) => path);
    } finally {
      await model.close();
    }
  }

  /** Their side: llama_model_quantize, with the metadata that the command line tool adds for a matrix. */
  reference(input: string, level: OutputLevel, options: QuantizeOptions = {}): string {
    const output = this.path(`reference-${level}.gguf`);
    const { ok, lines } = this.library.quantizer.quantize(
      referenceRequest(input, output, level, options),
    );
    if (!ok) throw new Error(lines.map(({ text }) => text).join('\n'));
    return output;
  }

  /** Writes both and compares them, level by level. */
  async compare(
    input: string,
    wanted: readonly OutputLevel[],
    options: QuantizeOptions = {},
    pass: PassOptions = {},
  ): Promise<void> {
    const ours = await this.onePass(input, wanted, options, pass);
    for (const [index, level] of wanted.entries()) {
      const theirs = this.reference(input, level, options);
      await expectSameFile(ours[index]!, theirs);
      await Promise.all([rm(ours[index]!), rm(theirs)]);
    }
  }
}

function referenceRequest(
  input: string,
  output: string,
  level: OutputLevel,
  options: QuantizeOptions,
): QuantizeRequest {
  const { importance, outputTensorType, tokenEmbeddingType, tensorTypes, pruneLayers } = options;
  const isCopy = level === 'COPY' || level === 'as-is';
  return {
    input,
    output,
    fileType: isCopy ? 0 : levels[level].fileType,
    threads: 2,
    allowRequantize: options.allowRequantize ?? false,
    quantizeOutputTensor: !(options.leaveOutputTensor ?? false),
    onlyCopy: isCopy,
    pure: options.pure ?? false,
    dryRun: false,
    ...(outputTensorType === undefined ? {} : { outputTensorType }),
    ...(tokenEmbeddingType === undefined ? {} : { tokenEmbeddingType }),
    ...(tensorTypes === undefined ? {} : { tensorTypes }),
    ...(pruneLayers === undefined ? {} : { pruneLayers }),
    ...(importance === undefined
      ? {}
      : { importance: importance.weights, metadata: importanceMetadata(importance) }),
  };
}

/** What tools/quantize/quantize.cpp adds. */
function importanceMetadata(importance: Importance): QuantizeMetadata[] {
  const { path, datasets, weights, chunkCount } = importance;
  return [
    { key: 'quantize.imatrix.file', type: 'string', value: path },
    ...datasets
      .slice(0, 1)
      .map((value) => ({ key: 'quantize.imatrix.dataset', type: 'string', value }) as const),
    { key: 'quantize.imatrix.entries_count', type: 'integer', value: weights.size },
    { key: 'quantize.imatrix.chunks_count', type: 'integer', value: chunkCount },
  ];
}
