// The bodies of OpenAI's requests, as far as they can be honoured here. What clients commonly send without need is left out;
// what would change an answer and cannot be done (tools, log probabilities, several answers) is refused by name.
import { z } from 'zod';
import type { ChatMessage } from '#src/contract/column.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import type { FamilyRequest } from '#src/serving/family.ts';
import { RequestError } from './openai-error.ts';

const mostMessages = 20_000;
const mostTokens = 1_000_000;

const text = z.string().max(10_000_000);
const stopText = z.string().min(1).max(1000);

const sampled = {
  model: z.string().min(1).max(700),
  temperature: z.number().min(0).max(10).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).max(1_000_000).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([stopText, z.array(stopText).max(16)]).nullish(),
  max_tokens: z.int().min(1).max(mostTokens).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  repeat_penalty: z.number().min(0).max(10).nullish(),
  n: z.literal(1, 'only one answer can be given').nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  /** Ours. */
  gguf_studio: z
    .object({
      conversation: z.string().min(1).max(200).optional(),
      route: z.string().min(1).max(300).optional(),
    })
    .nullish(),
};

const textPart = z.object({ type: z.literal('text', 'only text can be read'), text });
const content = z.union([text, z.array(textPart).max(1000)]);

const chatSchema = z.object({
  ...sampled,
  max_completion_tokens: z.int().min(1).max(mostTokens).nullish(),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant'], 'only system, developer, user and assistant can speak'), // prettier-ignore
        content: content.nullish(),
      }),
    )
    .min(1)
    .max(mostMessages),
});

const completionSchema = z.object({
  ...sampled,
  prompt: z.union([text, z.tuple([text], 'only one prompt, as text, can be continued')]),
});

const embeddingSchema = z.object({
  model: z.string().min(1).max(700),
  input: z.union([
    z.string().min(1).max(1_000_000),
    z.array(z.string().min(1).max(1_000_000)).min(1).max(2048),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
});

/** Field -> the values that ask for nothing. */
type Harmless = (value: unknown) => boolean;
const isEmptyList: Harmless = (value) => Array.isArray(value) && value.length === 0;
const isOff: Harmless = (value) => value === false || value === 0;
const refused: Readonly<Record<string, Harmless>> = {
  tools: isEmptyList,
  functions: isEmptyList,
  tool_choice: (value) => value === 'none' || value === 'auto',
  function_call: (value) => value === 'none',
  logprobs: isOff,
  top_logprobs: isOff,
  logit_bias: (value) => typeof value === 'object' && Object.keys(value ?? {}).length === 0,
  response_format: (value) =>
    typeof value === 'object' && (value as { type?: unknown } | null)?.type === 'text',
  modalities: (value) => Array.isArray(value) && value.every((each) => each === 'text'),
  audio: () => false,
  web_search_options: () => false,
  echo: isOff,
  suffix: (value) => value === '',
  best_of: (value) => value === 1,
  dimensions: () => false,
};

export interface CompletionRequest {
  readonly request: FamilyRequest;
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
}

/** Throws RequestError 400. */
export function readChatRequest(body: unknown): CompletionRequest {
  const parsed = parse(chatSchema, body);
  const messages = parsed.messages.map(({ role, content: said }): ChatMessage => ({
    role: role === 'developer' ? 'system' : role,
    text: textOf(said),
  }));
  if (!messages.some(({ role }) => role !== 'system')) {
    throw new RequestError(400, 'messages: a conversation needs a message of the user.', {
      param: 'messages',
    });
  }
  return completion(parsed, { messages }, parsed.max_completion_tokens ?? parsed.max_tokens);
}

/** Without `max_tokens` 16 tokens are generated, as OpenAI does. */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const parsed = parse(completionSchema, body);
  const prompt = typeof parsed.prompt === 'string' ? parsed.prompt : parsed.prompt[0];
  return completion(parsed, { prompt }, parsed.max_tokens ?? 16);
}

export interface EmbeddingRequest {
  readonly model: string;
  readonly texts: readonly string[];
  readonly isBase64: boolean;
}

export function readEmbeddingRequest(body: unknown): EmbeddingRequest {
  const { model, input, encoding_format: format } = parse(embeddingSchema, body);
  return {
    model,
    texts: typeof input === 'string' ? [input] : input,
    isBase64: format === 'base64',
  };
}

function completion(
  parsed: z.output<z.ZodObject<typeof sampled>>,
  input: FamilyRequest['input'],
  maxTokens: number | null | undefined,
): CompletionRequest {
  const given = {
    temperature: parsed.temperature,
    topP: parsed.top_p,
    topK: parsed.top_k,
    minP: parsed.min_p,
    // Any whole number is a seed; ours have 32 bits.
    seed:
      parsed.seed === null || parsed.seed === undefined
        ? null
        : ((parsed.seed % 2 ** 32) + 2 ** 32) % 2 ** 32,
    maxTokens,
    repeatPenalty: parsed.repeat_penalty,
    frequencyPenalty: parsed.frequency_penalty,
    presencePenalty: parsed.presence_penalty,
  };
  const sampling = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  ) as Sampling;
  const { stop, gguf_studio: own } = parsed;
  return {
    request: {
      model: parsed.model,
      input,
      sampling,
      stop: typeof stop === 'string' ? [stop] : (stop ?? []),
      ...(own?.conversation !== undefined && { conversation: own.conversation }),
      ...(own?.route !== undefined && { route: own.route }),
    },
    isStreamed: parsed.stream ?? false,
    includesUsage: parsed.stream_options?.include_usage ?? false,
  };
}

function textOf(said: z.output<typeof content> | null | undefined): string {
  return typeof said === 'string' ? said : (said ?? []).map((part) => part.text).join('');
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new RequestError(400, 'The body has to be a JSON object.');
  }
  for (const [param, isHarmless] of Object.entries(refused)) {
    const value: unknown = Object.hasOwn(body, param)
      ? (body as Record<string, unknown>)[param]
      : null;
    if (value === null || value === undefined || isHarmless(value)) continue;
    throw new RequestError(400, `${param} is not supported here.`, {
      param,
      code: 'unsupported_parameter',
    });
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const param = issue?.path.join('.') ?? '';
  throw new RequestError(
    400,
    `${param === '' ? 'The body' : param}: ${issue?.message ?? 'invalid'}.`,
    {
      ...(param !== '' && { param }),
      code: 'invalid_value',
    },
  );
}
