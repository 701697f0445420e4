// Options of `validate`.
import { generationThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const validateDescriptor = describeCommand({
  name: 'validate',
  title: 'Validate',
  summary: 'Check that a GGUF is whole, loads in llama.cpp and answers',
  description: [
    'Structure, every tensor finite and in bounds, hashes where the file carries them, tokenizer round trip, then loaded by llama.cpp and asked the validation prompts greedily for 64 tokens: non-finite logits or one token filling the last 32 fail. Embedding models must give finite, distinct vectors. Adapters inside a bundle are hash-checked and each attached once.',
    'Exit code 0 when every check passes, 1 when one fails, 2 when a file is missing; the other files are checked all the same.',
  ],
  forms: ['GGUF...'],
  positionals: { minimum: 1, maximum: 1000 },
  options: {
    structure: {
      kind: 'flag',
      label: 'Structure only',
      description: 'Only read the header and check all tensors; do not load the model.',
    },
    threads: generationThreadsOption,
  },
  examples: [
    { command: 'gguf-studio validate model-Q4_K_M.gguf', explains: 'All checks' },
    {
      command: 'gguf-studio validate *.gguf --structure --json',
      explains: 'Many files, without loading them, as JSON',
    },
  ],
});
