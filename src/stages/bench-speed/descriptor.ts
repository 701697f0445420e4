// Options of `bench-speed`: llama-bench's own flags (tools/llama-bench/llama-bench.cpp), and adapters.
import { generationThreadsOption, generatingModelOptions } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const benchSpeedDescriptor = describeCommand({
  name: 'bench-speed',
  title: 'Measure speed',
  summary: 'Time loading, prompts and generation of GGUF files, and their peak memory',
  description: [
    "llama-bench's protocol: a warm-up first, prompts of random tokens read from an empty context, then tokens generated one by one, each the likeliest. Every figure is the median of the runs, with the fastest and the slowest.",
    "Each file is measured in a process of its own, so that peak RAM is that file's: pages of the mapped file count, and so does the program itself (about 60 MB, told apart in --json). Loads are timed with the file in the page cache: the first load, which reads the disk, is not counted. Peak VRAM is what the card lacks against the beginning.",
    'Nothing else should run meanwhile.',
  ],
  forms: ['-m MODEL...'],
  positionals: { minimum: 0, maximum: 500 },
  options: {
    ...generatingModelOptions,
    'n-prompt': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 1048576,
      default: 512,
      aliases: ['-p'],
      label: 'Prompt tokens',
      description: 'Tokens of the prompt; at most the trained context.',
    },
    'n-gen': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 1048576,
      default: 128,
      aliases: ['-n'],
      label: 'Generated tokens',
      description: 'Tokens that are generated one by one; at most the trained context.',
    },
    repetitions: {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 1000,
      default: 5,
      aliases: ['-r'],
      label: 'Runs',
      description: 'How often each of load, prompt and generation is timed.',
    },
    threads: generationThreadsOption,
  },
  examples: [
    {
      command: 'gguf-studio bench-speed -m model-Q4_K_M.gguf -m model-Q8_0.gguf',
      explains: 'Two levels, 512 prompt tokens and 128 generated ones, five runs each',
    },
    {
      command: 'gguf-studio bench-speed model-*.gguf -p 2048 -n 64 -r 3 -ngl 99 --json',
      explains: 'All levels with every layer on the GPU, as JSON',
    },
  ],
});
