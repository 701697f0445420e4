// A context over a loaded model, with its adapters, that answers whole conversations in a chat template. What the cache
// holds of a conversation is used again: only what differs is computed.
import {
  LlamaChat,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import type { ChatMessage } from '#src/contract/column.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { thoughtEnd, thoughtStart, toChatHistory } from './chat-history.ts';
import type { ChatTemplate } from './chat-template.ts';
import { softmax } from './softmax.ts';
import type { ResolvedAdapter } from './resolve-adapters.ts';
import { samplerOptions } from './sampler-options.ts';

export interface SessionOptions {
  readonly contextSize: number;
  readonly threads: number;
  readonly adapters: readonly ResolvedAdapter[];
  readonly template: ChatTemplate;
}

export interface SessionAnswer {
  readonly text: string;
  readonly tokens: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly stopReason: string;
  readonly windowUsed: number;
  /** What was evaluated, to look at a position again. */
  readonly record: AnswerRecord;
}

export interface AnswerRecord {
  readonly prompt: readonly Token[];
  readonly answer: readonly Token[];
  readonly text: string;
  /** The model itself ended the answer, by a token that is not in `answer`. */
  readonly ended: boolean;
}

export interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly onText: (text: string, tokens: number) => void;
}

export class ChatSession {
  private readonly sequence: LlamaContextSequence;
  private readonly chat: LlamaChat;

  private constructor(
    private readonly context: LlamaContext,
    private readonly options: SessionOptions,
  ) {
    this.sequence = context.getSequence();
    this.chat = new LlamaChat({
      contextSequence: this.sequence,
      chatWrapper: options.template.wrapper,
    });
  }

  /** The model stays the caller's. */
  static async create(
    model: LlamaModel,
    options: SessionOptions,
    signal: AbortSignal,
  ): Promise<ChatSession> {
    return new ChatSession(await createContext(model, options, signal), options);
  }

  get contextSize(): number {
    return this.context.contextSize;
  }

  get memoryUsage(): { ram: number; vram: number } {
    return this.context.memoryUsage;
  }

  private get model(): LlamaModel {
    return this.context.model;
  }

  /**
   * Answers the last message. Aborting ends with what came so far, stop reason `abort`. History is never cut: throws
   * `chat/too-long` when the conversation leaves no room for an answer; an answer that fills the window ends with `window`.
   */
  async answer(
    messages: readonly ChatMessage[],
    sampling: Sampling & { seed: number },
    { signal, onText }: AnswerOptions,
  ): Promise<SessionAnswer> {
    const history = toChatHistory(messages);
    const prompt = this.render(history);
    const room = this.contextSize - prompt.length - 1;
    if (room < 1) throw tooLong(prompt.length, this.contextSize);

    const generated: Token[] = [];
    let text = '';
    const emit = (piece: string, tokens: readonly Token[]) => {
      generated.push(...tokens);
      text += piece;
      if (piece !== '' || tokens.length > 0) onText(piece, tokens.length);
    };
    let cachedTokens = 0;
    let stopReason: string;
    try {
      cachedTokens = await this.preparePrompt(prompt, signal);
      const limit = Math.min(sampling.maxTokens ?? room, room);
      const { metadata } = await this.chat.generateResponse(history, {
        ...samplerOptions(sampling, this.contextSize),
        signal,
        stopOnAbortSignal: true,
        maxTokens: limit,
        onResponseChunk(chunk) {
          const opens = chunk.type === 'segment' && chunk.segmentStartTime !== undefined;
          const closes = chunk.type === 'segment' && chunk.segmentEndTime !== undefined;
          const before = opens ? thoughtStart : '';
          emit(before + chunk.text + (closes ? thoughtEnd : ''), chunk.tokens);
        },
      });
      stopReason =
        metadata.stopReason === 'maxTokens' && limit < (sampling.maxTokens ?? Infinity)
          ? 'window'
          : metadata.stopReason;
    } catch (error) {
      // Stopped before anything that can be shown was there.
      if (!signal.aborted) throw error;
      stopReason = 'abort';
    }
    const answer = this.answerTokens(prompt, generated);
    return {
      text,
      tokens: answer.length,
      promptTokens: prompt.length,
      cachedTokens,
      stopReason,
      windowUsed: Math.min(this.contextSize, prompt.length + answer.length),
      record: {
        prompt,
        answer,
        text,
        ended: !['maxTokens', 'window', 'abort'].includes(stopReason),
      },
    };
  }

