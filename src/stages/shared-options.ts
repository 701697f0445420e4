// Options that mean the same on several commands, written once.
import type { OptionDescriptor } from './stage-descriptor.ts';

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
