// The peers: llama.cpp's own tools of the release that the app ships with. The native ones are compiled from the source
// bundle inside node-llama-cpp against its prebuilt libraries (seconds); the converter runs where Python has its packages.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PeerTools {
  /** Paths by tool; a missing tool's entry says why. */
  quantize: string | { missing: string };
  exportLora: string | { missing: string };
  perplexity: string | { missing: string };
  /** Python and the folder of the converter scripts. */
  converter: { python: string; folder: string } | { missing: string };
  /** Environment in which the native tools find the CPU back end. */
  env: NodeJS.ProcessEnv;
}

const nativeTools = {
  quantize: 'quantize',
  exportLora: 'export-lora',
  perplexity: 'perplexity',
} as const;

function tryRun(
  command: string,
  commandArguments: readonly string[],
  cwd?: string,
): string | undefined {
  try {
    execFileSync(command, commandArguments, { stdio: ['ignore', 'pipe', 'pipe'], cwd });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'failed') : 'failed';
  }
}

/** The CPU back end that the running machine supports: the best of the shipped variants that x64 flags allow. */
function cpuBackend(binaries: string): string {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const variant = flags.includes(' avx2') ? 'haswell' : 'x64';
  return join(binaries, `libggml-cpu-${variant}.so`);
}

/** Builds or finds the peers in `cache`. Never throws: a tool that cannot be had says why. */
export function preparePeerTools(root: string, cache: string): PeerTools {
  const binaries = join(root, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
  const source = join(cache, 'llama.cpp');
  mkdirSync(cache, { recursive: true });
  const env = { ...process.env, GGML_BACKEND_PATH: cpuBackend(binaries) };
  const noSource = existsSync(join(source, 'include'))
    ? undefined
    : tryRun('git', [
        'clone',
        '--quiet',
        join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle'),
        source,
      ]);
  const noCompiler = tryRun('g++', ['--version']);
  const build = (tool: string): string | { missing: string } => {
    const problem = noSource ?? noCompiler;
    if (problem !== undefined) return { missing: problem };
    const program = join(cache, `llama-${tool}`);
    if (existsSync(program)) return program;
    const command = `g++ -O2 -std=c++17 -Iinclude -Icommon -Iggml/include -Isrc -Ivendor tools/${tool}/*.cpp -L'${binaries}' \
      -l:libllama-common.so -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so \
      -l:${cpuBackend(binaries).split('/').pop() ?? ''} -Wl,-rpath,'${binaries}' -lpthread -o '${program}'`;
    const failed = tryRun('bash', ['-c', command], source);
    return failed === undefined ? program : { missing: failed };
  };
  const python = process.env.GGUF_STUDIO_BENCH_PYTHON ?? 'python3';
  const noPython =
    noSource ?? tryRun(python, ['-c', 'import torch, transformers, numpy, sentencepiece']);
  return {
    quantize: build(nativeTools.quantize),
    exportLora: build(nativeTools.exportLora),
    perplexity: build(nativeTools.perplexity),
    converter:
      noPython === undefined
        ? { python, folder: source }
        : { missing: `${python} without torch, transformers, numpy and sentencepiece` },
    env,
  };
}

/** Writes the bench's result for later comparison. */
export function saveResult(path: string, result: unknown): void {
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
}
