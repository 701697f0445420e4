// Options of `convert` and `convert-lora`; names are those of convert_hf_to_gguf.py and convert_lora_to_gguf.py.
import {
  kernelsOption,
  overwriteOption,
  validateOption,
  workerThreadsOption,
} from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

/** What both converters write. */
export const convertTypes = ['f32', 'f16', 'bf16', 'q8_0', 'auto'] as const;

const outfile = {
  kind: 'path',
  valueName: 'FILE',
  label: 'Output file',
  description: 'Path of the GGUF to write.',
} as const;

export const convertDescriptor = describeCommand({
  name: 'convert',
  title: 'Convert',
  summary: 'Convert a Hugging Face folder to GGUF',
  description: [
    'Writes the bytes that convert_hf_to_gguf.py of the same llama.cpp release writes. An architecture that is not supported is refused before anything is written.',
  ],
  forms: ['FOLDER'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    outfile: {
      ...outfile,
      description:
        'Path of the GGUF to write. Without it: <folder name>-<TYPE>.gguf in the folder.',
    },
    outtype: {
      kind: 'choice',
      choices: convertTypes,
      default: 'f16',
      valueName: 'TYPE',
      label: 'Output type',
      description:
        'Type of the weights; auto keeps the 16-bit type of the checkpoint. Norms and other small tensors stay F32.',
    },
    pre: {
      kind: 'text',
      valueName: 'NAME',
      label: 'Pre-tokenizer',
      description:
        'Name of the pre-tokenizer (tokenizer.ggml.pre) when it cannot be recognized from the folder.',
    },
    'model-name': {
      kind: 'text',
      valueName: 'NAME',
      label: 'Model name',
      description: 'Name of the model in its metadata (general.name).',
    },
    threads: workerThreadsOption,
    kernels: kernelsOption,
    overwrite: overwriteOption,
    validate: validateOption,
  },
  examples: [
    {
      command:
        'gguf-studio convert assets/seedling/seedling-4m --outfile seedling-F16.gguf --outtype f16',
      explains: 'The embedded base model as F16',
    },
  ],
});

export const convertLoraDescriptor = describeCommand({
  name: 'convert-lora',
  title: 'Convert adapter',
  summary: 'Convert a PEFT LoRA adapter to a GGUF adapter',
  description: [
    'Right where convert_lora_to_gguf.py is wrong: rsLoRA, alpha_pattern, rank_pattern and fan_in_fan_out. DoRA and modules_to_save cannot be an adapter file: they are refused here and can be merged. Only trained norms are written all the same, with a warning: llama.cpp ignores them at run time.',
  ],
  forms: ['ADAPTER --base FOLDER'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    base: {
      kind: 'path',
      valueName: 'FOLDER|GGUF',
      label: 'Base model',
      description:
        'The base that the adapter was trained on; only its configuration and shapes are read.',
    },
    outfile: {
      ...outfile,
      description:
        'Path of the GGUF to write. Without it: <adapter name>-<TYPE>-LoRA.gguf in the adapter folder.',
    },
    outtype: {
      kind: 'choice',
      choices: convertTypes,
      default: 'f32',
      valueName: 'TYPE',
      label: 'Output type',
      description: 'Type of the factors.',
    },
    overwrite: overwriteOption,
  },
  examples: [
    {
      command:
        'gguf-studio convert-lora assets/seedling/adapters/conditions --base assets/seedling/seedling-4m --outfile conditions.gguf',
      explains: 'One adapter for llama.cpp',
    },
  ],
});
