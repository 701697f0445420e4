// Options of `library`.
import { libraryKinds } from '#src/contract/library.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const libraryDescriptor = describeCommand({
  name: 'library',
  title: 'Library',
  summary: 'List the models, adapters and matrices below folders',
  description: [
    'Finds Hugging Face and PEFT folders, GGUF models (split ones as one), LoRA adapters, importance matrices and their companions, and says why a broken one cannot be used. Reads only headers, never weights; nothing is copied.',
    'Without a folder it looks into the current workspace (or the embedded Seedling one) and where LM Studio, llama.cpp, Hugging Face, GPT4All and Jan keep models.',
    "Memory is an estimate for the file's own context window, at most 4096 tokens: weights, a 16-bit cache and the compute buffer.",
  ],
  forms: ['[FOLDER...]'],
  positionals: { minimum: 0, maximum: 500 },
  options: {
    kind: {
      kind: 'choice',
      choices: libraryKinds,
      valueName: 'KIND',
      label: 'Kind',
      description: 'List only this kind.',
    },
    search: {
      kind: 'text',
      valueName: 'WORDS',
      label: 'Search',
      description:
        'List only what has all these words in its name, path, architecture, type or domain.',
    },
    depth: {
      kind: 'integer',
      valueName: 'N',
      default: 6,
      minimum: 0,
      maximum: 12,
      label: 'Depth',
      description: 'Levels of folders below each given one.',
    },
  },
  examples: [
    { command: 'gguf-studio library', explains: 'Everything that is found on this machine' },
    {
      command: 'gguf-studio library ~/models --kind gguf --search "llama q4"',
      explains: 'Llama GGUFs at 4 bits in one folder',
    },
    {
      command: 'gguf-studio library assets/seedling --json',
      explains: 'The embedded models, for a program',
    },
  ],
});
