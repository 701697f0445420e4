// Measuring levels against llama-perplexity (its base pass and one KL divergence pass per level), on the same files, text and
// threads: a random llama of 0.5 B parameters with a vocabulary of 150,000, made here.
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Run } from '#src/contract/quality/run.ts';
import {
  boolEntry,
  float32ArrayEntry,
  float32Entry,
  int32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { measureCommand, sumMeasurements } from './measure-command.ts';
import type { PeerTools } from './peer-tools.ts';

const vocabulary = 150_000;
const hidden = 1024;
const feedForward = 4096;
const layers = 22;
const heads = 16;
const keyValueWidth = 256;
const contextSize = 512;
const levels = ['Q4_K_M', 'Q8_0', 'Q2_K'];

export interface EvaluationBench {
  readonly studioSeconds: number;
  readonly peerSeconds: number;
  readonly ratio: number;
  /** The same of processor time: what is left of it on a machine that does other things too. */
  readonly cpuRatio: number;
  readonly chunks: number;
  readonly threads: number;
  readonly cpuVariant: string;
  readonly referenceBytes: number;
  readonly logitsBytes: number;
  readonly largestKldDifference: number;
}

/** Measures every level both ways; undefined, with the reason printed, where llama-perplexity cannot be built. */
export async function benchEvaluation(
  folder: string,
  tools: PeerTools,
  studio: readonly string[],
  binaries: string,
  chunks = 6,
): Promise<EvaluationBench | undefined> {
  if (typeof tools.perplexity !== 'string') {
    console.log(`Skipped: llama-perplexity (${tools.perplexity.missing}).`);
    return undefined;
  }
  const own = join(folder, 'evaluate');
  await mkdir(own, { recursive: true });
  const base = join(own, 'base.gguf');
  const text = join(own, 'text.txt');
  if (!existsSync(base)) await writeModel(base);
  // One token a word: more than enough for all chunks.
  await writeFile(text, randomText((chunks + 1) * contextSize));
  const files = levels.map((level) => join(own, `model-${level}.gguf`));
  if (!files.every((file) => existsSync(file))) {
    const words = ['quantize', base, '--outdir', own, '--levels', levels.join(','), '--overwrite'];
    await measureCommand([...studio, ...words]);
    for (const level of levels) {
      await rename(join(own, `base-${level}.gguf`), join(own, `model-${level}.gguf`));
    }
  }
  const threads = availableParallelism();
  const shared = ['-c', String(contextSize), '--chunks', String(chunks), '-t', String(threads)];

  const home = join(own, 'home');
  const runs = join(own, 'runs');
  for (const path of [home, runs]) await rm(path, { recursive: true, force: true });
  const ours = await measureCommand(
    [...studio, 'eval', '-r', base, ...files, '-f', text, ...shared, '--outdir', runs],
    { env: { ...process.env, GGUF_STUDIO_HOME: home } },
  );
  const [id = ''] = await readdir(runs);
  const run = JSON.parse(await readFile(join(runs, id, 'run.json'), 'utf8')) as Run;
  const { cpuVariant, referenceBytes = 0 } = run.conditions;

  const logits = join(own, 'base.logits');
  const env = { ...tools.env, GGML_BACKEND_PATH: join(binaries, `libggml-cpu-${cpuVariant}.so`) };
  const perplexity = [
    tools.perplexity,
    ...shared,
    '-tb',
    String(threads),
    '--kl-divergence-base',
    logits,
  ];
  const peers = [await measureCommand([...perplexity, '-m', base, '-f', text], { env })];
  const logitsBytes = (await stat(logits)).size;
  let largestKldDifference = 0;
  for (const [index, file] of files.entries()) {
    const log = join(own, `perplexity-${index}.log`);
    const words = [...perplexity, '-m', file, '--kl-divergence', '--log-file', log];
    peers.push(await measureCommand(words, { env }));
    const printed = Number(/Mean\s+KLD:\s+(-?[\d.]+)/.exec(await readFile(log, 'utf8'))?.[1]);
    const mean = run.measurements[index]?.kld.mean.value ?? Number.NaN;
    largestKldDifference = Math.max(
      largestKldDifference,
      Math.abs(mean - printed) / Math.abs(printed),
    );
  }
  await rm(logits);
  const theirs = sumMeasurements(peers);
  return {
    studioSeconds: ours.wallSeconds,
    peerSeconds: theirs.wallSeconds,
    ratio: ours.wallSeconds / theirs.wallSeconds,
    cpuRatio: ours.cpuSeconds / theirs.cpuSeconds,
    chunks,
    threads,
    cpuVariant,
    referenceBytes,
    logitsBytes,
    largestKldDifference,
  };
}

export function describeEvaluation(bench: EvaluationBench): string {
  const { studioSeconds, peerSeconds, ratio, chunks, threads, cpuVariant } = bench;
  const share = (100 * bench.referenceBytes) / bench.logitsBytes;
  return [
    `\nMeasuring ${levels.join(', ')} on ${chunks} chunks of ${contextSize}, vocabulary ${vocabulary}, ${threads} threads, CPU library ${cpuVariant}:`,
    `this app ${studioSeconds.toFixed(1)} s, llama-perplexity ${peerSeconds.toFixed(1)} s: ${ratio.toFixed(2)} times its time (aim: at most 1.15), ${bench.cpuRatio.toFixed(2)} times its processor time`,
    `Kept reference: ${(bench.referenceBytes / 1e6).toFixed(1)} MB instead of ${(bench.logitsBytes / 1e6).toFixed(1)} MB (${share.toFixed(2)} %); mean KLD differs by at most ${(100 * bench.largestKldDifference).toFixed(2)} %`,
  ].join('\n');
}

/** A fast seeded generator (xorshift32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const firstWord = 259;
const wordOf = (token: number): string => `w${token.toString(36)}`;

function randomText(words: number): string {
  const random = createRandom(7);
  const token = () => firstWord + (random() % (vocabulary - firstWord));
  return Array.from({ length: words }, () => wordOf(token())).join(' ');
}

/** BF16 bits of roughly normal numbers. */
function fillNormal(target: Uint16Array, scale: number, random: () => number): void {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let index = 0; index < target.length; index++) {
    const value = random();
    const sum = (value & 255) + ((value >>> 8) & 255) + ((value >>> 16) & 255) + (value >>> 24);
    float[0] = ((sum - 510) * scale) / 147.8;
    target[index] = (bits[0] ?? 0) >>> 16;
  }
}

