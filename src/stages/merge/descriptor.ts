// Options of `merge`; --lora and --lora-scaled as llama-export-lora has them.
import {
  kernelsOption,
  overwriteOption,
  validateOption,
  workerThreadsOption,
} from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const mergeDescriptor = describeCommand({
  name: 'merge',
  title: 'Merge',
  summary: 'Add adapters into the weights of their base',
  description: [
    'Everything is added in F32, in the order given, and rounded once to the output type. The base may be a Hugging Face folder or a GGUF, adapters PEFT folders or GGUF adapters.',
  ],
  forms: ['--base BASE --lora ADAPTER --outfile FILE'],
  positionals: { minimum: 0, maximum: 0 },
  options: {
    base: {
      kind: 'path',
      valueName: 'FOLDER|GGUF',
      aliases: ['-m', '--model'],
      label: 'Base model',
      description: 'The base that the adapters were trained on.',
    },
    lora: {
      kind: 'path',
      repeatable: true,
      valueName: 'ADAPTER',
      label: 'Adapters',
      description: 'Adapter to merge with scale 1. May be given several times.',
    },
    'lora-scaled': {
      kind: 'scaled-paths',
      valueName: 'ADAPTER:SCALE',
      label: 'Scaled adapters',
      description: 'Adapter to merge with a scale of your own. May be given several times.',
    },
    method: {
      kind: 'choice',
      choices: ['sum', 'ties', 'dare'],
      default: 'sum',
      valueName: 'METHOD',
      label: 'Method',
      description:
        'sum adds all changes; ties keeps the largest changes of each adapter and resolves opposite signs; dare drops changes at random and rescales the rest.',
    },
    density: {
      kind: 'number',
      minimum: 0,
      maximum: 1,
      valueName: 'FRACTION',
      label: 'Density',
      description: 'Fraction of changes that ties and dare keep. Without it: 0.5.',
    },
    seed: {
      kind: 'integer',
      minimum: 0,
      maximum: 4294967295,
      valueName: 'N',
      label: 'Seed',
      description: 'Seed of dare; the same seed gives the same bytes. Without it: 0.',
    },
    outfile: {
      kind: 'path',
      valueName: 'FILE',
      aliases: ['-o', '--output'],
      label: 'Output file',
      description: 'Path of the GGUF to write.',
    },
    outtype: {
      kind: 'choice',
      choices: ['f32', 'f16', 'bf16', 'q8_0'],
      default: 'f16',
      valueName: 'TYPE',
      label: 'Output type',
      description:
        'Type of the merged weights. To quantize, use a recipe (build) or quantize the f32 result.',
    },
    'allow-requantize': {
      kind: 'flag',
      label: 'Allow requantizing',
      description:
        'Write q8_0 from a base that is already quantized, and lose quality twice. Not needed for float types.',
    },
    threads: workerThreadsOption,
    kernels: kernelsOption,
    overwrite: overwriteOption,
    validate: validateOption,
  },
  examples: [
    {
      command:
        'gguf-studio merge --base assets/seedling/seedling-4m --lora assets/seedling/adapters/conditions --lora-scaled assets/seedling/adapters/anatomy:0.5 --outfile merged.gguf',
      explains: 'One adapter in full, another at half strength',
    },
  ],
});
