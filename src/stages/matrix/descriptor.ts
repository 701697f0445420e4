// Options of `matrix`: which adapters, at which levels, on which texts.
import { chunkOptions, generationThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const adapters = 'Adapters';
const texts = 'Texts';

export const matrixDescriptor = describeCommand({
  name: 'matrix',
  title: 'Adapter matrix',
  summary: 'Measure every adapter at every level, at run time and merged: which form to ship',
  description: [
    "For each adapter and level two files are compared with the unquantized base and its adapter: the quantized base with the adapter switched on at run time, and the adapter merged at F32 and then quantized. Both are read on the adapter's own held-out text and on general text by llama-perplexity's protocol (see eval). Retention tells how much of the adapter's change is left in the weights.",
    'Without --lora, the adapters of the workspace (its model mapping) are measured; without a workspace those of Seedling. An adapter finds its text among the evaluation suites by its name. A cancelled or killed matrix goes on at its last finished chunk when it is started again.',
  ],
  forms: ['', 'BASE', 'BASE --lora ADAPTER [-f ADAPTER=TEXT]'],
  positionals: { minimum: 0, maximum: 1 },
  options: {
    lora: {
      kind: 'path',
      repeatable: true,
      valueName: 'ADAPTER',
      group: adapters,
      label: 'Adapters',
      description:
        'Adapter (GGUF, or a PEFT folder), called by the name of its file or folder. May be given several times.',
    },
    'lora-scaled': {
      kind: 'scaled-paths',
      valueName: 'ADAPTER:SCALE',
      group: adapters,
      label: 'Scaled adapters',
      description: 'The same with a scale of your own.',
    },
    levels: {
      kind: 'levels',
      valueName: 'LEVELS',
      default: ['Q2_K', 'Q4_K_M', 'Q5_K_M', 'Q8_0'],
      label: 'Levels',
      description: 'Levels, separated by commas. Without it: Q2_K,Q4_K_M,Q5_K_M,Q8_0.',
    },
    imatrix: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Importance matrix',
      description: 'Importance matrix for quantizing the base and the merged models.',
    },
    calibration: {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      group: texts,
      label: 'Calibration texts',
      description:
        'Text or folder that the importance matrix was made from: measuring refuses to share a line with it. Without it: the texts that the matrix names, where they are still there.',
    },
    file: {
      kind: 'text',
      repeatable: true,
      valueName: 'ADAPTER=TEXT',
      aliases: ['-f'],
      group: texts,
      label: 'Own texts',
      description:
        "Held-out text (file or folder) of what the adapter was trained on. Without it: the evaluation suite of the adapter's name.",
    },
    general: {
      kind: 'path',
      valueName: 'TEXT',
      group: texts,
      label: 'General text',
      description: 'Text for all adapters, UTF-8. Without it: the evaluation suite general.',
    },
    'parse-special': {
      kind: 'flag',
      group: texts,
      label: 'Control tokens',
      description:
        'Read control tokens that are spelled out (chat markers) in texts of -f and --general.',
    },
    ...chunkOptions,
    threads: generationThreadsOption,
    name: {
      kind: 'text',
      valueName: 'TITLE',
      label: 'Title',
      description: 'What the run is called.',
    },
    keep: {
      kind: 'path',
      valueName: 'FOLDER',
      label: 'Keep the files',
      description: 'Keep all quantized files here; without it they are temporary.',
    },
    output: {
      kind: 'path',
      valueName: 'FOLDER',
      aliases: ['-o'],
      label: 'Output',
      description:
        "The run's folder; without it a new one in `measurements` of the workspace, or of the current folder.",
    },
  },
  examples: [
    {
      command: 'gguf-studio matrix -c 256',
      explains: 'All adapters of the workspace at four levels',
    },
    {
      command:
        'gguf-studio matrix base/ --lora finance/ --levels Q4_K_M,Q8_0 -f finance=held-out.txt --general wiki.test.raw',
      explains: 'One adapter at two levels, on texts of your own',
    },
  ],
});
