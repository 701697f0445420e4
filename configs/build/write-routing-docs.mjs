// Writes the measured part of docs/routing.md with the built command line: node configs/build/write-routing-docs.mjs
// [EMBEDDING.gguf] [FAMILY]. Without an embedding model (see the page) the parts that need one stay as they are; FAMILY is a
// built Seedling family, whose base gives the hidden states.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [embedding, family] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'gguf-studio-routing-'));
const set = join(root, 'configs/routing/seedling.json');

function studio(...words) {
  return execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  });
}

/** Trains thresholds for a classifier, then measures it: the figures and their Markdown. */
function measure(name, manifest, classifier, model = []) {
  const trained = manifest === undefined ? [] : ['--manifest', manifest];
  // Beside the manifest, so that the files that it names are found.
  const output = join(
    manifest === undefined ? folder : join(manifest, '..'),
    `.${name}.routing.json`,
  );
  const markdown = join(folder, `${name}.md`);
  const kind = ['--classifier', classifier, '--set', set, ...model];
  try {
    studio('route', 'train', ...trained, ...kind, '--output', output, '--overwrite', '--quiet');
    const { result } = JSON.parse(
      studio('route', 'eval', '--manifest', output, ...kind, '--markdown', markdown, '--json'),
    );
    return { result, markdown: readFileSync(markdown, 'utf8') };
  } finally {
    rmSync(output, { force: true });
  }
}

function row(title, { accuracy, offTopicAbstained, macroF1, calibration }) {
  const share = ({ value, low, high }) =>
    `${(value * 100).toFixed(1)} % (${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)})`;
  return `| ${title} | ${share(accuracy)} | ${share(offTopicAbstained)} | ${macroF1.toFixed(3)} | ${calibration.error.toFixed(3)} |`;
}

/** Replaces what stands between two marks of the page. */
function replacePart(page, part, text) {
  const pattern = new RegExp(`(<!-- ${part} -->\n)[\\s\\S]*?(<!-- end of ${part} -->)`);
  return page.replace(pattern, (_, begin, end) => `${begin}${text}\n${end}`);
}

/** Emotions and requests for two things, measured by the program's own code: no command asks for them. */
async function measureShares() {
  const outfile = join(folder, 'shares.mjs');
  await build({
    stdin: {
      contents: `export { emotionSetSchema, intentSetSchema } from '#src/contract/routing/evaluation.ts';
        export { detectEmotion } from '#src/routing/emotion/detect-emotion.ts';
        export { evaluateEmotions } from '#src/routing/evaluation/evaluate-emotions.ts';
        export { evaluateIntents } from '#src/routing/evaluation/evaluate-intents.ts';
        export { emotionMarkdown, intentMarkdown } from '#src/routing/evaluation/render-shares.ts';
        export { parseManifest } from '#src/routing/manifest/parse-manifest.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    outfile,
    logLevel: 'error',
  });
  const routing = await import(pathToFileURL(outfile).href);
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const emotions = routing.emotionSetSchema.parse(
    JSON.parse(read('configs/routing/emotions.json')),
  );
  const intents = routing.intentSetSchema.parse(JSON.parse(read('configs/routing/intents.json')));
  const family = 'assets/seedling-family/router.json';
  const manifest = routing.parseManifest(read(family), family);
  return {
    emotions: routing.emotionMarkdown(
      await routing.evaluateEmotions(emotions, routing.detectEmotion),
    ),
    intents: routing.intentMarkdown({ lexical: await routing.evaluateIntents(manifest, intents) }),
  };
}

const header =
  '| classifier | accuracy | off-topic left alone | macro F1 | calibration error |\n|---|---:|---:|---:|---:|';
const path = join(root, 'docs/routing.md');
let page = readFileSync(path, 'utf8');
try {
  const lexical = measure('lexical', undefined, 'lexical');
  page = replacePart(page, 'lexical', lexical.markdown.replace(/^## .*\n/, ''));
  const shares = await measureShares();
  page = replacePart(page, 'emotions', `\n${shares.emotions}`);
  page = replacePart(page, 'intents', `\n${shares.intents}`);
  if (embedding !== undefined && family !== undefined) {
    const manifest = join(family, 'router.json');
    const rows = [
      row('lexical', lexical.result),
      row('embedding, hidden states of the base', measure('base', manifest, 'embedding').result),
      row(
        'cascade, hidden states of the base',
        measure('base-cascade', manifest, 'cascade').result,
      ),
    ];
    const model = ['--embedding', embedding];
    rows.push(
      row('embedding, all-MiniLM-L6-v2', measure('model', undefined, 'embedding', model).result),
    );
    const cascade = measure('model-cascade', undefined, 'cascade', model);
    rows.push(row('cascade, all-MiniLM-L6-v2', cascade.result));
    page = replacePart(page, 'comparison', [header, ...rows].join('\n'));
    page = replacePart(page, 'cascade', cascade.markdown.replace(/^## .*\n/, ''));
  }
  writeFileSync(path, page);
  console.log('docs/routing.md');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
