// Options of `sizes`.
import { describeCommand } from '../stage-descriptor.ts';

export const sizesDescriptor = describeCommand({
  name: 'sizes',
  title: 'Sizes',
  summary: 'Exact file size and bits per weight of every level, before any weight is read',
  description: [
    "llama.cpp itself plans each level on a file without weights, so the types and sizes are its own. A lone config.json has no tokenizer: there the tensors' bytes are exact and the metadata is not counted.",
  ],
  forms: ['FOLDER|GGUF|config.json'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    levels: {
      kind: 'levels',
      valueName: 'LEVELS',
      label: 'Levels',
      description: 'Only these levels, separated by commas. Without it: all.',
    },
    imatrix: {
      kind: 'flag',
      default: true,
      label: 'With an importance matrix',
      description:
        'Plan the levels that need an importance matrix too. --no-imatrix leaves them out.',
    },
  },
  examples: [
    {
      command: 'gguf-studio sizes assets/seedling/seedling-4m',
      explains: 'All levels of a folder',
    },
    {
      command: 'gguf-studio sizes config.json --levels Q4_K_M,Q5_K_M',
      explains: 'Two levels of a model that is not downloaded yet',
    },
  ],
});
