// Options of `repair`.
import { workerThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const repairDescriptor = describeCommand({
  name: 'repair',
  title: 'Repair',
  summary: 'Write a repaired copy of a damaged model file beside it, with a report of what to trust',
  description: [
    'Diagnoses each file, shows what would be done, asks, and writes X.repaired.gguf and the report X.repaired.md; the damaged file is never changed. Metadata, layout, split sets and bundled adapters are put right, and damaged or missing tensors are derived again: byte for byte from the source and the recipe that the file names, where it was built here; by the same types from --source where it was not; from another level (--sibling) only when nothing better is there, and the file then says so itself.',
    'Sources are looked for where the recipe says, beside the file, in its workspace and in folders that --look-in names, by their hash. What nothing brings back is said, and left out only with --allow-loss. The repaired file gets its name after it was diagnosed again; then it is asked the validation prompts.',
    'Exit code 0 when every file is repaired and healthy (or was), 1 when something is left, 2 when a file cannot be repaired.',
  ],
  forms: ['FILE...'],
  positionals: { minimum: 1, maximum: 1000 },
  options: {
    source: {
      kind: 'path',
      valueName: 'MODEL',
      group: 'Where from',
      label: 'Source',
      description:
        'The unquantized model that the file was made from: a Hugging Face folder or a GGUF.',
    },
    sibling: {
      kind: 'path',
      valueName: 'GGUF',
      group: 'Where from',
      label: 'Sibling',
      description: 'Another level of the same model. What comes from it is approximate.',
    },
    'look-in': {
      kind: 'path',
      repeatable: true,
      valueName: 'FOLDER',
      group: 'Where from',
      label: 'Look in',
      description:
        'Folder to look for sources, adapters, matrices and parts of a split in. May be repeated.',
    },
    step: {
      kind: 'text',
      repeatable: true,
      valueName: 'ID',
      group: 'What',
      label: 'Step',
      description: 'Take only this step of the plan. May be repeated.',
    },
    without: {
      kind: 'text',
      repeatable: true,
      valueName: 'ID',
      group: 'What',
      label: 'Without step',
      description: 'Leave this step of the plan out. May be repeated.',
    },
    'allow-loss': {
      kind: 'flag',
      group: 'What',
      label: 'Allow loss',
      description: 'Go on without what nothing brings back: it stays damaged or is left out.',
    },
    'dry-run': { kind: 'flag', label: 'Dry run', description: 'Show the plan and write nothing.' },
    yes: {
      kind: 'flag',
      aliases: ['-y'],
      label: 'Yes',
      description: 'Repair without asking.',
    },
    output: {
      kind: 'path',
      valueName: 'FILE',
      aliases: ['-o', '--outfile'],
      label: 'Output',
      description: 'The repaired file, for one FILE. Without it: X.repaired.gguf, or the next free name.',
    },
    behaviour: {
      kind: 'flag',
      default: true,
      label: 'Behaviour',
      description: 'Load the repaired file and ask it the validation prompts.',
    },
    prompts: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Prompts',
      description: 'Your own validation prompts: a text file with one prompt on each line.',
    },
    threads: workerThreadsOption,
  },
  examples: [
    { command: 'gguf-studio repair model-Q4_K_M.gguf', explains: 'Show what would be done, and ask' },
    {
      command: 'gguf-studio repair model-Q4_K_M.gguf --source Base --yes',
      explains: 'Derive damaged tensors again from their source',
    },
    {
      command: 'gguf-studio repair model-Q4_K_M.gguf --dry-run --json',
      explains: 'The plan, as JSON',
    },
  ],
}); // prettier-ignore
