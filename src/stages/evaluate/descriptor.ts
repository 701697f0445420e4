// Options of `eval`: llama-perplexity's own flags where it has them (tools/perplexity), and several files at once.
import { chunkOptions, generationThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const adapters = 'Adapters';
const texts = 'Texts';

export const evaluateDescriptor = describeCommand({
  name: 'eval',
  title: 'Evaluate',
  summary: 'Measure what levels cost: perplexity and KL divergence against the unquantized model',
  description: [
    "Follows llama-perplexity of the same llama.cpp release (--kl-divergence) and uses its names, so that the figures agree with it. The reference runs once per text and leaves a small record of its predictions instead of llama.cpp's logits file; --full runs both models side by side without one. A cancelled or killed run goes on at its last finished chunk when it is started again.",
    'Writes a run (run.json and token files) that the Compare screen, compare and report read.',
  ],
  forms: ['--reference MODEL GGUF... (-f TEXT | --suite NAME)'],
  positionals: { minimum: 1, maximum: 500 },
  options: {
    reference: {
      kind: 'path',
      valueName: 'FOLDER|GGUF',
      aliases: ['-r'],
      label: 'Reference',
      description:
        'The unquantized model: a GGUF, or a Hugging Face folder (converted without loss to a temporary file).',
    },
    file: {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      aliases: ['-f'],
      group: texts,
      label: 'Texts',
      description:
        'Text to measure on, UTF-8. May be given several times: each is measured by itself.',
    },
    suite: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      group: texts,
      label: 'Suites',
      description:
        'Evaluation suite: a built-in one or one of the workspace (evaluation_suites.json). A suite of tasks is asked of every file and of the reference. May be given several times.',
    },
    'n-predict': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 100000,
      default: 64,
      aliases: ['-n'],
      group: texts,
      label: 'Longest answer',
      description: 'Tokens after which an answer to a task is cut.',
    },
    ...chunkOptions,
    'parse-special': {
      kind: 'flag',
      group: texts,
      label: 'Control tokens',
      description:
        'Read control tokens that are spelled out (chat markers) in texts of -f. llama-perplexity does not.',
    },
    calibration: {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      group: texts,
      label: 'Calibration texts',
      description:
        'Text or folder that something here was calibrated on: evaluation refuses to share a line with it. Texts that the files name themselves are looked for too.',
    },
    lora: {
      kind: 'path',
      repeatable: true,
      valueName: 'ADAPTER',
      group: adapters,
      label: 'Adapters',
      description:
        'Adapter (GGUF, or a PEFT folder) that is switched on in every measured file, with scale 1. May be given several times.',
    },
    'lora-scaled': {
      kind: 'scaled-paths',
      valueName: 'ADAPTER:SCALE',
      group: adapters,
      label: 'Scaled adapters',
      description: 'The same with a scale of your own.',
    },
    bundled: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      group: adapters,
      label: 'Bundled adapters',
      description: 'Adapter that every measured file carries, switched on.',
    },
    'reference-lora': {
      kind: 'scaled-paths',
      valueName: 'ADAPTER:SCALE',
      group: adapters,
      label: "Reference's adapters",
      description: 'Adapter that is switched on in the reference.',
    },
    full: {
      kind: 'flag',
      label: 'Full comparison',
      description:
        'Run reference and file side by side: no sampling error, nothing is kept of the reference, which is computed for every file anew.',
    },
    fresh: {
      kind: 'flag',
      label: 'Measure anew',
      description: 'Do not use chunks that an earlier run left.',
    },
    'tensor-errors': {
      kind: 'flag',
      label: 'Tensor errors',
      description: 'Also compare every tensor with the reference (reads all files whole).',
    },
    'gpu-layers': {
      kind: 'integer',
      valueName: 'N',
      default: 0,
      minimum: 0,
      aliases: ['-ngl', '--n-gpu-layers'],
      label: 'GPU layers',
      description: 'Layers on graphics cards.',
    },
    threads: generationThreadsOption,
    name: {
      kind: 'text',
      valueName: 'TITLE',
      label: 'Title',
      description: 'What the run is called.',
    },
    outdir: {
      kind: 'path',
      valueName: 'FOLDER',
      label: 'Folder of runs',
      description:
        "Where the run's folder is made; without it `measurements` of the workspace, or of the current folder.",
    },
  },
  examples: [
    {
      command:
        'gguf-studio eval -r base-BF16.gguf base-Q4_K_M.gguf --suite general --suite tasks-definitions',
      explains: 'Held-out text, and questions with known answers',
    },
    {
      command:
        'gguf-studio eval -r model-BF16.gguf model-Q4_K_M.gguf model-Q8_0.gguf -f wiki.test.raw',
      explains: 'Two levels against their source',
    },
    {
      command:
        'gguf-studio eval -r base/ base-Q4_K_M.gguf --lora adapter/ --reference-lora adapter/:1 --suite general',
      explains: 'A level with an adapter against the base with the same',
    },
  ],
});