  /**
   * Probabilities of every token after `tokens`: softmax of the raw logits, at temperature 1, without any sampler. The
   * cache is cut back to `tokens`; what followed is computed again by `restore` or the next answer.
   */
  async probabilitiesAfter(tokens: readonly Token[]): Promise<ReadonlyMap<Token, number>> {
    const last = tokens.at(-1)!;
    await this.sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    const missing = tokens.slice(this.sequence.nextTokenIndex, -1);
    const results = await this.sequence.controlledEvaluate([
      ...missing,
      [last, { generateNext: { logits: true } }],
    ]);
    return softmax(results.at(-1)!.next.logits!);
  }

  /** Computes `tokens` into the cache again, batch by batch, as long as `goOn` says so. */
  async restore(tokens: readonly Token[], goOn: () => boolean): Promise<void> {
    if (this.sequence.disposed) return;
    await this.sequence.adaptStateToTokens([...tokens], false);
    await this.evaluate(tokens, goOn);
  }

  async dispose(): Promise<void> {
    this.chat.dispose();
    await this.context.dispose();
  }

  private render(history: ReturnType<typeof toChatHistory>): Token[] {
    try {
      const { contextText } = this.chat.chatWrapper.generateContextState({ chatHistory: history });
      return contextText.tokenize(this.model.tokenizer);
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason';
      throw new StudioError(
        'chat/template',
        `The chat template refuses this conversation: ${reason}.`,
        {
          hint: 'Remove the system prompt, start a new conversation or choose another model.',
          cause: error,
        },
      );
    }
  }

  /** Evaluates a prompt but for its last token, so that it can be stopped between batches. Answers how much was cached. */
  private async preparePrompt(prompt: readonly Token[], signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    await this.sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    const cached = this.sequence.nextTokenIndex;
    await this.evaluate(prompt.slice(0, -1), () => !signal.aborted);
    signal.throwIfAborted();
    return cached;
  }

  private async evaluate(tokens: readonly Token[], goOn: () => boolean): Promise<void> {
    const { batchSize } = this.context;
    while (this.sequence.nextTokenIndex < tokens.length && goOn()) {
      const start = this.sequence.nextTokenIndex;
      const batch = tokens.slice(start, start + batchSize);
      await this.sequence.evaluateWithoutGeneratingNewTokens(batch);
    }
  }

  /**
   * All tokens of the answer. Those that open and close thoughts are in the cache but are not told as text; the last one
   * is told but was not evaluated.
   */
  private answerTokens(prompt: readonly Token[], told: readonly Token[]): Token[] {
    const { contextTokens } = this.sequence;
    const isContinued = prompt.every((token, index) => contextTokens[index] === token);
    if (!isContinued) return [...told];
    const evaluated = contextTokens.slice(prompt.length);
    const isTold = evaluated.every((token, index) => told[index] === token);
    return isTold ? [...told] : evaluated;
  }
}

/** A context with the options' window, threads and adapters. */
export function createContext(
  model: LlamaModel,
  { contextSize, threads, adapters }: SessionOptions,
  signal: AbortSignal,
): Promise<LlamaContext> {
  return model.createContext({
    contextSize,
    threads,
    createSignal: signal,
    // A window other than the one that was promised would cut conversations later.
    failedCreationRemedy: false,
    ...(adapters.length > 0 && {
      lora: { adapters: adapters.map(({ filePath, scale }) => ({ filePath, scale })) },
    }),
  });
}

function tooLong(tokens: number, contextSize: number): StudioError {
  return new StudioError(
    'chat/too-long',
    `The conversation has ${tokens} tokens and leaves no room for an answer in the window of ${contextSize}.`,
    {
      hint: 'Use a larger context window, shorten the conversation or start a new one.',
      details: { tokens, contextSize },
    },
  );
}
