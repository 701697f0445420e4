// Options of `imatrix`: llama-imatrix's own flags (common/arg.cpp), several texts, run-time adapters.
import { generationThreadsOption, overwriteOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const input = 'What is read';
const computing = 'Computing';

export const imatrixDescriptor = describeCommand({
  name: 'imatrix',
  title: 'Importance matrix',
  summary: 'Measure on text which channels of a model matter, for better rounding',
  description: [
    'Collects what llama-imatrix of the same llama.cpp release collects, into the same file: for every weight the sum of the squares of what enters each of its channels. quantize --imatrix reads it, and llama-quantize does. Values are stored as measured; channels and experts that no text used are reported.',
    'Each text is cut into chunks of its own; what is left at its end is not used. A run that was killed or cancelled goes on with OUT.gguf.partial when it is started again.',
    'Without -f, the matrices of --in-file are only added together. With --show-statistics nothing is computed.',
  ],
  forms: [
    '-m MODEL -f TEXT [-f TEXT] -o OUT.gguf',
    '--in-file A --in-file B -o OUT.gguf',
    '--show-statistics FILE',
  ],
  positionals: { minimum: 0, maximum: 0 },
  options: {
    model: {
      kind: 'path',
      valueName: 'FOLDER|GGUF',
      aliases: ['-m'],
      group: input,
      label: 'Model',
      description:
        'A GGUF of any type, or a Hugging Face folder (converted without loss to a temporary file). The unquantized model gives the best matrix.',
    },
    file: {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      aliases: ['-f'],
      group: input,
      label: 'Calibration text',
      description: 'UTF-8 text. May be repeated.',
    },
    'in-file': {
      kind: 'path',
      repeatable: true,
      valueName: 'FILE',
      group: input,
      label: 'Matrices to add in',
      description:
        'Importance matrix (GGUF or .dat) that is added in; several separated by commas, or repeated.',
    },
    'parse-special': {
      kind: 'flag',
      group: input,
      label: 'Parse special tokens',
      description: 'Read control tokens that the texts spell out (chat markers).',
    },
    lora: {
      kind: 'path',
      repeatable: true,
      valueName: 'ADAPTER',
      group: input,
      label: 'Adapters',
      description:
        'Adapter that is switched on while reading: the matrix fits the merged model. May be repeated.',
    },
    'lora-scaled': {
      kind: 'scaled-paths',
      valueName: 'ADAPTER:SCALE',
      group: input,
      label: 'Scaled adapters',
      description: 'Adapter with a scale of your own. May be repeated.',
    },
    output: {
      kind: 'path',
      valueName: 'FILE',
      aliases: ['-o', '--output-file'],
      label: 'Output',
      description: 'Written in the GGUF form. Without it: imatrix.gguf.',
    },
    'ctx-size': {
      kind: 'integer',
      valueName: 'N',
      minimum: 16,
      maximum: 1048576,
      default: 512,
      aliases: ['-c'],
      label: 'Chunk',
      description: 'Tokens of a chunk.',
    },
    chunks: {
      kind: 'integer',
      valueName: 'N',
      minimum: -1,
      label: 'Chunks',
      description: 'Chunks of each text, from its start. Without it, or with -1: all.',
    },
    'process-output': {
      kind: 'flag',
      label: 'Output tensor',
      description: 'Collect for output.weight, too.',
    },
    floor: {
      kind: 'number',
      valueName: 'SHARE',
      minimum: 0,
      maximum: 1,
      label: 'Floor',
      description:
        "Give channels that were always zero this share of their row's mean (0.001 is enough); the file then says so. Without it nothing is changed.",
    },
    'show-statistics': {
      kind: 'path',
      valueName: 'FILE',
      label: 'Show statistics',
      description: 'Describe an importance matrix (GGUF or .dat), tensor by tensor, and end.',
    },
    'output-frequency': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 1000000,
      default: 10,
      aliases: ['-ofreq'],
      label: 'Output frequency',
      description: 'Keep the unfinished matrix every N chunks, and at least every minute.',
    },
    'batch-size': {
      kind: 'integer',
      valueName: 'N',
      minimum: 16,
      maximum: 1048576,
      default: 2048,
      aliases: ['-b'],
      group: computing,
      label: 'Batch',
      description: 'Tokens per batch: several chunks are read side by side where they fit.',
    },
    'ubatch-size': {
      kind: 'integer',
      valueName: 'N',
      minimum: 16,
      maximum: 1048576,
      default: 512,
      aliases: ['-ub'],
      group: computing,
      label: 'Micro batch',
      description: 'Tokens that are computed at once.',
    },
    'gpu-layers': {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      maximum: 9999,
      default: 0,
      aliases: ['-ngl', '--n-gpu-layers'],
      group: computing,
      label: 'GPU layers',
      description: 'Layers kept on graphics cards.',
    },
    threads: { ...generationThreadsOption, group: computing },
    'no-ppl': {
      kind: 'flag',
      group: computing,
      label: 'No perplexity',
      description: "Accepted for llama-imatrix's sake: perplexity is never computed here.",
    },
    overwrite: overwriteOption,
  },
  examples: [
    {
      command: 'gguf-studio imatrix -m model-BF16.gguf -f calibration.txt -o imatrix.gguf',
      explains: 'One text',
    },
    {
      command:
        'gguf-studio imatrix -m model -f chats.txt -f code.txt --parse-special -o imatrix.gguf',
      explains: 'A Hugging Face folder, two texts, chat markers read as tokens',
    },
    {
      command: 'gguf-studio imatrix --show-statistics imatrix.gguf',
      explains: 'What a matrix holds',
    },
  ],
});
