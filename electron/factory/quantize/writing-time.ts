// How long writing takes on this machine: the work of the plans by rates that are measured here at their first use (some
// milliseconds each, on rows like those that the kernels are checked with), corrected by finished runs.
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  correctedSeconds,
  readMachineRates,
  rememberRates,
  rememberRun,
} from '#src/io/machine-rates.ts';
import { quantsWasm } from '#src/kernels/quants.wasm.ts';
import { mulberry32 } from '#src/random/mulberry32.ts';
import {
  plannedWork,
  secondsOfWork,
  type Rates,
  type Work,
  type WorkKind,
} from '#src/stages/quantize/encoding-work.ts';
import type { OutputPlan } from '#src/stages/quantize/output-plan.ts';
import { scaledDelta } from '#src/stages/merge/scaled-delta.ts';
import { rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import { locateLibrary } from '../ffi/locate-library.ts';
import { openRowLibrary } from '../ffi/open-llama-library.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { kernelChoice } from './kernel-check.ts';
import { RowEncoder } from './row-encoder.ts';
import { maximumWorkers } from './row-pool.ts';

const columns = 1024;
const rowCount = 16;
const weights = columns * rowCount;
/** Adapters' usual rank; runs that merge others are corrected by what they took. */
const rank = 16;
const fileBytes = 8 * 1024 * 1024;
/** Of one rate, in milliseconds: until the runtime has compiled the kernel well, and then measured. */
const warmUp = 6;
const measured = 10;
/** So that one round that something disturbed is not all there is. */
const leastRounds = 6;

/** Seconds that writing these plans in one pass is expected to take; undefined where a type has no rate here. */
export async function writingSeconds(
  plans: readonly OutputPlan[],
  threads?: number,
): Promise<number | undefined> {
  const { runs } = await readMachineRates(machineName());
  const told = await foretell(plans, threads);
  return told === undefined ? undefined : correctedSeconds(runs, told);
}

/** Remembers how long it took, for the estimates to come. */
export async function rememberWriting(
  plans: readonly OutputPlan[],
  seconds: number,
  threads?: number,
): Promise<void> {
  const told = await foretell(plans, threads);
  if (told !== undefined) await rememberRun(machineName(), { ...told, seconds });
}

/** Rates of this machine for this work: those that are known already, and the others measured now. */
export async function ratesFor(work: Work): Promise<Rates> {
  const { rates } = await readMachineRates(machineName());
  const missing = [...work.keys()].filter((kind) => !rates.has(kind));
  if (missing.length === 0) return rates as Rates;
  const found = new Map<WorkKind, number>();
  let encoder: RowEncoder | undefined;
  for (const kind of missing) {
    encoder ??= new RowEncoder((rowLibrary ??= openRowLibrary(locateLibrary())));
    const rate = await measureRate(kind, encoder).catch((error: unknown) => {
      // A type that llama.cpp cannot encode, of which there are no rows to decode here.
      if (error instanceof StudioError) return undefined;
      throw error;
    });
    if (rate !== undefined) found.set(kind, rate);
  }
  await rememberRates(machineName(), found);
  return new Map([...rates, ...found]) as Rates;
}

/** Rows alone: the whole library cannot be opened any more once a row worker has ended. */
let rowLibrary: RowCodec | undefined;

async function foretell(
  plans: readonly OutputPlan[],
  threads?: number,
): Promise<{ kind: string; foretold: number } | undefined> {
  const work = plannedWork(plans);
  const workers = Math.min(threads ?? Infinity, availableParallelism(), maximumWorkers);
  const foretold = secondsOfWork(work, await ratesFor(work), workers);
  if (foretold === undefined) return undefined;
  return { kind: work.has('merge') ? 'merged' : 'written', foretold };
}

/** Rates of another processor, kernel, choice of kernels or llama.cpp are not this one's. */
function machineName(): string {
  const kernels = createHash('sha256').update(quantsWasm).digest('hex').slice(0, 12);
  const { release } = locateLibrary();
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  return `${processor}, ${process.arch}, Node ${process.versions.node}, kernels ${kernels} ${kernelChoice()}, llama.cpp ${release}`;
}

async function measureRate(kind: WorkKind, encoder: RowEncoder): Promise<number> {
  if (kind === 'read' || kind === 'write') return measureFile(kind);
  const random = mulberry32(5);
  const values = Float32Array.from({ length: weights }, () => (random() * 2 - 1) ** 3 * 0.05);
  if (kind === 'merge') {
    const [a, b] = [values.slice(0, rank * columns), values.slice(0, rank * rowCount)];
    const target = new Float32Array(weights);
    const delta = { adapter: 'rate', rank, a, b, scale: 0.5 };
    return weights / bestSeconds(() => scaledDelta(target, delta, 0, rowCount, columns));
  }
  const [what, name, weighted] = kind.split(' ');
  const type = name as GgmlType;
  const bytes = new Uint8Array(rowByteLength(type, weights));
  // Types that cannot do without importance weights make libggml end the process.
  const importance = new Float32Array(columns).fill(1);
  if (what === 'decode') {
    encoder.codec.encode(type, values, bytes, rowCount, columns, importance);
    return weights / bestSeconds(() => encoder.decode(type, bytes, weights));
  }
  const rows = encoder.rows(weights);
  rows.set(values);
  const own = weighted === undefined && !/^IQ[123]/.test(type) ? null : importance;
  return weights / bestSeconds(() => encoder.encode(type, rows, rowCount, columns, own, bytes));
}

/** Of many short rounds the best: others share the machine now and then. */
function bestSeconds(work: () => unknown): number {
  const start = performance.now();
  while (performance.now() - start < warmUp) work();
  const begin = performance.now();
  let best = Infinity;
  for (let round = 0; round < leastRounds || performance.now() - begin < measured; round++) {
    const before = performance.now();
    work();
    best = Math.min(best, performance.now() - before);
  }
  return Math.max(best, 1e-3) / 1000;
}

/** Bytes per second: of writing them and of their SHA-256, as a finished output has it; of reading them. */
async function measureFile(kind: 'read' | 'write'): Promise<number> {
  const path = join(await temporaryFolder(), `rate-${process.pid}-${randomUUID().slice(0, 8)}`);
  const content = new Uint8Array(fileBytes).fill(1);
  try {
    let start = performance.now();
    await writeFile(path, content);
    if (kind === 'write') createHash('sha256').update(content).digest();
    else {
      start = performance.now();
      await readFile(path);
    }
    return fileBytes / (Math.max(0.01, performance.now() - start) / 1000);
  } finally {
    await rm(path, { force: true });
  }
}
