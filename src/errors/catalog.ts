// Every error code that GGUF Studio can report, with the kind that decides tone, retry and exit code.
// One line per code; messages are built where the facts are known (see messages in each module).

/** Who has to act: the user's file, the machine, nobody (cancelled), a failed check, the command line, or we. */
export type ErrorKind = 'input' | 'usage' | 'environment' | 'cancelled' | 'check' | 'bug';

/** Process exit code of each kind (0 is success). */
export const exitCodeOfKind: Record<ErrorKind, number> = {
  check: 1,
  input: 2,
  usage: 64,
  bug: 70,
  environment: 74,
  cancelled: 130,
};

export const errorCatalog = {
  // Reading any file
  'format/truncated': { kind: 'input', title: 'The file ends too early' },
  'format/limit': { kind: 'input', title: 'A value in the file exceeds what any real file holds' },
  'format/not-gguf': { kind: 'input', title: 'Not a GGUF file' },
  'gguf/version': { kind: 'input', title: 'Unsupported GGUF version' },
  'gguf/invalid': { kind: 'input', title: 'Invalid GGUF file' },
  'gguf/split': { kind: 'input', title: 'Incomplete or inconsistent split GGUF' },
  'safetensors/invalid': { kind: 'input', title: 'Invalid safetensors file' },
  'pickle/refused': { kind: 'input', title: 'Refused PyTorch checkpoint' },
  'pickle/invalid': { kind: 'input', title: 'Invalid PyTorch checkpoint' },
  'imatrix/invalid': { kind: 'input', title: 'Invalid importance matrix' },
  'huggingface/invalid': { kind: 'input', title: 'Invalid Hugging Face folder' },
  'tokenizer/unsupported': { kind: 'input', title: 'Unsupported tokenizer' },
  'tokenizer/unknown-pre': { kind: 'input', title: 'Unknown pre-tokenizer' },
  'architecture/unsupported': { kind: 'input', title: 'Unsupported architecture' },
  'architecture/mismatch': { kind: 'input', title: 'The tensors do not fit the configuration' },
  'tensor/unsupported-type': { kind: 'input', title: 'Unsupported tensor type' },
  // Adapters
  'adapter/invalid': { kind: 'input', title: 'Invalid adapter' },
  'adapter/wrong-base': { kind: 'input', title: 'The adapter does not fit this base' },
  'adapter/unsupported': { kind: 'input', title: 'Unsupported adapter' },
  // Quantizing
  'quantize/requantize': { kind: 'input', title: 'The input is already quantized' },
  'quantize/needs-imatrix': { kind: 'input', title: 'This level needs an importance matrix' },
  'quantize/failed': { kind: 'input', title: 'Quantization failed' },
  'quantize/prune': { kind: 'input', title: 'These layers cannot be pruned' },
  'allocate/budget': { kind: 'input', title: 'No allocation has this size' },
  // Recipes, builds and workspaces
  'recipe/invalid': { kind: 'input', title: 'Invalid recipe' },
  'recipe/changed-on-disk': { kind: 'input', title: 'The recipe was changed by another program' },
  'build/conflict': { kind: 'input', title: 'Outputs conflict' },
  'build/locked': { kind: 'environment', title: 'Another run is writing this output' },
  'bundle/invalid': { kind: 'input', title: 'Invalid bundle' },
  'bundle/unknown-adapter': { kind: 'input', title: 'No such adapter in the bundle' },
  'companion/mismatch': { kind: 'input', title: 'The file does not fit its role' },
  'companion/missing': { kind: 'input', title: 'A companion needs another one' },
  'export/unsupported': { kind: 'input', title: 'This format cannot hold the family' },
  'package/invalid': { kind: 'input', title: 'Invalid package' },
  'package/damaged': { kind: 'check', title: 'The package is not whole' },
  'output/is-input': { kind: 'input', title: 'The output would overwrite an input' },
  'output/exists': { kind: 'input', title: 'The output already exists' },
  'job/unknown': { kind: 'input', title: 'No such job' },
  'job/running': { kind: 'input', title: 'The job is running' },
  // Validation
  'validate/failed': { kind: 'check', title: 'Validation failed' },
  // Repairing
  'repair/changed': { kind: 'input', title: 'The file changed after it was diagnosed' },
  'repair/impossible': { kind: 'input', title: 'This cannot be repaired' },
  'repair/loss': { kind: 'input', title: 'Something would be lost' },
  'repair/failed': { kind: 'check', title: 'The repaired file is not sound' },
  'doctor/found': { kind: 'check', title: 'Something is wrong with a file' },
  // Measuring
  'evaluation/gate': { kind: 'check', title: 'A measured file does not pass its gate' },
  'evaluation/not-finite': { kind: 'input', title: 'The model computes NaN or infinity' },
  'evaluation/overlap': { kind: 'input', title: 'Evaluation and calibration share text' },
  'evaluation/reference': { kind: 'input', title: 'The kept reference cannot be used' },
  'evaluation/suites': { kind: 'input', title: 'Wrong list of evaluation suites' },
  'evaluation/tasks': { kind: 'input', title: 'The tasks cannot be read' },
  'evaluation/text': { kind: 'input', title: 'The text cannot be measured' },
  'evaluation/unknown-suite': { kind: 'input', title: 'No such evaluation suite' },
  'evaluation/vocabulary': { kind: 'input', title: 'The models do not share a tokenizer' },
  // Machine
  'io/not-found': { kind: 'input', title: 'No such file or folder' },
  'io/failed': { kind: 'environment', title: 'Reading or writing failed' },
  'io/disk-full': { kind: 'environment', title: 'The disk is full' },
  'native/unknown-release': { kind: 'environment', title: 'Unknown llama.cpp release' },
  'native/unavailable': { kind: 'environment', title: 'llama.cpp cannot be loaded here' },
  'native/crashed': { kind: 'environment', title: 'The native host stopped' },
  'native/failed': { kind: 'input', title: 'llama.cpp refused the file' },
  // The studio
  'file/unknown': { kind: 'input', title: 'This file is not known any more' },
  'file/not-allowed': { kind: 'input', title: 'Outside the folders that the studio may open' },
  'settings/invalid': { kind: 'input', title: 'Invalid setting' },
  'conversation/invalid': { kind: 'input', title: 'The conversation cannot be read' },
  'run/invalid': { kind: 'input', title: 'The measured run cannot be read' },
  'job/state': { kind: 'input', title: 'The job is not in a state for this' },
  'studio/not-here': { kind: 'environment', title: 'Not available here' },
  'studio/limit': { kind: 'input', title: 'Too large for the studio' },
  // Serving
  'serving/unknown-model': { kind: 'input', title: 'No such model in this family' },
  'serving/files': { kind: 'input', title: 'A file of the family is not what the manifest says' },
  'serving/request': { kind: 'input', title: 'The request cannot be answered' },
  'serving/busy': { kind: 'environment', title: 'Too many requests at once' },
  // Chat
  'chat/too-long': { kind: 'input', title: 'The conversation does not fit the context window' },
  'chat/template': { kind: 'input', title: 'The chat template refuses the conversation' },
  'memory/short': { kind: 'environment', title: 'Not enough memory' },
  // Routing
  'routing/manifest': { kind: 'input', title: 'Invalid router manifest' },
  'routing/set': { kind: 'input', title: 'Invalid routing set' },
  'routing/trace': { kind: 'input', title: 'Invalid trace of decisions' },
  'routing/embedding': { kind: 'input', title: 'The embedding classifier cannot be used' },
  'routing/changed-on-disk': {
    kind: 'input',
    title: 'The manifest was changed by another program',
  },
  'routing/changed': { kind: 'check', title: 'Decisions changed' },
  'serving/stopped': { kind: 'input', title: 'Nothing is served' },
  // Control
  'contract/invalid': { kind: 'bug', title: 'Two parts of the program disagree' },
  'usage/invalid': { kind: 'usage', title: 'Wrong command line' },
  cancelled: { kind: 'cancelled', title: 'Cancelled' },
  internal: { kind: 'bug', title: 'Internal error' },
} as const satisfies Record<string, { kind: ErrorKind; title: string }>;

export type ErrorCode = keyof typeof errorCatalog;
