// Options of `package`, `unpack` and `verify`.
import { overwriteOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const adapterOptions = {
  lora: {
    kind: 'path',
    repeatable: true,
    valueName: 'ADAPTER',
    label: 'Adapter',
    description:
      'PEFT folder or GGUF LoRA to carry inside the parents that it fits. May be repeated.',
  },
  'lora-scaled': {
    kind: 'scaled-paths',
    valueName: 'ADAPTER:SCALE',
    label: 'Scaled adapter',
    description: 'The same with a scale. May be repeated.',
  },
  domain: {
    kind: 'text',
    valueName: 'NAME',
    label: 'Domain',
    description: 'Domain of parents and adapters that do not say theirs.',
  },
} as const;

export const packageDescriptor = describeCommand({
  name: 'package',
  title: 'Package',
  summary: 'Put parents, adapters and companions into one folder with manifest, card and checksums',
  description: [
    'The folder can be moved, zipped and verified: the parents, companions/, router.json, README.md (sizes, measured quality, provenance, licences) and SHA256SUMS. FROM is a parent (GGUF), a family (router.json or its folder) or a recipe, which is built first. Nothing that is given is changed; what lies in the folder already and is current stays, and hand edits of its router.json and README.md are kept.',
    'package add writes a parent with more adapters, package remove one with fewer: the tensors are copied as they are, and a parent that lost an adapter is byte for byte the one that was built without it.',
  ],
  forms: ['FOLDER FROM...', 'add PARENT --lora ADAPTER -o OUT', 'remove PARENT --adapter NAME -o OUT'], // prettier-ignore
  positionals: { minimum: 1, maximum: 1000 },
  options: {
    ...adapterOptions,
    companion: {
      kind: 'text',
      repeatable: true,
      valueName: 'ROLE=FILE',
      label: 'Companion',
      description:
        'Model that is packaged apart, never part of a parent: emotion, asr, tts, vocoder or mmproj. A tts needs the vocoder that belongs to it. May be repeated.',
    },
    name: {
      kind: 'text',
      valueName: 'NAME',
      label: 'Name',
      description: "Name of the family. Without it: the given family's, else the folder's.",
    },
    run: {
      kind: 'text',
      valueName: 'RUN',
      label: 'Measured run',
      description: 'Run whose figures the model card shows: an id, its folder, or latest.',
    },
    adapter: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      group: 'For package remove',
      label: 'Adapter to remove',
      description: 'Its name, or domain/name. May be repeated.',
    },
    output: {
      kind: 'path',
      valueName: 'FILE',
      aliases: ['-o', '--outfile'],
      group: 'For package add and package remove',
      label: 'Output',
      description: 'The new parent.',
    },
    validate: {
      kind: 'flag',
      default: true,
      label: 'Validate',
      description: 'Load what is built anew in llama.cpp before it gets its name.',
    },
    overwrite: overwriteOption,
  },
  examples: [
    {
      command: 'gguf-studio package health base-Q4_K_M.gguf --lora conditions --domain healthcare',
      explains: 'A quantized base and an adapter as a family',
    },
    {
      command: 'gguf-studio package family healthcare/router.json business/router.json --name all',
      explains: 'Several families as one',
    },
    {
      command: 'gguf-studio package voice talk.gguf --companion tts=oute.gguf --companion vocoder=wav.gguf', // prettier-ignore
      explains: 'With a voice and its vocoder',
    },
    {
      command: 'gguf-studio package remove parent.gguf --adapter anatomy -o smaller.gguf',
      explains: 'Take an adapter out',
    },
  ],
});

export const unpackDescriptor = describeCommand({
  name: 'unpack',
  title: 'Unpack',
  summary: 'Take adapters out of a bundled parent as files of their own',
  description: [
    'Each is checked against the hash that it was packed with and written as it is: <Base>-<domain>-<name>-<TYPE>-LoRA.gguf, for llama-server --lora and every runtime that loads GGUF LoRAs. With --base the parent without its adapters is written, too.',
  ],
  forms: ['BUNDLED.gguf'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    adapter: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      label: 'Adapter',
      description: 'Name, or domain/name. May be repeated. Without it: all.',
    },
    base: {
      kind: 'flag',
      label: 'Base',
      description: 'Also write the plain base: <Base>-base-<LEVEL>.gguf.',
    },
    output: {
      kind: 'path',
      valueName: 'FOLDER',
      aliases: ['-o', '--outdir'],
      label: 'Output folder',
      description: 'Without it: the current folder.',
    },
    overwrite: overwriteOption,
  },
  examples: [
    { command: 'gguf-studio unpack parent.gguf -o adapters', explains: 'All adapters' },
    {
      command: 'gguf-studio unpack parent.gguf --adapter conditions --base',
      explains: 'One adapter and the plain base',
    },
  ],
});

export const verifyDescriptor = describeCommand({
  name: 'verify',
  title: 'Verify',
  summary: 'Check every hash, reference and bundle of a package, or of one GGUF',
  description: [
    'Of a package: the manifest and where its references lead, every file inside the folder with the size and hash that the manifest says, every adapter in every bundle with its hash and its fit to the base, companions against their roles, SHA256SUMS. Of one GGUF: its structure, a hash per tensor where it carries them, its adapters. Files are read in full each time.',
    'Exit code 0 when every check passes, 1 when one fails, 2 when nothing is there.',
  ],
  forms: ['FOLDER', 'router.json', 'FILE.gguf'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    'update-checksums': {
      kind: 'flag',
      label: 'Update checksums',
      description:
        'Where everything else is right, take over router.json and README.md as they are into SHA256SUMS: after editing them on purpose.',
    },
    all: {
      kind: 'flag',
      label: 'All checks',
      description: 'List checks that passed one by one, too.',
    },
  },
  examples: [
    { command: 'gguf-studio verify family', explains: 'A package that arrived' },
    {
      command: 'gguf-studio verify parent-Q4_K_M.gguf --all --json',
      explains: 'One file, as JSON',
    },
  ],
});
