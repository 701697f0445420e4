// Bundles every program that runs in Node: the command line, the TypeScript API, the hosts and their workers.
// Native packages stay outside: they locate their binaries by their own file layout.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = {
  'cli/main': 'src/cli/main.ts',
  'cli/demo': 'src/cli/demo.ts',
  'api/api': 'src/api.ts',
  'engine/engine-host': 'electron/engine/engine-host.ts',
  'factory/factory-host': 'electron/factory/factory-host.ts',
  'factory/row-worker': 'electron/factory/quantize/row-worker.ts',
  'bench/bench': 'test/bench/bench.ts',
};

const entryPoints = Object.fromEntries(
  Object.entries(programs).filter(([, source]) => existsSync(root + source)),
);

await build({
  absWorkingDir: root,
  entryPoints,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // jsonc-parser's default entry loads its parts through a renamed require that no bundler follows.
  mainFields: ['module', 'main'],
  sourcemap: true,
  external: ['koffi', 'node-llama-cpp', 'electron'],
  logLevel: 'warning',
  // Bundled CommonJS dependencies still call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
