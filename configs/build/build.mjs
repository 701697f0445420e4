// Bundles every program: what runs in Node (command line, TypeScript API, hosts and their workers), Electron's main process
// and preload, and the window. `build.mjs node main` builds only those parts. A file whose bytes did not change is not
// touched, and a changed one appears at once, so that a program that runs meanwhile never reads half of one.
import { build, transform } from 'esbuild';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinStyles } from './join-styles.mjs';
import { renderPage } from './renderer-page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const nodePrograms = {
  'cli/main': 'src/cli/main.ts',
  'cli/demo': 'src/cli/demo.ts',
  'api/api': 'src/api.ts',
  'engine/engine-host': 'electron/engine/engine-host.ts',
  'factory/factory-host': 'electron/factory/factory-host.ts',
  'factory/row-worker': 'electron/factory/quantize/row-worker.ts',
  'factory/score-worker': 'electron/factory/evaluate/score-worker.ts',
  'factory/speed-host': 'electron/factory/speed/speed-host.ts',
  'factory/template-process': 'electron/factory/library/template-process.ts',
  'bench/bench': 'test/bench/bench.ts',
};

const sources = {
  main: 'electron/main/main.ts',
  preload: 'electron/preload/preload.ts',
  renderer: 'renderer/main.tsx',
};

/** zod carries its messages in fifty languages, which no bundler can tell to be unused: 260 KB in every window. */
const withoutLanguages = {
  name: 'without-languages',
  setup(builder) {
    builder.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  metafile: true,
  plugins: [withoutLanguages],
  logLevel: 'warning',
  // jsonc-parser's default entry loads its parts through a renamed require that no bundler follows.
  mainFields: ['module', 'main'],
};

/** Native packages stay outside: they locate their binaries by their own file layout. */
const outsideNode = ['koffi', 'node-llama-cpp', 'electron'];

function buildNodeProgram([name, source]) {
  return build({
    ...common,
    entryPoints: { [name]: source },
    outdir: 'dist',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    external: outsideNode,
    // Bundled CommonJS dependencies still call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

const parts = {
  // One by one, so that a mistake in one program does not keep the others from being built.
  node: async () => {
    const programs = Object.entries(nodePrograms).filter(([, source]) => existsSync(root + source));
    const built = await Promise.allSettled(programs.map(buildNodeProgram));
    const outputFiles = built.flatMap((each) => each.value?.outputFiles ?? []);
    const failure = built.find((each) => each.status === 'rejected')?.reason;
    return { outputFiles, failure };
  },

  // CommonJS, because Electron loads ES modules in the main process only from version 28 on; node18 is what its oldest
  // tested version (25) carries.
  main: () =>
    build({
      ...common,
      entryPoints: { 'main/main': sources.main },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      platform: 'node',
      format: 'cjs',
      target: 'node18',
      sourcemap: true,
      external: outsideNode,
      define: { 'import.meta.url': '__moduleUrl' },
      banner: {
        js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;",
      },
    }),

  // A sandboxed preload can load nothing but `electron`: everything else is in the bundle.
  preload: () =>
    build({
      ...common,
      mainFields: ['browser', 'module', 'main'],
      entryPoints: { 'preload/preload': sources.preload },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      platform: 'browser',
      format: 'cjs',
      target: 'chrome114',
      minify: true,
      external: ['electron'],
    }),

  renderer: () =>
    build({
      ...common,
      mainFields: ['browser', 'module', 'main'],
      entryPoints: { main: sources.renderer },
      outdir: 'dist/renderer',
      // Every name carries its content's hash, so that all but the page may be cached for ever.
      entryNames: 'assets/[name]-[hash]',
      chunkNames: 'assets/[name]-[hash]',
      assetNames: 'assets/[name]-[hash]',
      loader: { '.woff2': 'file', '.woff': 'empty', '.svg': 'file', '.png': 'file' },
      platform: 'browser',
      format: 'esm',
      splitting: true,
      target: 'chrome114',
      jsx: 'automatic',
      // White space goes at the end: join-styles.mjs needs esbuild's comments.
      minifyIdentifiers: true,
      minifySyntax: true,
      legalComments: 'linked',
      define: { 'process.env.NODE_ENV': '"production"' },
    }),
};

async function writeIfChanged(path, contents) {
  const present = await readFile(path).catch(() => undefined);
  if (present !== undefined && present.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, contents);
  await rename(partial, path);
}

const minifyScript = { minifyWhitespace: true, target: 'chrome114', legalComments: 'none' };

/** How long a renderer file that no build needs any more stays for windows that are open, in milliseconds. */
const staleAfter = 15 * 60_000;

/** Chunks of earlier builds would pile up; those of the last minutes stay, an open window may still ask for them. */
async function removeStale(folder, kept, age) {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if (kept.has(path)) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs >= age) await rm(path, { force: true });
  }
}

async function buildPart(name) {
  if (sources[name] !== undefined && !existsSync(root + sources[name])) return;
  const { outputFiles, metafile, failure } = await parts[name]();
  if (name === 'renderer') return writeRenderer(outputFiles, metafile);
  for (const { path, contents } of outputFiles) await writeIfChanged(path, Buffer.from(contents));
  if (failure !== undefined) throw failure;
}

async function writeRenderer(outputFiles, metafile) {
  const styles = await joinStyles(root, outputFiles, metafile);
  const icon = await readFile(join(root, 'assets/icons/32x32.png'));
  const files = [
    { path: styles.path, contents: styles.text },
    { path: join(root, 'dist/renderer/assets/icon.png'), contents: icon },
  ];
  for (const { path, contents, text } of outputFiles) {
    if (path.endsWith('.css')) continue;
    const isScript = path.endsWith('.js');
    files.push({
      path,
      contents: isScript ? (await transform(text, minifyScript)).code : contents,
    });
  }
  const now = new Date();
  for (const { path, contents } of files) {
    await writeIfChanged(path, Buffer.from(contents));
    // A file that came back unchanged is young again.
    await utimes(path, now, now);
  }
  const template = await readFile(join(root, 'renderer/index.html'), 'utf8');
  await writeIfChanged(
    join(root, 'dist/renderer/index.html'),
    Buffer.from(renderPage(template, metafile, styles.path)),
  );
  const kept = new Set(files.map(({ path }) => path));
  const age = process.argv.includes('--clean') ? 0 : staleAfter;
  await removeStale(join(root, 'dist/renderer/assets'), kept, age);
}

const asked = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const names = asked.length === 0 ? Object.keys(parts) : asked;
let failed = false;
for (const name of names) {
  if (parts[name] === undefined) {
    console.error(`Unknown part ${name}; known: ${Object.keys(parts).join(', ')}.`);
    process.exit(64);
  }
  try {
    await buildPart(name);
  } catch (error) {
    // esbuild has already printed what is wrong in the sources.
    if (!Array.isArray(error?.errors)) console.error(error);
    console.error(`The part "${name}" was not built.`);
    failed = true;
  }
}
if (!failed && asked.length === 0) await writeFile(join(root, 'dist/.built'), '');
process.exitCode = failed ? 1 : 0;