async function writeModel(path: string): Promise<void> {
  const matrix = (name: string, columns: number, rows: number) =>
    ({ name: `${name}.weight`, type: 'BF16', shape: [columns, rows] }) as const;
  const norm = (name: string) =>
    ({ name: `${name}.weight`, type: 'F32', shape: [hidden] }) as const;
  const tensors = [
    matrix('token_embd', hidden, vocabulary),
    norm('output_norm'),
    ...Array.from({ length: layers }, (_, layer) => {
      const name = (part: string) => `blk.${layer}.${part}`;
      return [
        norm(name('attn_norm')),
        matrix(name('attn_q'), hidden, hidden),
        matrix(name('attn_k'), hidden, keyValueWidth),
        matrix(name('attn_v'), hidden, keyValueWidth),
        matrix(name('attn_output'), hidden, hidden),
        norm(name('ffn_norm')),
        matrix(name('ffn_gate'), hidden, feedForward),
        matrix(name('ffn_up'), hidden, feedForward),
        matrix(name('ffn_down'), feedForward, hidden),
      ];
    }).flat(),
  ];
  const bytePieces = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`); // prettier-ignore
  const words = Array.from({ length: vocabulary - firstWord }, (_, index) => `\u2581${wordOf(firstWord + index)}`); // prettier-ignore
  const tokenTypes = Int32Array.from({ length: vocabulary }, (_, token) =>
    token === 0 ? 2 : token < 3 ? 3 : token < firstWord ? 6 : 1,
  );
  const header = encodeGgufHeader({
    version: 3,
    alignment: 32,
    metadata: [
      stringEntry('general.architecture', 'llama'),
      stringEntry('general.name', 'bench-0.5b-150k'),
      uint32Entry('llama.block_count', layers),
      uint32Entry('llama.context_length', 2048),
      uint32Entry('llama.embedding_length', hidden),
      uint32Entry('llama.feed_forward_length', feedForward),
      uint32Entry('llama.attention.head_count', heads),
      uint32Entry('llama.attention.head_count_kv', keyValueWidth / (hidden / heads)),
      float32Entry('llama.attention.layer_norm_rms_epsilon', 1e-5),
      stringEntry('tokenizer.ggml.model', 'llama'),
      stringArrayEntry('tokenizer.ggml.tokens', ['<unk>', '<s>', '</s>', ...bytePieces, ...words]),
      float32ArrayEntry('tokenizer.ggml.scores', Float32Array.from({ length: vocabulary }, (_, token) => -token)), // prettier-ignore
      int32ArrayEntry('tokenizer.ggml.token_type', tokenTypes),
      uint32Entry('tokenizer.ggml.bos_token_id', 1),
      uint32Entry('tokenizer.ggml.eos_token_id', 2),
      boolEntry('tokenizer.ggml.add_bos_token', true),
    ],
    tensors,
  });
  const handle = await open(`${path}.partial`, 'w');
  const random = createRandom(1);
  try {
    await handle.write(header.bytes, 0, header.bytes.length, 0);
    for (const { name, type, shape, offset } of header.tensors) {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = type === 'F32' ? new Float32Array(count).fill(1) : new Uint16Array(count);
      // Embeddings that are also the output: logits of a few units, as real models have them.
      if (values instanceof Uint16Array)
        fillNormal(values, name.startsWith('token') ? 0.1 : 0.02, random);
      const bytes = new Uint8Array(values.buffer);
      for (let at = 0; at < bytes.length; at += 1 << 24) {
        const piece = bytes.subarray(at, at + (1 << 24));
        await handle.write(piece, 0, piece.length, header.dataOffset + offset + at);
      }
    }
    await handle.truncate(header.fileSize);
  } finally {
    await handle.close();
  }
  await rename(`${path}.partial`, path);
}
