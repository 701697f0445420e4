// `npm run bench`: the whole chain of this app against the chain of llama.cpp's own tools, on inputs made here, in one
// run on one machine. Prints a table and writes it as JSON. Measures speed; what is right is the tests' business.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchEvaluation, describeEvaluation } from './evaluate.ts';
import { measureLibraryHeader, renderLibraryHeader } from './library-header.ts';
import { describeKernels, measureKernels, type KernelRow } from './kernels.ts';
import { makeBenchInputs } from './make-bench-inputs.ts';
import { measureCommand, sumMeasurements, type Measurement } from './measure-command.ts';
import { describeQuantizing, measureQuantizing, type QuantizingRow } from './quantizing.ts';
import { describeRepairing, measureRepairing } from './repairing.ts';
import { describeRouting, measureRouting } from './routing.ts';
import { describeServing, measureServing } from './serving.ts';
import { renderSpeedChart } from './speed-chart.ts';
import { describeStreaming, measureStreaming } from './streaming.ts';
import { median } from './ratio-interval.ts';
import { prepareLlamaServer, preparePeerTools, saveResult, type PeerTools } from './peer-tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** `--serving`, with `--model=FILE` instead of the bench's own model, `--rounds=N`, and `--load-seconds=N` instead of five minutes. */
const servingOnly = process.argv.includes('--serving');
const valueOf = (option: string): string | undefined =>
  process.argv.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1);
const streamingOnly = process.argv.includes('--streaming');
const evaluationOnly = process.argv.includes('--evaluate');
const routingOnly = process.argv.includes('--routing');
const kernelsOnly = process.argv.includes('--kernels');
/** `--docs`: the chart of speeds is written into docs/images too. */
const intoDocs = process.argv.includes('--docs');
/** `--quantize`, with `--rounds=N` pairs instead of five; `--only=TEXT` names the rows to measure (`Q4_K_M`, `folder`, `threads`). */
const quantizingOnly = process.argv.includes('--quantize');
/** `--repair`, with `--rounds=N` pairs instead of five. */
const repairOnly = process.argv.includes('--repair');
const given = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const folder = given[0] ?? join(tmpdir(), 'gguf-studio-bench');
const runs = Number(given[1] ?? 1);
const levels = ['Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0'];
const studioCommand = [process.execPath, join(root, 'dist/cli/main.js')];

const fileSize = async (path: string): Promise<number> => (await stat(path)).size;

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function freshFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

/** A folder of safetensors and two adapters to four levels: our one pass. */
async function runStudio(base: string, adapters: readonly string[]): Promise<Measurement> {
  const output = await freshFolder('studio');
  const recipe = {
    version: 1,
    nodes: [
      { id: 'base', kind: 'base', path: base },
      ...adapters.map((path, index) => ({ id: `adapter-${index}`, kind: 'adapter', path })),
      { id: 'merge', kind: 'merge' },
      { id: 'quantize', kind: 'quantize', levels, folder: output, fileName: 'merged-{level}.gguf' },
    ],
    edges: [
      { from: 'base', to: 'merge' },
      ...adapters.map((_, index) => ({ from: `adapter-${index}`, to: 'merge' })),
      { from: 'merge', to: 'quantize' },
    ],
  };
  const path = join(output, 'bench.recipe.json');
  await writeFile(path, JSON.stringify(recipe));
  const env = { ...process.env, GGUF_STUDIO_HOME: await freshFolder('studio-home') };
  return measureCommand([...studioCommand, 'build', path, '--no-validate'], { env });
}

interface PeerResult {
  steps: Record<string, Measurement>;
  total: Measurement;
}

