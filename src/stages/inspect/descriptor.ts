// Options of `inspect`.
import { describeCommand } from '../stage-descriptor.ts';

export const inspectDescriptor = describeCommand({
  name: 'inspect',
  title: 'Inspect',
  summary: 'Show what a model, adapter or matrix file contains',
  description: [
    'Reads only headers, never weights: a GGUF (model, LoRA adapter, importance matrix, split, bundle), a safetensors file, a Hugging Face folder or a PEFT adapter folder.',
  ],
  forms: ['FILE|FOLDER'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    tensors: {
      kind: 'flag',
      label: 'List tensors',
      description: 'List every tensor with its shape, type and size, not only their totals.',
    },
    template: {
      kind: 'flag',
      label: 'Show the chat template',
      description: 'Print the whole chat template.',
    },
  },
  examples: [
    {
      command: 'gguf-studio inspect assets/seedling/seedling-4m',
      explains: 'What the embedded base model is',
    },
    {
      command: 'gguf-studio inspect model.gguf --tensors',
      explains: 'Metadata and every tensor of a GGUF',
    },
  ],
});
