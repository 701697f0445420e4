// What our own collecting and llama-imatrix are both given. The tool's files beside this one were written by
//
//     g++ -O2 -std=c++17 -I{include,common,ggml/include,src,vendor} tools/imatrix/*.cpp -o llama-imatrix -L$BINS \
//       -l:libllama-common.so -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so -l:libggml-cpu-zen4.so \
//       -Wl,-rpath,$BINS -lpthread
//     GGML_BACKEND_PATH=$BINS/libggml-cpu-zen4.so LLAMA_IMATRIX=$PWD/llama-imatrix npx vitest run \
//       --config configs/build/vitest.config.ts test/golden/collect-imatrix
//
// in llama.cpp's folder at v0.5.0, with $BINS the libraries that node-llama-cpp 3.22.1 installs: with LLAMA_IMATRIX set the
// test runs the tool on the same models and texts and stores what it writes before it compares.
import { execFileSync } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { convert } from '#electron/factory/methods/convert.ts';
import {
  seedOf,
  tinyLlamaMetadata,
  tinyLlamaTensors,
  type TinyLlama,
} from '#test/golden/quantize/tiny-llama.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';
import { seedlingFolder } from '#test/helpers/run-studio.ts';
import { seededFloats } from '#test/helpers/seeded-floats.ts';

export interface Case {
  readonly model: 'seedling-4m' | 'seedling-gpt2-4m' | 'experts';
  readonly text: string;
  readonly contextSize: number;
  readonly chunks: number;
  readonly batchSize?: number;
  readonly microBatchSize?: number;
  readonly parseSpecial?: boolean;
  readonly processOutput?: boolean;
}

export const cases = {
  llama: { model: 'seedling-4m', text: 'general.txt', contextSize: 256, chunks: 13 },
  gpt2: { model: 'seedling-gpt2-4m', text: 'general.txt', contextSize: 256, chunks: 9 },
  'in-pieces': {
    model: 'seedling-4m', text: 'science.txt', contextSize: 200, chunks: 3, batchSize: 96, microBatchSize: 40,
  },
  'special-tokens': {
    model: 'seedling-4m', text: 'conditions.txt', contextSize: 256, chunks: 4, parseSpecial: true,
  },
  experts: {
    model: 'experts', text: 'general.txt', contextSize: 64, chunks: 7, batchSize: 256, processOutput: true,
  },
} satisfies Record<string, Case>; // prettier-ignore

const here = fileURLToPath(new URL('.', import.meta.url));
const unusedExpert = 15;
/** Input channel of every expert's down projection that is always zero. */
const zeroChannel = 5;

export function storedPath(name: string): string {
  return join(here, `${name}.gguf`);
}

export function textPath(name: string): string {
  return join(seedlingFolder, 'texts', 'calibration', name);
}

/** Runs llama-imatrix where it is given, and stores its file. */
export async function runTool(
  name: string,
  { text, contextSize, chunks, ...options }: Case,
  model: string,
  folder: string,
): Promise<void> {
  const tool = process.env['LLAMA_IMATRIX'];
  if (tool === undefined) return;
  await copyFile(textPath(text), join(folder, text));
  const words = [
    '-m', model, '-f', text, '-o', storedPath(name), '-c', String(contextSize), '--chunks', String(chunks), '-t', '1', '--no-ppl',
    ...(options.batchSize === undefined ? [] : ['-b', String(options.batchSize)]),
    ...(options.microBatchSize === undefined ? [] : ['-ub', String(options.microBatchSize)]),
    ...(options.parseSpecial === true ? ['--parse-special'] : []),
    ...(options.processOutput === true ? ['--process-output'] : []),
  ]; // prettier-ignore
  execFileSync(tool, words, { cwd: folder, stdio: 'ignore' });
}

/** `llama-imatrix --in-file A,B`, where it is given. */
export function mergeWithTool(name: string, inputs: readonly string[], contextSize: number): void {
  const tool = process.env['LLAMA_IMATRIX'];
  if (tool === undefined) return;
  const words = ['-m', 'none', '--in-file', inputs.join(','), '-o', storedPath(name), '-c', String(contextSize)]; // prettier-ignore
  execFileSync(tool, words, { stdio: 'ignore' });
}

/** Converts the Seedling models and makes the one with experts; gives their paths. */
export async function makeModels(folder: string): Promise<Record<Case['model'], string>> {
  const paths = {
    'seedling-4m': join(folder, 'seedling-4m.gguf'),
    'seedling-gpt2-4m': join(folder, 'seedling-gpt2-4m.gguf'),
    experts: join(folder, 'experts.gguf'),
  };
  for (const name of ['seedling-4m', 'seedling-gpt2-4m'] as const) {
    const params = { folder: join(seedlingFolder, name), output: paths[name], outtype: 'f32' };
    await convert(factoryContract.convert.params.parse(params), {
      signal: new AbortController().signal,
      emit: () => undefined,
    });
  }
  await writeTinyReader(paths.experts, await tokenizerOf(paths['seedling-4m']), {
    experts: unusedExpert + 1,
    tied: false,
    values: expertValues,
  });
  return paths;
}

/** A tiny random llama that reads texts with Seedling's tokenizer. */
export async function writeTinyReader(
  path: string,
  tokenizer: readonly GgufEntry[],
  options: TinyLlama,
): Promise<void> {
  const tokens = tokenizer.find(({ key }) => key === 'tokenizer.ggml.tokens')?.value;
  if (tokens?.type !== 'array') throw new Error('Seedling has tokens');
  const size = { layers: 2, hidden: 64, feedForward: 32, vocabulary: tokens.value.length };
  const tiny = { ...size, ...options };
  const metadata = [...tinyLlamaMetadata(tiny), ...tokenizer];
  await writeFile(path, buildGguf({ metadata, tensors: tinyLlamaTensors(tiny) }));
}

export async function tokenizerOf(path: string): Promise<readonly GgufEntry[]> {
  const source = await openFileByteSource(path);
  try {
    const { metadata } = await readGgufHeader(source);
    return metadata.filter(({ key }) => key.startsWith('tokenizer.ggml.'));
  } finally {
    await source.close();
  }
}

/** The last expert's score is 0, below the best two of fifteen random ones; one channel enters no down projection. */
function expertValues(name: string, count: number): Float32Array {
  const values = seededFloats(seedOf(name), count);
  const hidden = 64;
  if (name.endsWith('ffn_gate_inp.weight')) values.fill(0, unusedExpert * hidden);
  if (name.endsWith('ffn_up_exps.weight')) {
    for (let row = zeroChannel; row < count / hidden; row += 32) {
      values.fill(0, row * hidden, (row + 1) * hidden);
    }
  }
  return values;
}