/** The same with llama.cpp's tools: converter, two adapter conversions, merge to F16, four quantizations. */
async function runPeers(
  tools: PeerTools,
  base: string,
  adapters: readonly string[],
): Promise<PeerResult> {
  const output = await freshFolder('peers');
  const bf16 = join(output, 'base-bf16.gguf');
  const steps: Record<string, Measurement> = {};
  const { converter } = tools;
  const loras = adapters.map((_, index) => join(output, `adapter-${index}.gguf`));
  const python = (script: string, ...rest: string[]): string[] =>
    'python' in converter ? [converter.python, join(converter.folder, script), ...rest] : [];
  const mapped = async (step: Promise<Measurement>, input: string): Promise<Measurement> => {
    const measured = await step;
    // These tools map their input instead of reading it; every tensor is visited once.
    return { ...measured, readBytes: measured.readBytes + (await fileSize(input)) };
  };
  if ('python' in converter) {
    steps['convert_hf_to_gguf.py'] = await mapped(
      measureCommand(python('convert_hf_to_gguf.py', base, '--outfile', bf16, '--outtype', 'bf16')),
      join(base, 'model.safetensors'),
    );
    for (const [index, adapter] of adapters.entries()) {
      steps[`convert_lora_to_gguf.py ${index + 1}`] = await measureCommand(
        python(
          'convert_lora_to_gguf.py',
          adapter,
          '--base',
          base,
          '--outfile',
          loras[index] ?? '',
          '--outtype',
          'f32',
        ),
      );
    }
  } else {
    console.log(
      `Skipped: the reference converter (${converter.missing}); its outputs are made by this app, untimed.`,
    );
    await measureCommand([
      ...studioCommand,
      'convert',
      base,
      '--outfile',
      bf16,
      '--outtype',
      'bf16',
    ]);
    for (const [index, adapter] of adapters.entries()) {
      await measureCommand([
        ...studioCommand,
        'convert-lora',
        adapter,
        '--base',
        base,
        '--outfile',
        loras[index] ?? '',
      ]);
    }
  }
  const merged = join(output, 'merged-f16.gguf');
  if (typeof tools.exportLora !== 'string' || typeof tools.quantize !== 'string') {
    throw new Error('llama-export-lora and llama-quantize could not be built here.');
  }
  steps['llama-export-lora'] = await measureCommand(
    [tools.exportLora, '-m', bf16, ...loras.flatMap((lora) => ['--lora', lora]), '-o', merged],
    { env: tools.env },
  );
  for (const level of levels) {
    steps[`llama-quantize ${level}`] = await mapped(
      measureCommand([tools.quantize, merged, join(output, `merged-${level}.gguf`), level], {
        env: tools.env,
      }),
      merged,
    );
  }
  return { steps, total: sumMeasurements(Object.values(steps)) };
}

/** Without adapters both chains must give the same bytes: compares each level's hash. */
async function compareBytes(tools: PeerTools, base: string): Promise<string[]> {
  const bf16 = join(folder, 'peers', 'base-bf16.gguf');
  if (typeof tools.quantize !== 'string' || !existsSync(bf16)) return [];
  const output = await freshFolder('identity');
  await measureCommand([
    ...studioCommand,
    'quantize',
    base,
    '--outdir',
    output,
    '--levels',
    levels.join(','),
  ]);
  const lines: string[] = [];
  for (const level of levels) {
    const theirs = join(output, `theirs-${level}.gguf`);
    await measureCommand([tools.quantize, bf16, theirs, level], { env: tools.env });
    const ours = join(output, `bench-llama-0.57b-${level}.gguf`);
    lines.push(
      `${level}: ${(await sha256(ours)) === (await sha256(theirs)) ? 'identical bytes' : 'DIFFERENT BYTES'}`,
    );
    await rm(theirs);
  }
  return lines;
}

/** The bench's model at Q4_K_M, as a chat would load it. */
async function quantizedModel(base: string, name: string): Promise<string> {
  const output = await freshFolder(name);
  const words = ['quantize', base, '--outdir', output, '--levels', 'Q4_K_M'];
  await measureCommand([...studioCommand, ...words]);
  return join(output, 'bench-llama-0.57b-Q4_K_M.gguf');
}

