// Options that mean the same on several commands, written once.
import type { OptionDescriptor, OptionSet } from './stage-descriptor.ts';

const threads = {
  kind: 'integer',
  valueName: 'N',
  minimum: 1,
  maximum: 512,
  aliases: ['-t'],
  label: 'Threads',
} as const;

export const workerThreadsOption = {
  ...threads,
  description: "Worker threads. Without it: the machine's cores.",
} as const satisfies OptionDescriptor;

export const generationThreadsOption = {
  ...threads,
  description:
    "Threads for generating. Without it: few for small models, never more than the machine's cores.",
} as const satisfies OptionDescriptor;

export const kernelsOption = {
  kind: 'choice',
  valueName: 'KERNELS',
  choices: ['wasm', 'ggml'],
  label: 'Kernels',
  description:
    "What encodes tensors: the WebAssembly kernels of this program, or libggml. Without it: the kernels, for the types of which they wrote libggml's bytes when they were tried on this machine (see env).",
} as const satisfies OptionDescriptor;

export const overwriteOption = {
  kind: 'flag',
  label: 'Overwrite',
  description: 'Replace the output if it exists. Without it an existing output is an error.',
} as const satisfies OptionDescriptor;

export const validateOption = {
  kind: 'flag',
  label: 'Validate',
  description:
    'Load the output in llama.cpp and ask it the validation prompts before it gets its name.',
} as const satisfies OptionDescriptor;

export const contextWindowOption = {
  kind: 'integer',
  valueName: 'N',
  minimum: 1,
  label: 'Context window',
  description:
    "Written as studio.context_window, at most the trained window. Without it: the use case's.",
} as const satisfies OptionDescriptor;

export const emotionOption = {
  kind: 'flag',
  default: true,
  label: 'Emotion step',
  description: 'List the emotion step in the manifest of a universal build.',
} as const satisfies OptionDescriptor;

/** Models that generate, for commands that take several and switch adapters on. */
export const generatingModelOptions = {
  model: {
    kind: 'path',
    repeatable: true,
    valueName: 'GGUF',
    aliases: ['-m'],
    label: 'Model',
    description:
      'A GGUF file. May be repeated; files that stand on the command line without a flag are models, too.',
  },
  lora: {
    kind: 'path',
    repeatable: true,
    valueName: 'ADAPTER',
    label: 'Adapters',
    description:
      'Adapter that is switched on for every model: a GGUF LoRA or a PEFT folder. May be repeated.',
  },
  'lora-scaled': {
    kind: 'scaled-paths',
    valueName: 'ADAPTER:SCALE',
    label: 'Scaled adapters',
    description: 'Adapter with a scale of your own. May be repeated.',
  },
  'n-gpu-layers': {
    kind: 'integer',
    valueName: 'N',
    minimum: 0,
    maximum: 1000000,
    default: 0,
    aliases: ['-ngl', '--gpu-layers'],
    label: 'GPU layers',
    description: 'Layers that are kept on the GPU. Without it: none.',
  },
} as const satisfies OptionSet;

/** How texts are cut for measuring; llama-perplexity's flags. */
export const chunkOptions = {
  'ctx-size': {
    kind: 'integer',
    valueName: 'N',
    default: 512,
    minimum: 16,
    maximum: 1_048_576,
    aliases: ['-c'],
    group: 'Texts',
    label: 'Context size',
    description: "Tokens per chunk; the predictions of each chunk's second half count.",
  },
  chunks: {
    kind: 'integer',
    valueName: 'N',
    minimum: -1,
    group: 'Texts',
    label: 'Chunks',
    description: 'Chunks per text, from its start; all of them without it or with -1.',
  },
} as const satisfies OptionSet;
