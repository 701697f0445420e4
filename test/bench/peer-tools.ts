// The peers: llama.cpp's own tools of the release that the app ships with. The native ones are compiled from the source
// bundle inside node-llama-cpp against its prebuilt libraries (seconds); the converter runs where Python has its packages.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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
    if (!(error instanceof Error)) return 'failed';
    const lines = error.message.split('\n');
    // A compiler's or linker's own reason, before the command that it was.
    return lines.find((line) => /error:|undefined reference/.test(line)) ?? lines[0] ?? 'failed';
  }
}

/** The CPU back end that the running machine supports: the best of the shipped variants that x64 flags allow. */
function cpuBackend(binaries: string): string {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const variant = flags.includes(' avx2') ? 'haswell' : 'x64';
  return join(binaries, `libggml-cpu-${variant}.so`);
}

interface Sources {
  /** llama.cpp's tree of the release, unpacked into the cache. */
  readonly source: string;
  /** The prebuilt libraries to link against. */
  readonly binaries: string;
  readonly env: NodeJS.ProcessEnv;
  readonly noSource: string | undefined;
  readonly noCompiler: string | undefined;
}

function prepareSources(root: string, cache: string): Sources {
  const binaries = join(root, 'node_modules/@node-llama-cpp/linux-x64/bins/linux-x64');
  const source = join(cache, 'llama.cpp');
  mkdirSync(cache, { recursive: true });
  const bundle = join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle');
  const noSource = existsSync(join(source, 'include'))
    ? undefined
    : tryRun('git', ['clone', '--quiet', bundle, source]);
  return {
    source,
    binaries,
    env: { ...process.env, GGML_BACKEND_PATH: cpuBackend(binaries) },
    noSource,
    noCompiler: tryRun('g++', ['--version']),
  };
}

const librariesOf = (binaries: string): string =>
  `-L'${binaries}' -l:libllama-common.so -l:libllama.v0.5.0.so -l:libggml.v0.5.0.so -l:libggml-base.so \
      -l:${cpuBackend(binaries).split('/').pop() ?? ''} -Wl,-rpath,'${binaries}' -lpthread`;

/** Builds or finds the peers in `cache`. Never throws: a tool that cannot be had says why. */
export function preparePeerTools(root: string, cache: string): PeerTools {
  const { source, binaries, env, noSource, noCompiler } = prepareSources(root, cache);
  const build = (tool: string): string | { missing: string } => {
    const problem = noSource ?? noCompiler;
    if (problem !== undefined) return { missing: problem };
    const program = join(cache, `llama-${tool}`);
    if (existsSync(program)) return program;
    const command = `g++ -O2 -std=c++17 -Iinclude -Icommon -Iggml/include -Isrc -Ivendor tools/${tool}/*.cpp \
      ${librariesOf(binaries)} -o '${program}'`;
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

/** llama-server and the environment it runs in. */
export interface LlamaServerTool {
  readonly server: string | { missing: string };
  readonly env: NodeJS.ProcessEnv;
}

/** The page that llama-server shows: none. llama.cpp's build writes these two files from the page's own build. */
const noPage = {
  'ui.h': `#pragma once
#include <array>
#include <string>
struct llama_ui_asset {
    std::string name; const unsigned char * data; std::size_t size; std::string etag; std::string type;
};
const llama_ui_asset * llama_ui_find_asset(const std::string & name);
bool llama_ui_use_gzip();
const std::array<llama_ui_asset, 0> & llama_ui_get_assets();
`,
  'ui.cpp': `#include "ui.h"
const llama_ui_asset * llama_ui_find_asset(const std::string &) { return nullptr; }
bool llama_ui_use_gzip() { return false; }
const std::array<llama_ui_asset, 0> & llama_ui_get_assets() {
    static const std::array<llama_ui_asset, 0> none{};
    return none;
}
`,
};

/**
 * Builds or finds llama-server in `cache`: its own sources, those of the multimodal library that it links statically, and
 * the vendored HTTP server and hash, each with the definitions of llama.cpp's CMakeLists. What llama.cpp's build makes of
 * its web page is replaced by what it writes without one (tools/ui/ui.{h,cpp}.in). Takes minutes the first time. Never
 * throws.
 */
export function prepareLlamaServer(root: string, cache: string): LlamaServerTool {
  const { source, binaries, env, noSource, noCompiler } = prepareSources(root, cache);
  const problem = noSource ?? noCompiler;
  if (problem !== undefined) return { server: { missing: problem }, env };
  const program = join(cache, 'llama-server');
  if (existsSync(program)) return { server: program, env };
  const objects = join(cache, 'llama-server-objects');
  mkdirSync(objects, { recursive: true });
  for (const [name, text] of Object.entries(noPage)) writeFileSync(join(objects, name), text);
  // The folder of mtmd holds programs of its own beside the library.
  const isProgram = (name: string) => ['mtmd-cli.cpp', 'deprecation-warning.cpp'].includes(name);
  const inFolder = (folder: string) =>
    readdirSync(join(source, folder))
      .filter((name) => name.endsWith('.cpp') && !isProgram(name))
      .map((name) => `${folder}/${name}`);
  const files = [
    ...inFolder('tools/server'),
    ...inFolder('tools/mtmd'),
    ...inFolder('tools/mtmd/models'),
    'vendor/cpp-httplib/httplib.cpp',
    'vendor/hash/hash.cpp',
    'vendor/hash/sha256/sha256.c',
    join(objects, 'ui.cpp'),
  ];
  writeFileSync(join(objects, 'files'), files.join('\n'));
  const includes = ['include', 'common', 'ggml/include', 'src', 'vendor', 'vendor/hash', 'tools/mtmd', 'tools/server', '.', objects].map((folder) => `-I'${folder}'`).join(' '); // prettier-ignore
  const definitions = ['LLAMA_SUBPROCESS', 'CPPHTTPLIB_FORM_URL_ENCODED_PAYLOAD_MAX_LENGTH=1048576', 'CPPHTTPLIB_LISTEN_BACKLOG=512', 'CPPHTTPLIB_REQUEST_URI_MAX_LENGTH=32768', 'CPPHTTPLIB_TCP_NODELAY=1'].map((definition) => `-D${definition}`).join(' '); // prettier-ignore
  const compile = `case "{}" in *.c) compiler=gcc ;; *) compiler="g++ -std=c++17" ;; esac
    $compiler -O2 -w ${definitions} ${includes} -c "{}" -o '${objects}'/"$(echo "{}" | tr / _).o"`;
  const script = `set -e
    xargs -a '${join(objects, 'files')}' -P ${availableParallelism()} -I{} nice sh -c '${compile.replaceAll("'", `'"'"'`)}'
    g++ '${objects}'/*.o ${librariesOf(binaries)} -o '${program}.partial'
    mv '${program}.partial' '${program}'`;
  const failed = tryRun('bash', ['-c', script], source);
  return { server: failed === undefined ? program : { missing: failed }, env };
}

/** Writes the bench's result for later comparison. */
export function saveResult(path: string, result: unknown): void {
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
}
