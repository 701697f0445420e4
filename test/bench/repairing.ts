// Repairing a file of which three tensors are damaged, against building the whole file again: whole processes in turn, page
// cache warm. The repair looks at the damaged file, derives what is lost, writes, and looks at the result.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { listSourceFiles } from '#src/io/source-hash.ts';
import type { RepairPlan, RepairReport } from '#src/contract/doctor/repair.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { headerOf, placeOf } from '#test/helpers/repair-bench.ts';
import { measureCommand } from './measure-command.ts';
import { pairedRatio, median, type RatioInterval } from './ratio-interval.ts';

const level = 'Q4_K_M';
const damagedTensors = ['blk.0.attn_q.weight', 'blk.1.ffn_down.weight', 'blk.1.attn_output.weight'];

export interface RepairingRow {
  readonly model: string;
  readonly tensors: number;
  readonly repairSeconds: readonly number[];
  readonly buildSeconds: readonly number[];
  /** Building as a multiple of repairing. */
  readonly ratio: RatioInterval;
  /** Bytes of the source that the plan says it needs, that the repair read of everything, and that there are. */
  readonly plannedBytes: number;
  readonly readBytes: number;
  /** By the kernel's count: two diagnoses, the proof of a small source by its hash, and the program itself included. */
  readonly allReadBytes: number;
  readonly sourceBytes: number;
  readonly fileBytes: number;
  readonly identical: boolean;
}

export interface RepairingOptions {
  /** Folders of safetensors. */
  readonly bases: readonly string[];
  readonly folder: string;
  readonly command: readonly string[];
  readonly rounds: number;
}

export async function measureRepairing(options: RepairingOptions): Promise<RepairingRow[]> {
  const rows: RepairingRow[] = [];
  for (const base of options.bases) rows.push(await measureOne(base, options));
  return rows;
}

async function measureOne(
  base: string,
  { folder, command, rounds }: RepairingOptions,
): Promise<RepairingRow> {
  const place = join(folder, basename(base));
  rmSync(place, { recursive: true, force: true });
  for (const name of ['built', 'damaged']) mkdirSync(join(place, name), { recursive: true });
  const recipe = join(place, 'built', 'bench.recipe.json');
  const original = join(place, 'built', 'original.gguf');
  const nodes = [
    { id: 'base', kind: 'base', path: base },
    { id: 'quantize', kind: 'quantize', levels: [level], fileName: 'original.gguf' },
  ];
  writeFileSync(recipe, JSON.stringify({ version: 1, nodes, edges: [{ from: 'base', to: 'quantize' }] })); // prettier-ignore
  let home = 0;
  // A new home each time: nothing is remembered from the round before.
  const environment = () => ({ ...process.env, GGUF_STUDIO_HOME: join(place, `home-${++home}`) });
  const build = () => {
    rmSync(original, { force: true });
    return measureCommand([...command, 'build', recipe, '--no-validate', '-q'], {
      env: environment(),
    });
  };
  await build();
  const damaged = join(place, 'damaged', 'model.gguf');
  const output = join(place, 'damaged', 'model.repaired.gguf');
  const { tensors } = await damage(original, damaged);
  const repair = ['repair', damaged, '--look-in', dirname(base), '--no-behaviour', '--yes'];
  const repaired = () => {
    rmSync(output, { force: true });
    rmSync(output.replace(/gguf$/, 'md'), { force: true });
  };
  let allReadBytes = 0;
  const repairSeconds: number[] = [];
  const buildSeconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    repaired();
    const measured = await measureCommand([...command, ...repair, '-q'], { env: environment() });
    repairSeconds.push(measured.wallSeconds);
    allReadBytes = measured.readBytes;
    buildSeconds.push((await build()).wallSeconds);
  }
  const identical = (await hashFile(output, { always: true })) === (await hashFile(original, { always: true })); // prettier-ignore
  repaired();
  const { plan, report } = told(command, [...repair, '--json'], environment());
  const files = await listSourceFiles(base, 'base');
  return {
    model: basename(base),
    tensors,
    repairSeconds,
    buildSeconds,
    ratio: pairedRatio(buildSeconds, repairSeconds),
    plannedBytes: plan.steps.reduce((sum, { readBytes = 0 }) => sum + readBytes, 0),
    readBytes: report.readBytes,
    allReadBytes,
    sourceBytes: files.reduce((sum, { size }) => sum + size, 0),
    fileBytes: report.bytes,
    identical,
  };
}

async function damage(original: string, target: string): Promise<{ readonly tensors: number }> {
  const header = await headerOf(original);
  const bytes = readFileSync(original);
  for (const name of damagedTensors) {
    const { at, byteLength } = placeOf(header, name);
    for (let index = 0; index < byteLength; index += 97) bytes[at + index] = (bytes[at + index] ?? 0) ^ 0x15; // prettier-ignore
  }
  writeFileSync(target, bytes);
  return { tensors: header.tensors.length };
}

function told(
  command: readonly string[],
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly plan: RepairPlan; readonly report: RepairReport } {
  const [program = '', ...rest] = command;
  const text = execFileSync(program, [...rest, ...words], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
  const { result } = JSON.parse(text) as { result: { files: { plan?: RepairPlan; report?: RepairReport }[] } }; // prettier-ignore
  const [{ plan, report } = {}] = result.files;
  if (plan === undefined || report === undefined) throw new Error('Nothing was repaired.');
  return { plan, report };
}

/** A table for docs/performance.md. */
export function describeRepairing(rows: readonly RepairingRow[]): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    '| 3 damaged tensors of | repair s | building again s | ratio | read of the source | of | read in all | bytes |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows.map(
      ({ model, tensors, repairSeconds, buildSeconds, ratio, plannedBytes, sourceBytes, allReadBytes, identical }) =>
        `| ${tensors}, ${model} at ${level} | ${median(repairSeconds).toFixed(2)} | ${median(buildSeconds).toFixed(2)} | ${ratio.ratio.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}) | ${megabytes(plannedBytes)} | ${megabytes(sourceBytes)} | ${megabytes(allReadBytes)} | ${identical ? 'identical' : 'DIFFERENT'} |`,
    ),
  ].join('\n'); // prettier-ignore
}
