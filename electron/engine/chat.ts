// One chat: a context over a loaded model, its adapters, its history. Adapters are set when a context is made, so changing
// them makes a new one.
import {
  LlamaChatSession,
  LlamaCompletion,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
} from 'node-llama-cpp';
import type { Sampling } from '#src/contract/sampling.ts';
import type { ResolvedAdapter } from './resolve-adapters.ts';

export interface ChatOptions {
  readonly contextSize: number;
  readonly threads: number;
  readonly systemPrompt: string | undefined;
  /** Continue texts instead of answering in the chat template. */
  readonly raw: boolean;
}

export interface Answer {
  readonly text: string;
  readonly tokens: number;
  readonly stopReason: string;
}

export class Chat {
  private adapters: readonly ResolvedAdapter[] = [];

  private constructor(
    readonly model: LlamaModel,
    private readonly options: ChatOptions,
    private context: LlamaContext,
    private sequence: LlamaContextSequence,
    private session: LlamaChatSession | undefined,
  ) {}

  /** Takes the model over: disposing the chat disposes it. */
  static async create(
    model: LlamaModel,
    options: ChatOptions,
    adapters: readonly ResolvedAdapter[],
    signal: AbortSignal,
  ): Promise<Chat> {
    const context = await createContext(model, options, adapters, signal);
    const sequence = context.getSequence();
    const session = createSession(sequence, options);
    const chat = new Chat(model, options, context, sequence, session);
    chat.adapters = adapters;
    return chat;
  }

  get contextSize(): number {
    return this.context.contextSize;
  }

  get adapterNames(): string[] {
    return this.adapters.map(({ name }) => name);
  }

  /** How prompts are wrapped. */
  get template(): string {
    return this.session?.chatWrapper.wrapperName ?? 'none';
  }

  async say(
    text: string,
    sampling: Sampling & { seed: number },
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Answer> {
    let tokens = 0;
    const options = {
      signal,
      stopOnAbortSignal: false,
      temperature: sampling.temperature ?? 0.8,
      topK: sampling.topK ?? 40,
      topP: sampling.topP ?? 0.95,
      minP: sampling.minP ?? 0.05,
      seed: sampling.seed,
      ...(sampling.maxTokens === undefined ? {} : { maxTokens: sampling.maxTokens }),
      onTextChunk: onText,
      onToken: (newTokens: readonly unknown[]) => {
        tokens += newTokens.length;
      },
    };
    if (this.session !== undefined) {
      const answer = await this.session.promptWithMeta(text, options);
      return { text: answer.responseText, tokens, stopReason: answer.stopReason };
    }
    const completion = new LlamaCompletion({ contextSequence: this.sequence });
    try {
      const answer = await completion.generateCompletionWithMeta(text, options);
      return { text: answer.response, tokens, stopReason: answer.metadata.stopReason };
    } finally {
      completion.dispose({ disposeSequence: false });
    }
  }

  /** Forgets the history; with other adapters the context is made anew. */
  async restart(adapters = this.adapters, signal?: AbortSignal): Promise<void> {
    this.session?.dispose();
    await this.context.dispose();
    this.context = await createContext(this.model, this.options, adapters, signal);
    this.sequence = this.context.getSequence();
    this.session = createSession(this.sequence, this.options);
    this.adapters = adapters;
  }

  async dispose(): Promise<void> {
    this.session?.dispose();
    await this.context.dispose();
    await this.model.dispose();
  }
}

function createContext(
  model: LlamaModel,
  options: ChatOptions,
  adapters: readonly ResolvedAdapter[],
  signal: AbortSignal | undefined,
): Promise<LlamaContext> {
  return model.createContext({
    contextSize: options.contextSize,
    threads: options.threads,
    ...(adapters.length === 0
      ? {}
      : {
          lora: { adapters: adapters.map(({ filePath, scale }) => ({ filePath, scale })) },
        }),
    ...(signal === undefined ? {} : { createSignal: signal }),
  });
}

function createSession(
  sequence: LlamaContextSequence,
  { raw, systemPrompt }: ChatOptions,
): LlamaChatSession | undefined {
  if (raw) return undefined;
  return new LlamaChatSession({
    contextSequence: sequence,
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
  });
}
