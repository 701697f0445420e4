// A request's text as tokens within the parent's window. What does not fit is refused or, where the policy says so, loses
// its oldest turns; either is told.
import {
  isLlamaText,
  LlamaText,
  SpecialToken,
  type ChatHistoryItem,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import type { ChatMessage } from '#src/contract/column.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { thoughtEnd, thoughtStart, toChatHistory } from './chat-history.ts';
import type { ChatTemplate } from './chat-template.ts';

export type ServedInput =
  { readonly messages: readonly ChatMessage[] } | { readonly prompt: string };

export interface ServedPrompt {
  readonly tokens: readonly Token[];
  readonly stopTokens: ReadonlySet<Token>;
  readonly stopTexts: readonly string[];
  /** Special tokens whose text is shown: those around thoughts. */
  readonly shownTokens: ReadonlyMap<Token, string>;
  readonly forgottenMessages: number;
  readonly forgottenTokens: number;
}

export interface PromptWindow {
  readonly window: number;
  readonly whenFull: 'stop' | 'slide';
  /** Tokens that an answer should have room for where old turns are forgotten. */
  readonly room: number;
  /** Messages that were forgotten before. */
  readonly atLeast?: number;
}

/** Throws `chat/too-long` and `chat/template`. */
export function servedPrompt(
  model: LlamaModel,
  template: ChatTemplate,
  input: ServedInput,
  fit: PromptWindow,
): ServedPrompt {
  return 'prompt' in input
    ? rawPrompt(model, input.prompt, fit)
    : chatPrompt(model, template, input.messages, fit);
}

function rawPrompt(model: LlamaModel, text: string, fit: PromptWindow): ServedPrompt {
  const { bos, shouldPrependBosToken } = model.tokens;
  const start = shouldPrependBosToken && bos !== null ? [bos] : [];
  const body = model.tokenize(text, false);
  // A model without a start token still needs one token to go on from.
  const first = bos ?? model.tokens.eos;
  const whole = [...start, ...body];
  const all = whole.length === 0 && first !== null ? [first] : whole;
  const most = fit.window - 1;
  const none = {
    stopTokens: new Set<Token>(),
    stopTexts: [],
    shownTokens: new Map<Token, string>(),
  };
  if (all.length <= most) {
    return { tokens: all, ...none, forgottenMessages: 0, forgottenTokens: 0 };
  }
  if (fit.whenFull === 'stop') throw tooLong(all.length, fit.window);
  const kept = Math.max(1, most - fit.room - start.length);
  const tokens = [...start, ...body.slice(-kept)];
  return { tokens, ...none, forgottenMessages: 0, forgottenTokens: all.length - tokens.length };
}

function chatPrompt(
  model: LlamaModel,
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  fit: PromptWindow,
): ServedPrompt {
  const render = (kept: readonly ChatMessage[]) => renderChat(model, template, kept);
  const most = fit.window - 1;
  const forgotten = fit.atLeast ?? 0;
  const cuts = cutsOf(messages);
  const whole = render(forgotten === 0 ? messages : without(messages, forgotten));
  if (forgotten === 0 && whole.tokens.length <= most) {
    return { ...whole, forgottenMessages: 0, forgottenTokens: 0 };
  }
  if (fit.whenFull === 'stop') throw tooLong(whole.tokens.length, fit.window);
  const target = Math.max(1, most - fit.room);
  // Fewer messages are never more tokens: the first cut that fits is found by halves.
  let low = Math.max(
    0,
    cuts.findIndex((cut) => cut >= forgotten),
  );
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (render(without(messages, cuts[middle]!)).tokens.length <= target) high = middle;
    else low = middle + 1;
  }
  const cut = cuts[low] ?? 0;
  const rendered = render(without(messages, cut));
  if (rendered.tokens.length > most) throw tooLong(rendered.tokens.length, fit.window);
  const lost = render(messages).tokens.length - rendered.tokens.length;
  return { ...rendered, forgottenMessages: cut, forgottenTokens: Math.max(0, lost) };
}

/** How many of the oldest messages may be left out, system prompts aside: the rest begins with the user's. */
function cutsOf(messages: readonly ChatMessage[]): number[] {
  const turns = messages.filter(({ role }) => role !== 'system');
  const cuts = turns.flatMap(({ role }, index) => (index === 0 || role === 'user' ? [index] : []));
  return cuts.length === 0 ? [0] : cuts;
}

function without(messages: readonly ChatMessage[], count: number): ChatMessage[] {
  let left = count;
  return messages.filter(({ role }) => role === 'system' || left-- <= 0);
}

type Rendered = Pick<ServedPrompt, 'tokens' | 'stopTokens' | 'stopTexts' | 'shownTokens'>;

function renderChat(
  model: LlamaModel,
  { wrapper }: ChatTemplate,
  messages: readonly ChatMessage[],
): Rendered {
  const chatHistory: ChatHistoryItem[] = toChatHistory(messages);
  let state;
  try {
    state = wrapper.generateContextState({ chatHistory });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason';
    throw new StudioError(
      'chat/template',
      `The chat template refuses this conversation: ${reason}.`,
      { hint: 'Send the messages in turns, with a system prompt only at the start.', cause: error },
    );
  }
  const { tokenizer } = model;
  const stopTokens = new Set<Token>();
  const stopTexts: string[] = [];
  for (const trigger of state.stopGenerationTriggers) {
    const tokens = trigger.tokenize(tokenizer);
    if (tokens.length === 1) stopTokens.add(tokens[0]!);
    const text = trigger.values
      .map((value) =>
        typeof value === 'string' ? value : value instanceof SpecialToken ? '' : value.value,
      )
      .join('');
    if (text !== '') stopTexts.push(text);
  }
  const shownTokens = new Map<Token, string>();
  const thought = wrapper.settings.segments?.thought;
  for (const [mark, text] of [
    [thought?.prefix, thoughtStart],
    [thought?.suffix, thoughtEnd],
  ] as const) {
    const tokens =
      isLlamaText(mark) || typeof mark === 'string' ? LlamaText(mark).tokenize(tokenizer) : [];
    const isSpecial = tokens.length === 1 && model.detokenize(tokens) === '';
    if (isSpecial) shownTokens.set(tokens[0]!, text);
  }
  return { tokens: state.contextText.tokenize(tokenizer), stopTokens, stopTexts, shownTokens };
}

function tooLong(tokens: number, window: number): StudioError {
  return new StudioError(
    'chat/too-long',
    `The conversation has ${tokens} tokens and leaves no room for an answer in the window of ${window}.`,
    {
      hint: 'Shorten the conversation, or let the manifest forget old turns: policy.context.whenFull "slide".',
      details: { tokens, contextSize: window },
    },
  );
}
