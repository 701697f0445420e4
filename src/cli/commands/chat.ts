// `chat`: one prompt (-p), lines from a pipe, or a conversation in the terminal; answers stream as they are generated.
import { generationThreadsOption } from '#src/stages/shared-options.ts';
import { describeCommand, type OptionValues } from '#src/stages/stage-descriptor.ts';
import type { AdapterChoice } from '#src/contract/engine.contract.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { readTurns } from '../read-turns.ts';
import { printable } from '../printable.ts';
import { usageError } from '../usage-error.ts';

const sampling = 'Sampling';

const descriptor = describeCommand({
  name: 'chat',
  title: 'Chat',
  summary: 'Talk to a model in the terminal',
  description: [
    "With -p one prompt is answered; without it the terminal becomes a conversation (/adapter NAME switches, /reset forgets, /exit ends), and lines from a pipe are answered one by one. The model's own chat template is used.",
  ],
  forms: ['MODEL'],
  positionals: { minimum: 1, maximum: 1 },
  options: {
    prompt: {
      kind: 'text',
      valueName: 'TEXT',
      aliases: ['-p'],
      label: 'Prompt',
      description: 'Answer this and end.',
    },
    adapter: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME[:SCALE]',
      label: 'Bundled adapter',
      description: "Adapter inside the model's file, by name. May be given several times.",
    },
    lora: {
      kind: 'path',
      repeatable: true,
      valueName: 'FILE',
      label: 'Adapter',
      description: 'GGUF adapter with scale 1. May be given several times.',
    },
    'lora-scaled': {
      kind: 'scaled-paths',
      valueName: 'FILE:SCALE',
      label: 'Scaled adapter',
      description: 'GGUF adapter with a scale of your own. May be given several times.',
    },
    system: {
      kind: 'text',
      valueName: 'TEXT',
      aliases: ['-sys', '--system-prompt'],
      label: 'System prompt',
      description: 'What the model is told before the conversation.',
    },
    raw: {
      kind: 'flag',
      aliases: ['-no-cnv', '--no-conversation'],
      label: 'Raw',
      description: 'Continue the text as it is, without chat template.',
    },
    'ctx-size': {
      kind: 'integer',
      valueName: 'N',
      minimum: 16,
      aliases: ['-c'],
      label: 'Context size',
      description:
        'Tokens that the model sees at once. Without it: the window that the file was built for, else 4096; never above the trained one.',
    },
    'n-predict': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      aliases: ['-n', '--predict'],
      group: sampling,
      label: 'Most tokens',
      description:
        'End an answer after this many tokens. Without it: when the model ends it or the context is full.',
    },
    temp: {
      kind: 'number',
      valueName: 'T',
      minimum: 0,
      maximum: 10,
      aliases: ['--temperature'],
      group: sampling,
      label: 'Temperature',
      description:
        '0 always takes the likeliest token. Without it: what the model recommends, else 0.8.',
    },
    'top-k': {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      group: sampling,
      label: 'Top k',
      description:
        'Choose among the N likeliest tokens; 0 is all. Without it: what the model recommends, else 40.',
    },
    'top-p': {
      kind: 'number',
      valueName: 'P',
      minimum: 0,
      maximum: 1,
      group: sampling,
      label: 'Top p',
      description:
        'Choose among the likeliest tokens that make up this probability. Without it: what the model recommends, else 0.95.',
    },
    'min-p': {
      kind: 'number',
      valueName: 'P',
      minimum: 0,
      maximum: 1,
      group: sampling,
      label: 'Min p',
      description:
        'Leave out tokens less likely than this fraction of the likeliest. Without it: what the model recommends, else 0.05.',
    },
    'repeat-penalty': {
      kind: 'number',
      valueName: 'N',
      minimum: 0,
      maximum: 10,
      group: sampling,
      label: 'Repeat penalty',
      description: 'Make tokens that the answer has already less likely; 1 is off. Without it: 1.',
    },
    'repeat-last-n': {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      maximum: 1_000_000,
      group: sampling,
      label: 'Penalty window',
      description:
        "How many of the answer's last tokens the penalties look at; 0 switches them off. Without it: 64.",
    },
    'presence-penalty': {
      kind: 'number',
      valueName: 'N',
      minimum: -10,
      maximum: 10,
      group: sampling,
      label: 'Presence penalty',
      description: 'Penalty of every token that the answer has already. Without it: 0.',
    },
    'frequency-penalty': {
      kind: 'number',
      valueName: 'N',
      minimum: -10,
      maximum: 10,
      group: sampling,
      label: 'Frequency penalty',
      description: 'Penalty that grows with every use of a token in the answer. Without it: 0.',
    },
    'xtc-probability': {
      kind: 'number',
      valueName: 'P',
      minimum: 0,
      maximum: 1,
      group: sampling,
      label: 'XTC probability',
      description:
        'How often the likeliest tokens are left out (exclude top choices). Without it: 0, never.',
    },
    'xtc-threshold': {
      kind: 'number',
      valueName: 'P',
      minimum: 0,
      maximum: 1,
      group: sampling,
      label: 'XTC threshold',
      description:
        'XTC leaves out tokens that are at least this likely, all but the last of them. Without it: 0.1.',
    },
    'dry-multiplier': {
      kind: 'number',
      valueName: 'N',
      minimum: 0,
      maximum: 100,
      group: sampling,
      label: 'DRY multiplier',
      description: 'Strength of the penalty of repeated sequences (DRY). Without it: 0, off.',
    },
    'dry-base': {
      kind: 'number',
      valueName: 'N',
      minimum: 1,
      maximum: 100,
      group: sampling,
      label: 'DRY base',
      description: 'How fast DRY grows with the length of a repetition. Without it: 1.75.',
    },
    'dry-allowed-length': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 1_000_000,
      group: sampling,
      label: 'DRY allowed length',
      description: 'Repetitions up to this many tokens cost nothing. Without it: 2.',
    },
    'dry-penalty-last-n': {
      kind: 'integer',
      valueName: 'N',
      minimum: -1,
      maximum: 1_000_000,
      group: sampling,
      label: 'DRY window',
      description:
        "How many of the answer's last tokens DRY looks at; 0 switches it off, -1 is the whole context. Without it: 64.",
    },
    seed: {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      maximum: 4294967295,
      aliases: ['-s'],
      group: sampling,
      label: 'Seed',
      description: 'The same seed gives the same answer. Without it: a random one.',
    },
    threads: generationThreadsOption,
    'gpu-layers': {
      kind: 'integer',
      valueName: 'N',
      minimum: 0,
      maximum: 999,
      aliases: ['-ngl', '--n-gpu-layers'],
      label: 'GPU layers',
      description: 'Layers on the GPU; 0 is none. Without it: as many as fit.',
    },
  },
  examples: [
    {
      command: "gguf-studio chat model-Q4_K_M.gguf -p 'What is a heart?' --temp 0",
      explains: 'One answer',
    },
    {
      command: 'gguf-studio chat healthcare-Q4_K_M.gguf --adapter conditions',
      explains: 'A conversation with an adapter of a bundled parent',
    },
  ],
});

