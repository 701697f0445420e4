// Options of `allocate`: hybrid quantization under a budget.
import { kernelsOption, overwriteOption, workerThreadsOption } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

const texts = 'Texts';
const search = 'Search';

export const allocateDescriptor = describeCommand({
  name: 'allocate',
  title: 'Hybrid quantization',
  summary: 'Choose a type for every tensor under a budget, and prove it against the stock level',
  description: [
    "Tries every type on sampled rows of every tensor, measures how much each group of tensors matters (one group at a time is quantized, the rest stays), and takes the types of least predicted KLD that fit the budget. Then the hybrid and llama-quantize's own level of the same size are measured on held-out text with paired statistics; the level is kept when it wins or nothing can be told.",
    'The texts of the search, of the importance matrix and of the proof may not share lines.',
    'Keeps the proof as a run (run.json and token files) that the Compare screen, compare and report read.',
  ],
  forms: [
    'MODEL --budget BUDGET (--probe-text TEXT | --probe-suite NAME) (-f TEXT | --suite NAME) -o OUT.gguf',
  ],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    budget: {
      kind: 'text',
      valueName: 'SIZE|LEVEL|kld:X',
      label: 'Budget',
      description:
        'A size (3.2GB, 900MiB, a number of bytes), the size of a level (Q4_K_M), or the largest mean KLD (kld:0.05).',
    },
    profile: {
      kind: 'choice',
      choices: ['fast', 'smallest', 'attention-high'],
      default: 'fast',
      valueName: 'PROFILE',
      label: 'Profile',
      description:
        'fast: types that CPUs are quick with; smallest: all types; attention-high: every attention tensor in a class of bits above the feed-forward tensors.',
    },
    imatrix: {
      kind: 'path',
      valueName: 'FILE',
      label: 'Importance matrix',
      description: 'Weighs the rounding errors, of the hybrid and of the stock level alike.',
    },
    output: {
      kind: 'path',
      valueName: 'OUT.gguf',
      aliases: ['-o', '--outfile'],
      label: 'Output',
      description: 'The better of the two files.',
    },
    'tensor-type-file': {
      kind: 'path',
      valueName: 'OUT.txt',
      label: 'Tensor type file',
      description:
        "Also write the output's types in the form that quantize --tensor-type-file and llama-quantize read.",
    },
    file: {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      aliases: ['-f'],
      group: texts,
      label: 'Held-out text',
      description: 'Text of the proof. May be repeated.',
    },
    'probe-text': {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      group: texts,
      label: 'Text of the search',
      description: 'Text that sensitivities are measured on. May be repeated.',
    },
    suite: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      group: texts,
      label: 'Held-out suite',
      description:
        'Evaluation suite of the proof: a built-in one or one of the workspace (evaluation_suites.json). May be repeated.',
    },
    'probe-suite': {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      group: texts,
      label: 'Suite of the search',
      description: 'Evaluation suite that sensitivities are measured on. May be repeated.',
    },
    'imatrix-text': {
      kind: 'path',
      repeatable: true,
      valueName: 'TEXT',
      group: texts,
      label: 'Text of the matrix',
      description:
        'What the importance matrix was made from, to be compared with the other texts. Without it, the names in the matrix are looked for. May be repeated.',
    },
    'parse-special': {
      kind: 'flag',
      group: texts,
      label: 'Parse special tokens',
      description: 'Read control tokens that the texts spell out (chat markers).',
    },
    'ctx-size': {
      kind: 'integer',
      valueName: 'N',
      minimum: 16,
      maximum: 1048576,
      default: 512,
      aliases: ['-c'],
      group: texts,
      label: 'Chunk',
      description: 'Tokens of a chunk.',
    },
    chunks: {
      kind: 'integer',
      valueName: 'N',
      minimum: -1,
      group: texts,
      label: 'Chunks',
      description: 'Chunks of each held-out text. Without it, or with -1: all.',
    },
    probe: {
      kind: 'flag',
      default: true,
      group: search,
      label: 'Probe',
      description: 'Weigh the groups by published figures instead of measuring them.',
    },
    'probe-chunks': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 100000,
      default: 16,
      group: search,
      label: 'Probe chunks',
      description: 'Chunks that a probe is measured on, of all probe texts together.',
    },
    moves: {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      maximum: 10000,
      default: 0,
      group: search,
      label: 'Moves',
      description:
        'Afterwards try up to N changes, each judged by its measured KLD on the text of the search. Not for a budget of KLD.',
    },
    'tensor-errors': {
      kind: 'flag',
      label: 'Tensor errors',
      description:
        'Also compare every tensor of both files with the source (reads all three whole).',
    },
    name: {
      kind: 'text',
      valueName: 'TITLE',
      label: 'Title',
      description: 'What the run is called.',
    },
    outdir: {
      kind: 'path',
      valueName: 'FOLDER',
      label: 'Folder of runs',
      description:
        "Where the run's folder is made; without it `measurements` of the workspace, or of the current folder.",
    },
    threads: workerThreadsOption,
    kernels: kernelsOption,
    overwrite: overwriteOption,
  },
  examples: [
    {
      command:
        'gguf-studio allocate model-BF16.gguf --budget Q4_K_M --imatrix imatrix.gguf --probe-text search.txt -f held-out.txt -o hybrid.gguf',
      explains: 'As large as Q4_K_M, with an importance matrix',
    },
    {
      command:
        'gguf-studio allocate model --budget kld:0.05 --profile smallest --probe-suite language --suite general -o hybrid.gguf',
      explains: 'The smallest file whose mean KLD stays below 0.05',
    },
  ],
});