/** What serving costs and gives, with a load of five minutes. */
async function benchServing(model: string): Promise<void> {
  const seconds = valueOf('--load-seconds');
  const rounds = valueOf('--rounds');
  const result = await measureServing({
    model,
    folder: join(folder, 'serving'),
    command: studioCommand,
    seedlingFolder: join(root, 'assets/seedling'),
    peers: prepareLlamaServer(root, join(root, '.cache/peers')),
    ...(seconds === undefined ? {} : { loadSeconds: Number(seconds) }),
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
  });
  console.log(describeServing(result));
  saveResult(join(folder, 'serving.json'), { machine: cpus()[0]?.model, ...result });
}

async function benchStreaming(base: string): Promise<void> {
  const model = await quantizedModel(base, 'streaming');
  const result = await measureStreaming(model);
  console.log(describeStreaming(result));
  saveResult(join(folder, 'streaming.json'), { machine: cpus()[0]?.model, ...result });
}

/** Kernels against libggml's rows, files against llama-quantize's. */
async function benchQuantizing(base: string, peers: PeerTools): Promise<void> {
  const only = valueOf('--only');
  const kernels = only === undefined ? measureKernels() : [];
  if (only === undefined) console.log(describeKernels(kernels));
  const output = await freshFolder('quantizing');
  const bf16 = join(output, 'base-bf16.gguf');
  const words = ['convert', base, '--outfile', bf16, '--outtype', 'bf16'];
  await measureCommand([...studioCommand, ...words]);
  const rounds = Number(valueOf('--rounds') ?? 5);
  const files = await measureQuantizing({
    base,
    bf16,
    folder: output,
    command: studioCommand,
    peers,
    rounds,
    only,
  });
  console.log(describeQuantizing(files));
  saveSpeed({ kernels, files });
  saveResult(join(folder, 'quantizing.json'), { machine: cpus()[0]?.model, kernels, files });
}

/** The figures, the tables and the chart; with `--docs` the chart goes into the pages too. */
function saveSpeed({ kernels, files }: { kernels: KernelRow[]; files: QuantizingRow[] }): void {
  const tables = [
    describeKernels(kernels),
    ...(files.length > 0 ? [describeQuantizing(files)] : []),
  ];
  const chart = renderSpeedChart(kernels, files);
  const machine = cpus()[0]?.model;
  saveResult(join(folder, 'speed.json'), { machine, node: process.version, kernels, files });
  writeFileSync(join(folder, 'speed.md'), `${tables.join('\n')}\n`);
  writeFileSync(join(folder, 'speed.svg'), chart);
  if (intoDocs) writeFileSync(join(root, 'docs/images/speed.svg'), chart);
  console.log(
    `\nWritten: speed.json, speed.md and speed.svg in ${folder}${intoDocs ? ', docs/images/speed.svg' : ''}`,
  );
}

