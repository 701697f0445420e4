// Options of `doctor`.
import { generationThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const doctorDescriptor = describeCommand({
  name: 'doctor',
  title: 'Doctor',
  summary: 'Find what is wrong with a model file: structure, values, hashes, metadata, tokenizer, chat template, behaviour',
  description: [
    'Reads each file as far as it can be read, also where it is damaged, and says what is wrong with which tensors, entries and bytes, what most likely did it, and what repair would do. It also names what is no GGUF: a git-LFS pointer, a saved web page, an old format. A folder stands for the GGUF files below it. Without findings of its own, a sound file is loaded by llama.cpp and asked the validation prompts.',
    'Exit code 0 when every file is healthy (notes count as healthy), 1 when a warning or an error was found, 2 when a file is missing; the other files are checked all the same. Nothing is changed: see repair.',
  ],
  forms: ['FILE...'],
  positionals: { minimum: 1, maximum: 1000 },
  options: {
    source: {
      kind: 'path',
      valueName: 'MODEL',
      group: 'Compared with',
      label: 'Source',
      description: 'The unquantized model that the file was made from: a Hugging Face folder or a GGUF. Tensors, metadata, tokenizer and template are compared with it.',
    },
    sibling: {
      kind: 'path',
      valueName: 'GGUF',
      group: 'Compared with',
      label: 'Sibling',
      description: 'Another level of the same model: tensors are compared with it where there is no source.',
    },
    header: {
      kind: 'flag',
      label: 'Header only',
      description: 'Read no weights: values and hashes are skipped, and nothing is loaded.',
    },
    load: {
      kind: 'flag',
      default: true,
      label: 'Load',
      description: 'Load the file in llama.cpp and ask it the validation prompts.',
    },
    prompts: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Prompts',
      description: 'Your own validation prompts: a text file with one prompt on each line.',
    },
    threads: generationThreadsOption,
  },
  examples: [
    { command: 'gguf-studio doctor model-Q4_K_M.gguf', explains: 'All checks' },
    { command: 'gguf-studio doctor model-Q4_K_M.gguf --source Base', explains: 'Compare with the model it was made from, too' },
    { command: 'gguf-studio doctor models --no-load --json', explains: 'A folder, without loading anything, as JSON' },
  ],
}); // prettier-ignore
