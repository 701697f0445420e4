// Options of `quantize`: llama-quantize's own flags and forms (tools/quantize/quantize.cpp), and several levels at once.
import { kernelsOption, workerThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const weights = 'Importance matrix';
const types = 'Types of single tensors';

export const quantizeDescriptor = describeCommand({
  name: 'quantize',
  title: 'Quantize',
  summary: 'Quantize a model to one or many levels in one pass',
  description: [
    'Writes, byte for byte, what llama-quantize of the same llama.cpp release writes, reading the input once however many levels are asked for. The input may be a GGUF or a Hugging Face folder.',
    'Without OUT, the output is ggml-model-TYPE.gguf beside the input, as llama-quantize has it. A killed run goes on at its last good tensor when it is started again.',
  ],
  forms: ['IN OUT TYPE [nthreads]', 'IN TYPE [nthreads]', 'IN --outdir FOLDER --levels LEVELS'],
  positionals: { minimum: 1, maximum: 4 },
  options: {
    levels: {
      kind: 'levels',
      valueName: 'LEVELS',
      label: 'Levels',
      description: 'Levels to write, separated by commas; needs --outdir.',
    },
    outdir: {
      kind: 'path',
      valueName: 'FOLDER',
      label: 'Output folder',
      description: 'Folder for <name>-<LEVEL>.gguf, one per level; made when it is missing.',
    },
    imatrix: {
      kind: 'path',
      valueName: 'FILE',
      group: weights,
      label: 'Importance matrix',
      description: 'Importance matrix (GGUF or .dat) that weighs the rounding errors.',
    },
    'include-weights': {
      kind: 'text',
      repeatable: true,
      valueName: 'TENSOR',
      group: weights,
      label: 'Include weights',
      description: 'Use the matrix only for tensors whose name contains this. May be repeated.',
    },
    'exclude-weights': {
      kind: 'text',
      repeatable: true,
      valueName: 'TENSOR',
      group: weights,
      label: 'Exclude weights',
      description: 'Do not use the matrix for tensors whose name contains this. May be repeated.',
    },
    'tensor-type': {
      kind: 'text',
      repeatable: true,
      valueName: 'REGEX=TYPE',
      group: types,
      label: 'Tensor types',
      description: 'Type of the tensors whose name matches; the first match wins. May be repeated.',
    },
    'tensor-type-file': {
      kind: 'path',
      repeatable: true,
      valueName: 'FILE',
      group: types,
      label: 'Tensor type file',
      description: 'File of REGEX=TYPE, separated by spaces or line breaks.',
    },
    'output-tensor-type': {
      kind: 'text',
      valueName: 'TYPE',
      group: types,
      label: 'Output tensor type',
      description: 'Type of output.weight.',
    },
    'token-embedding-type': {
      kind: 'text',
      valueName: 'TYPE',
      group: types,
      label: 'Token embedding type',
      description: 'Type of token_embd.weight.',
    },
    pure: {
      kind: 'flag',
      group: types,
      label: 'Pure',
      description: 'No mixture: every quantized tensor gets the same type.',
    },
    'leave-output-tensor': {
      kind: 'flag',
      group: types,
      label: 'Leave the output tensor',
      description: 'Do not quantize output.weight.',
    },
    'prune-layers': {
      kind: 'text',
      valueName: 'L0,L1,...',
      label: 'Prune layers',
      description: 'Leave these layers out. Refused where per-layer metadata would no longer fit.',
    },
    'allow-requantize': {
      kind: 'flag',
      label: 'Allow requantizing',
      description: 'Accept an input that is already quantized, and lose quality twice.',
    },
    'keep-split': {
      kind: 'flag',
      label: 'Keep split',
      description: 'Write as many shards as the input has.',
    },
    'override-kv': {
      kind: 'text',
      repeatable: true,
      valueName: 'KEY=TYPE:VALUE',
      label: 'Override metadata',
      description:
        'Set a metadata value of the output; TYPE is int, float, bool or str. May be repeated.',
    },
    'dry-run': {
      kind: 'flag',
      label: 'Dry run',
      description: 'Print the type and size of every tensor and write nothing.',
    },
    threads: workerThreadsOption,
    kernels: kernelsOption,
    'max-buffer-size': {
      kind: 'integer',
      valueName: 'MiB',
      minimum: 1,
      maximum: 1048576,
      label: 'Buffer size',
      description:
        "Accepted for llama-quantize's sake: rows are always streamed in slabs of a few MiB.",
    },
    overwrite: {
      kind: 'flag',
      label: 'Overwrite',
      description: 'Replace outputs that exist. Without it an existing output is an error.',
    },
    validate: {
      kind: 'flag',
      label: 'Validate',
      description:
        'Load each output in llama.cpp and ask it the validation prompts before it gets its name.',
    },
  },
  examples: [
    {
      command: 'gguf-studio quantize model-F16.gguf model-Q4_K_M.gguf Q4_K_M',
      explains: 'One level, as llama-quantize does it',
    },
    {
      command: 'gguf-studio quantize model-F16.gguf --outdir out --levels Q4_K_M,Q5_K_M,Q2_K,Q8_0',
      explains: 'Four levels in one pass',
    },
    {
      command:
        "gguf-studio quantize --imatrix imatrix.gguf --tensor-type 'attn_v=q6_k' model-F16.gguf Q4_K_M",
      explains: 'With an importance matrix and one type of your own',
    },
  ],
  tables: ['levels'],
});