type Options = OptionValues<typeof descriptor.options>;

interface Turn {
  readonly prompt: string;
  readonly answer: string;
  readonly tokens: number;
  readonly stopReason: string;
  readonly seed: number;
  readonly firstTokenSeconds: number | null;
  readonly seconds: number;
}

export const chatCommand = defineCommand(
  descriptor,
  async ({ options, positionals: [target = ''] }, context) => {
    if (context.json && options.prompt === undefined) {
      throw usageError('--json needs a prompt.', 'Add -p TEXT.');
    }
    const opened = await context.engine('openChat', openParams(target, options, context));
    const turns: Turn[] = [];
    const answer = async (prompt: string, signal?: AbortSignal) => {
      turns.push(await say(opened.chat, prompt, samplingOf(options), context, signal));
    };
    if (options.prompt !== undefined) {
      await answer(options.prompt);
    } else {
      await readTurns(opened, {
        context,
        answer,
        setAdapters: async (names) => {
          const adapters = names.map((name) => ({ bundled: name, scale: 1 }));
          await context.engine('setAdapters', { chat: opened.chat, adapters });
        },
        reset: async () => void (await context.engine('resetChat', { chat: opened.chat })),
      });
    }
    return { result: { ...opened, turns }, text: '' };
  },
);

function openParams(target: string, options: Options, context: CommandContext) {
  return {
    path: context.resolvePath(target),
    adapters: [
      ...options.adapter.map(parseBundled),
      ...options.lora.map((path) => ({ path, scale: 1 })),
      ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
    ],
    raw: options.raw ?? false,
    ...(options.system === undefined ? {} : { systemPrompt: options.system }),
    ...(options['ctx-size'] === undefined ? {} : { contextSize: options['ctx-size'] }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options['gpu-layers'] === undefined ? {} : { gpuLayers: options['gpu-layers'] }),
  };
}

/** `conditions` or `conditions:0.5`. */
function parseBundled(text: string): AdapterChoice {
  const match = /^(.+):(-?[\d.]+)$/.exec(text);
  const scale = match === null ? 1 : Number(match[2]);
  if (!Number.isFinite(scale)) {
    throw usageError(`--adapter got "${text}".`, 'Write the name, a colon and its scale.');
  }
  return { bundled: match?.[1] ?? text, scale };
}

/** Options that set a field of the sampling. */
const samplingFields = {
  temp: 'temperature',
  'top-k': 'topK',
  'top-p': 'topP',
  'min-p': 'minP',
  'repeat-penalty': 'repeatPenalty',
  'repeat-last-n': 'repeatLastN',
  'presence-penalty': 'presencePenalty',
  'frequency-penalty': 'frequencyPenalty',
  'xtc-probability': 'xtcProbability',
  'xtc-threshold': 'xtcThreshold',
  'dry-multiplier': 'dryMultiplier',
  'dry-base': 'dryBase',
  'dry-allowed-length': 'dryAllowedLength',
  'dry-penalty-last-n': 'dryPenaltyLastN',
  seed: 'seed',
  'n-predict': 'maxTokens',
} as const satisfies Partial<Record<keyof Options, keyof Sampling>>;

function samplingOf(options: Options): Sampling {
  const given: Partial<Record<keyof Sampling, number>> = {};
  for (const [option, field] of Object.entries(samplingFields)) {
    const value = options[option as keyof typeof samplingFields];
    if (value !== undefined) given[field] = value;
  }
  return given;
}

async function say(
  chat: number,
  prompt: string,
  options: Sampling,
  context: CommandContext,
  signal?: AbortSignal,
): Promise<Turn> {
  const onText = (text: string) => context.print(printable(text));
  const params = { chat, text: prompt, sampling: options };
  const callOptions = signal === undefined ? { onText } : { onText, signal };
  const { text, ...rest } = await context.engine('say', params, callOptions);
  context.print('\n');
  return { prompt, answer: text, ...rest };
}
