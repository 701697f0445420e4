// Options of `report` and `compare`: measured runs as documents and tables.
import { overwriteOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const runWords =
  'RUN is a folder that eval has written, its run.json, the id of a run in the workspace, or "latest".';

export const reportDescriptor = describeCommand({
  name: 'report',
  title: 'Report',
  summary: 'Turn a measured run into an HTML page, a Markdown table or JSON',
  description: [
    'The HTML page is one file without scripts: size against quality, tables, texts, adapters, recommendations and conditions, light or dark as the reader prefers, and printable. The Markdown can be pasted into a model card.',
    runWords,
    'Without -o the report is printed. Without --format the ending of FILE decides; Markdown where there is none.',
  ],
  forms: ['RUN [-o FILE]'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    output: {
      kind: 'path',
      valueName: 'FILE',
      aliases: ['-o'],
      label: 'Output',
      description: 'File to write: .html, .md or .json.',
    },
    format: {
      kind: 'choice',
      choices: ['html', 'markdown', 'json'],
      valueName: 'FORMAT',
      label: 'Format',
      description: 'html, markdown or json.',
    },
    overwrite: overwriteOption,
  },
  examples: [
    { command: 'gguf-studio report latest -o report.html', explains: 'A page to look at' },
    { command: 'gguf-studio report measurements/20261123-101500-1a2b3c4d', explains: 'Markdown' },
  ],
});

export const compareDescriptor = describeCommand({
  name: 'compare',
  title: 'Compare',
  summary: 'Rank the files of a measured run, or tell two runs apart',
  description: [
    'One run: its files from small to large, each against the next larger one, what to use for which purpose, and what is odd. Two runs: which conditions differ, and which files are closer to their unquantized model in the first or in the second. "No difference" stands wherever the 95 % interval of the difference holds zero.',
    runWords,
  ],
  forms: ['RUN', 'RUN_A RUN_B'],
  positionals: { minimum: 1, maximum: 2 },
  options: {},
  examples: [
    { command: 'gguf-studio compare latest', explains: 'The ranking of the newest run' },
    { command: 'gguf-studio compare before/run.json after/run.json', explains: 'What changed' },
  ],
});