/** Measuring levels, against llama-perplexity. */
async function benchMeasuring(): Promise<void> {
  const binaries = join(root, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
  const peers = preparePeerTools(root, join(root, '.cache/peers'));
  const result = await benchEvaluation(folder, peers, studioCommand, binaries);
  if (result === undefined) return;
  console.log(describeEvaluation(result));
  saveResult(join(folder, 'evaluate.json'), { machine: cpus()[0]?.model, ...result });
}

/** Three tensors derived again, against the whole file built again. */
async function benchRepairing(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { base } = await makeBenchInputs(folder);
  const rows = await measureRepairing({
    bases: [join(root, 'assets/seedling/seedling-4m'), base],
    folder: await freshFolder('repairing'),
    command: studioCommand,
    rounds: Number(valueOf('--rounds') ?? 5),
  });
  console.log(describeRepairing(rows));
  saveResult(join(folder, 'repairing.json'), { machine: cpus()[0]?.model, rows });
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

function row(
  name: string,
  {
    wallSeconds,
    cpuSeconds,
    peakResidentBytes,
    peakAnonymousBytes,
    readBytes,
    writtenBytes,
  }: Measurement,
): string {
  return `| ${name} | ${wallSeconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${gigabytes(peakResidentBytes)} | ${gigabytes(peakAnonymousBytes)} | ${gigabytes(readBytes)} | ${gigabytes(writtenBytes)} |`;
}

console.log(
  `Machine: ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} threads, ${(totalmem() / 2 ** 30).toFixed(0)} GiB memory; Node ${process.version}`,
);
if (evaluationOnly) {
  await mkdir(folder, { recursive: true });
  await benchMeasuring();
  process.exit(0);
}
if (kernelsOnly) {
  const kernels = measureKernels();
  console.log(describeKernels(kernels));
  await mkdir(folder, { recursive: true });
  saveSpeed({ kernels, files: [] });
  process.exit(0);
}
if (repairOnly) {
  await benchRepairing();
  process.exit(0);
}
const servedModel = valueOf('--model');
if (servingOnly && servedModel !== undefined) {
  await mkdir(folder, { recursive: true });
  await benchServing(servedModel);
  process.exit(0);
}
const routing = await measureRouting();
console.log(describeRouting(routing));
if (routingOnly) process.exit(0);
const libraryHeader = await measureLibraryHeader(folder);
console.log(renderLibraryHeader(libraryHeader));
const inputs = await makeBenchInputs(folder);
console.log(
  `Input: llama, ${(inputs.parameters / 1e9).toFixed(2)} B parameters, BF16, 2 adapters of rank 16; to ${levels.join(', ')}; ${runs} run(s) in turn`,
);
if (servingOnly) {
  await benchServing(await quantizedModel(inputs.base, 'served-model'));
  process.exit(0);
}
if (streamingOnly) {
  await benchStreaming(inputs.base);
  process.exit(0);
}
const tools = preparePeerTools(root, join(root, '.cache/peers'));
if (quantizingOnly) {
  await benchQuantizing(inputs.base, tools);
  process.exit(0);
}
const studioRuns: Measurement[] = [];
const peerRuns: PeerResult[] = [];
const hasPeers = typeof tools.quantize === 'string' && typeof tools.exportLora === 'string';
if (!hasPeers) console.log(`Skipped: llama.cpp's tools (${JSON.stringify(tools.quantize)}).`);
for (let run = 0; run < runs; run++) {
  studioRuns.push(await runStudio(inputs.base, inputs.adapters));
  if (hasPeers) peerRuns.push(await runPeers(tools, inputs.base, inputs.adapters));
}
console.log(
  '\n| step | wall s | CPU s | peak RSS GB | of it own GB | read GB | written GB |\n|---|---|---|---|---|---|---|',
);
for (const measured of studioRuns) console.log(row('**this app, one pass**', measured));
for (const { steps, total } of peerRuns) {
  for (const [name, measured] of Object.entries(steps)) console.log(row(name, measured));
  console.log(row('**peers, sum**', total));
}
if (hasPeers) {
  const speedups = studioRuns.map(
    (ours, index) => (peerRuns[index]?.total.wallSeconds ?? 0) / ours.wallSeconds,
  );
  const traffic = studioRuns.map((ours, index) => {
    const theirs = peerRuns[index]?.total;
    return (
      (ours.readBytes + ours.writtenBytes) /
      ((theirs?.readBytes ?? 0) + (theirs?.writtenBytes ?? 1))
    );
  });
  console.log(
    `\nSpeed: ${median(speedups).toFixed(2)} times the peers' chain (${speedups.map((ratio) => ratio.toFixed(2)).join(', ')})`,
  );
  console.log(`Bytes read and written: ${(median(traffic) * 100).toFixed(0)} % of the peers'`);
  const identity = await compareBytes(tools, inputs.base);
  for (const line of identity) console.log(`Without adapters, ${line}`);
  saveResult(join(folder, 'result.json'), {
    machine: cpus()[0]?.model,
    routing,
    libraryHeader,
    studioRuns,
    peerRuns,
    speedups,
    traffic,
    identity,
  });
}
await benchQuantizing(inputs.base, tools);
await benchStreaming(inputs.base);
await benchMeasuring();
// llama.cpp's thread pool would keep this process alive.
process.exit(0);
