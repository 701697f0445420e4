// Writes the pages under docs/ that the program itself knows best: the sizes of known models and every command's help.
// Run after a build; `--check` fails when a page is stale.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isCheck = process.argv.includes('--check');
const shownLevels = ['F16', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q4_0', 'IQ4_XS', 'Q3_K_M', 'Q2_K'];

function studio(...commandArguments) {
  return execFileSync(process.execPath, [`${root}dist/cli/main.js`, ...commandArguments], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NO_COLOR: '1' },
  });
}

/** The commands as the program's own help lists them. */
function listCommands() {
  const [, section = ''] = studio('--help').split('\nCommands\n');
  const [lines = ''] = section.split('\n\n');
  return [...lines.matchAll(/^ {2}([a-z-]+) /gm)].map((match) => match[1]);
}

function sizesPage() {
  const models = readdirSync(`${root}configs/known-models`)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      name: file.slice(0, -'.json'.length),
      ...JSON.parse(studio('sizes', `configs/known-models/${file}`, '--json')).result,
    }));
  const cell = (model, level) => {
    const { bytes, bitsPerWeight } = model.levels.find((entry) => entry.level === level);
    const digits = bytes < 1e9 ? 1 : 3;
    const size =
      bytes < 1e9 ? `${(bytes / 1e6).toFixed(digits)} MB` : `${(bytes / 1e9).toFixed(digits)} GB`;
    return `${size}<br>${bitsPerWeight.toFixed(2)} bpw`;
  };
  const header = models.map(({ name, weights }) => `${name}<br>${(weights / 1e9).toFixed(3)} B`);
  const rows = shownLevels.map(
    (level) => `| ${level} | ${models.map((model) => cell(model, level)).join(' | ')} |`,
  );
  return [
    '# Sizes of known models',
    '',
    "Bytes of all tensors per level, as llama.cpp v0.5.0's own type selection gives them, computed from each model's `config.json`",
    'alone (`gguf-studio sizes configs/known-models/NAME.json`). A real file adds its metadata, mostly the vocabulary: 1 to 10 MB.',
    'With the whole folder `gguf-studio sizes FOLDER` gives the exact file size.',
    '',
    `| level | ${header.join(' | ')} |`,
    `|---|${models.map(() => '---:').join('|')}|`,
    ...rows,
    '',
    'DialoGPT-medium is computed with tied embeddings; a checkpoint that stores `lm_head.weight` as well gets an output tensor of its own, as',
    'the reference converter writes it (103 MB more at F16).',
    '',
    'Small models stay well above the nominal bits per weight: their embedding is a large share of the weights, and a tied one is',
    'kept at Q6_K. Where rows do not divide into blocks of 256 weights, llama.cpp falls back to larger 32-weight types.',
    '',
  ].join('\n');
}

function commandPage() {
  const sections = listCommands().map(
    (name) => `## ${name}\n\n\`\`\`\n${studio(name, '--help').trim()}\n\`\`\`\n`,
  );
  return [
    '# Command line',
    '',
    'Written from the program itself. `npx gguf-studio` in a checkout runs it; every command takes `--json` and `--help`.',
    '',
    ...sections,
  ].join('\n');
}

for (const [name, text] of Object.entries({
  'sizes.md': sizesPage(),
  'command-line.md': commandPage(),
})) {
  const path = `${root}docs/${name}`;
  if (!isCheck) {
    writeFileSync(path, text);
    console.log(`docs/${name}: ${text.length} characters`);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`docs/${name} does not say what the program says: run npm run generate`);
    process.exit(1);
  }
}
