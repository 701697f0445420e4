// One chat of the command line: it keeps its own history. Adapters are set when a context is made, so changing them makes
// a new one.
import { LlamaCompletion, type LlamaContextSequence, type LlamaModel } from 'node-llama-cpp';
import type { ChatMessage } from '#src/contract/column.ts';
import type { Sampling } from '#src/contract/sampling.ts';
import { ChatSession, createContext, type SessionOptions } from './chat-session.ts';
import type { ResolvedAdapter } from './resolve-adapters.ts';
import { samplerOptions } from './sampler-options.ts';

export interface ChatOptions extends SessionOptions {
  readonly systemPrompt: string | undefined;
  /** Continue texts instead of answering in the chat template. */
  readonly raw: boolean;
}

export interface ChatAnswer {
  readonly text: string;
  readonly tokens: number;
  readonly stopReason: string;
}

/** Raw texts need no more than a sequence of a context. */
type Speaker = ChatSession | LlamaContextSequence;

export class Chat {
  private history: ChatMessage[];

  private constructor(
    readonly model: LlamaModel,
    private options: ChatOptions,
    private speaker: Speaker,
  ) {
    this.history = firstHistory(options);
  }

  /** Takes the model over: disposing the chat disposes it. */
  static async create(model: LlamaModel, options: ChatOptions, signal: AbortSignal): Promise<Chat> {
    return new Chat(model, options, await createSpeaker(model, options, signal));
  }

  get contextSize(): number {
    return this.speaker.contextSize;
  }

  get adapterNames(): string[] {
    return this.options.adapters.map(({ name }) => name);
  }

  /** How prompts are wrapped. */
  get template(): string {
    return this.options.raw ? 'none' : this.options.template.name;
  }

  /** Stopping throws the signal's reason; what came so far stays in the history. */
  async say(
    text: string,
    sampling: Sampling & { seed: number },
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<ChatAnswer> {
    if (!(this.speaker instanceof ChatSession)) {
      return complete(this.speaker, text, sampling, onText, signal);
    }
    const asked: ChatMessage[] = [...this.history, { role: 'user', text }];
    const answer = await this.speaker.answer(asked, sampling, { signal, onText });
    if (answer.text !== '') this.history = [...asked, { role: 'assistant', text: answer.text }];
    // The command line tells a stopped answer by its exit code.
    if (answer.stopReason === 'abort') signal.throwIfAborted();
    return { text: answer.text, tokens: answer.tokens, stopReason: answer.stopReason };
  }

  /** Forgets the history; with other adapters the context is made anew. */
  async restart(
    adapters: readonly ResolvedAdapter[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (adapters !== undefined) {
      const options = { ...this.options, adapters };
      await disposeSpeaker(this.speaker);
      this.speaker = await createSpeaker(this.model, options, signal);
      this.options = options;
    }
    this.history = firstHistory(this.options);
  }

  async dispose(): Promise<void> {
    await disposeSpeaker(this.speaker);
    await this.model.dispose();
  }
}

function firstHistory({ systemPrompt }: ChatOptions): ChatMessage[] {
  return systemPrompt === undefined ? [] : [{ role: 'system', text: systemPrompt }];
}

async function createSpeaker(
  model: LlamaModel,
  options: ChatOptions,
  signal: AbortSignal,
): Promise<Speaker> {
  if (!options.raw) return ChatSession.create(model, options, signal);
  const context = await createContext(model, options, signal);
  return context.getSequence();
}

async function disposeSpeaker(speaker: Speaker): Promise<void> {
  await (speaker instanceof ChatSession ? speaker.dispose() : speaker.context.dispose());
}

/** Continues a text without a template. */
async function complete(
  contextSequence: LlamaContextSequence,
  text: string,
  sampling: Sampling & { seed: number },
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  let tokens = 0;
  const completion = new LlamaCompletion({ contextSequence });
  try {
    const answer = await completion.generateCompletionWithMeta(text, {
      ...samplerOptions(sampling, contextSequence.contextSize),
      signal,
      ...(sampling.maxTokens !== undefined && { maxTokens: sampling.maxTokens }),
      onTextChunk: onText,
      onToken: (newTokens) => void (tokens += newTokens.length),
    });
    return { text: answer.response, tokens, stopReason: answer.metadata.stopReason };
  } finally {
    completion.dispose({ disposeSequence: false });
  }
}
