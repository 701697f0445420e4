// Quantizing a BF16 model file to file, each level against llama-quantize; conversions against reading and writing the same
// bytes; and one thread against two. Whole processes, page cache warm, in turn.
import { createReadStream, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { measureCommand, type Measurement } from './measure-command.ts';
import type { PeerTools } from './peer-tools.ts';
import { median, pairedRatio, type RatioInterval } from './ratio-interval.ts';

const levels = ['Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q6_K'] as const;
const chunkBytes = 4 * 1024 * 1024;

export interface QuantizingRow {
  readonly what: string;
  readonly against: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Their time as a multiple of ours; of conversions ours as a multiple of theirs. */
  readonly ratio: RatioInterval;
  readonly aim: string;
  readonly peakBytes: number;
  readonly identical?: boolean;
}

export interface QuantizingOptions {
  /** Folder of safetensors, and the same as a BF16 GGUF. */
  readonly base: string;
  readonly bf16: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly peers: PeerTools;
  readonly rounds: number;
  /** Measures only the rows whose name holds this text. */
  readonly only?: string | undefined;
}

export async function measureQuantizing(options: QuantizingOptions): Promise<QuantizingRow[]> {
  const { base, bf16, folder, command, peers, rounds } = options;
  const rows: QuantizingRow[] = [];
  const env = { ...process.env, GGUF_STUDIO_HOME: join(folder, 'quantizing-home') };
  const ours = (words: readonly string[]) => measureCommand([...command, ...words, '-q'], { env });
  const isWanted = (what: string) => what.includes(options.only ?? '');
  for (const level of levels) {
    if (!isWanted(`BF16 to ${level}`)) continue;
    if (typeof peers.quantize !== 'string') break;
    const program = peers.quantize;
    const [mine, yours] = [
      join(folder, `ours-${level}.gguf`),
      join(folder, `theirs-${level}.gguf`),
    ];
    const pairs = await inTurn(
      rounds,
      () => ours(['quantize', bf16, mine, level, '--overwrite']),
      () => measureCommand([program, bf16, yours, level], { env: peers.env }),
    );
    rows.push({
      ...pairs,
      what: `BF16 to ${level}`,
      against: 'llama-quantize',
      ratio: pairedRatio(pairs.theirs, pairs.ours),
      aim: '≥ 2.5 times faster',
      identical: (await sha256(mine)) === (await sha256(yours)),
    });
    rmSync(mine);
    rmSync(yours);
  }
  for (const type of ['q8_0', 'f16'] as const) {
    if (!isWanted(`folder to ${type.toUpperCase()}`)) continue;
    const output = join(folder, `converted-${type}.gguf`);
    await ours(['convert', base, '--outfile', output, '--outtype', type, '--overwrite']);
    const source = join(base, 'model.safetensors');
    const pairs = await inTurn(
      rounds,
      () => ours(['convert', base, '--outfile', output, '--outtype', type, '--overwrite']),
      () => copyBytes(source, output, join(folder, 'copied')),
    );
    rows.push({
      ...pairs,
      what: `folder to ${type.toUpperCase()}`,
      against: 'reading the source and writing the bytes',
      ratio: pairedRatio(pairs.ours, pairs.theirs),
      aim: '≤ 1.3 times its time',
    });
    rmSync(output);
  }
  if (!isWanted('two threads')) return rows;
  const threaded = join(folder, 'threads.gguf');
  const pairs = await inTurn(
    rounds,
    () => ours(['quantize', bf16, threaded, 'Q4_K_M', '--overwrite', '--threads', '2']),
    () => ours(['quantize', bf16, threaded, 'Q4_K_M', '--overwrite', '--threads', '1']),
  );
  rows.push({
    ...pairs,
    what: 'two threads',
    against: 'one',
    ratio: pairedRatio(pairs.theirs, pairs.ours),
    aim: '≥ 1.8 times faster',
  });
  rmSync(threaded);
  return rows;
}

/** One of each unmeasured, then pairs in alternating order. */
async function inTurn(
  rounds: number,
  first: () => Promise<Measurement>,
  second: () => Promise<Measurement>,
): Promise<Pick<QuantizingRow, 'ours' | 'theirs' | 'peakBytes'>> {
  await first();
  await second();
  const ours: number[] = [];
  const theirs: number[] = [];
  let peakBytes = 0;
  const runFirst = async () => {
    const { wallSeconds, peakAnonymousBytes } = await first();
    ours.push(wallSeconds);
    peakBytes = Math.max(peakBytes, peakAnonymousBytes);
  };
  const runSecond = async () => void theirs.push((await second()).wallSeconds);
  for (let round = 0; round < rounds; round++) {
    for (const run of round % 2 === 0 ? [runFirst, runSecond] : [runSecond, runFirst]) await run();
  }
  return { ours, theirs, peakBytes };
}

/**
 * Reads all of `source` and writes as many bytes as `like` has by the calls that a conversion makes (asynchronous reads and
 * writes of 4 MiB, a flush in the background every 64 MiB, one at the end), in a Node of its own.
 */
async function copyBytes(source: string, like: string, target: string): Promise<Measurement> {
  const words = [source, String(statSync(like).size), target];
  const command = [process.execPath, '--input-type=module', '-e', copyProgram, ...words];
  const measured = await measureCommand(command);
  rmSync(target);
  return measured;
}

const copyProgram = `
import { open } from 'node:fs/promises';
const [source, size, target] = process.argv.slice(1);
const buffer = new Uint8Array(${chunkBytes});
const input = await open(source, 'r');
for (let offset = 0, count = 1; count > 0; offset += count) {
  count = (await input.read(buffer, 0, buffer.length, offset)).bytesRead;
}
const output = await open(target, 'w');
await output.truncate(Number(size));
let flushing = Promise.resolve();
for (let offset = 0; offset < size; offset += buffer.length) {
  await output.write(buffer, 0, Math.min(buffer.length, size - offset), offset);
  if (offset % (64 << 20) === 0) flushing = flushing.then(() => output.datasync());
}
await flushing;
await output.sync();
`;

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function describeQuantizing(rows: readonly QuantizingRow[]): string {
  const seconds = (values: readonly number[]) =>
    `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
  const lines = rows.map(
    ({ what, against, ours, theirs, ratio, aim, peakBytes, identical }) =>
      `| ${what} | ${seconds(ours)} | ${against} | ${seconds(theirs)} | ${ratio.ratio.toFixed(2)} | ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)} | ${aim} | ${(peakBytes / 1e9).toFixed(2)} | ${identical === undefined ? '' : identical ? 'identical' : 'DIFFERENT'} |`,
  );
  return [
    '\n| what | ours, s | against | theirs, s | ratio | 95 % | aim | our memory GB | bytes |\n|---|---|---|---|---:|---|---|---:|---|',
    ...lines,
  ].join('\n');
}
