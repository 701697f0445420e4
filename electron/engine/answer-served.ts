// One answer on a served parent: token by token, in turn with the other streams of the context. Growing, sliding and a
// change of the context happen between two tokens; what was generated is kept as tokens, so nothing is computed twice
// but the cache.
import type { SequenceEvaluateOptions, Token } from 'node-llama-cpp';
import type { Sampling } from '#src/contract/sampling.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { samplerOptions } from './sampler-options.ts';
import { servedPrompt, type PromptWindow, type ServedInput } from './served-prompt.ts';
import type { ServedLane } from './served-lane.ts';
import type { Slot } from './stream-slots.ts';
import type { Turn } from './stream-turns.ts';
import { createStopTexts } from './stop-texts.ts';
import { createTokenText } from './token-text.ts';

export interface ServedRequest {
  readonly key: string;
  readonly input: ServedInput;
  readonly sampling: Sampling & { readonly seed: number };
  readonly stop: readonly string[];
  readonly conversation: string | undefined;
}

export interface ServedReport {
  readonly signal: AbortSignal;
  readonly onWait: () => void;
  /** The stream is taken: computing begins. */
  readonly onStart: () => void;
  readonly onText: (text: string, tokens: number) => void;
}

export interface ServedResult {
  readonly text: string;
  readonly tokens: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly windowUsed: number;
  readonly windowSize: number;
  readonly stopReason: string;
  readonly stopString?: string;
  readonly contextSize: number;
  readonly grown: boolean;
  readonly forgottenMessages: number;
  readonly forgottenTokens: number;
}

/** Aborting throws the signal's reason. Throws `chat/too-long` and `chat/template` before anything is computed. */
export async function answerServed(
  lane: ServedLane,
  request: ServedRequest,
  report: ServedReport,
): Promise<ServedResult> {
  const { model, options } = lane;
  const { window, whenFull } = options;
  const fit: PromptWindow = {
    window,
    whenFull,
    room: Math.min(request.sampling.maxTokens ?? window, Math.ceil(window / 4)),
  };
  const prompt = servedPrompt(model, options.template, request.input, fit);
  const { key, conversation } = request;
  const signal = AbortSignal.any([report.signal, lane.signal]);
  signal.throwIfAborted();
  const { slot, turn } = await lane.take(
    { key, conversation, tokens: prompt.tokens },
    signal,
    report.onWait,
  );
  try {
    report.onStart();
    return await new Answering(lane, request, report, fit, slot, turn, signal).run(prompt);
  } finally {
    lane.giveBack(slot, turn);
  }
}

class Answering {
  private readonly generated: Token[] = [];
  private text = '';
  private grown = false;
  private cached: number | undefined;

  constructor(
    private readonly lane: ServedLane,
    private readonly request: ServedRequest,
    private readonly report: ServedReport,
    private readonly fit: PromptWindow,
    private readonly slot: Slot,
    private readonly turn: Turn,
    private readonly signal: AbortSignal,
  ) {}

  async run(first: ReturnType<typeof servedPrompt>): Promise<ServedResult> {
    const { lane, request } = this;
    const { model } = lane;
    let prompt = first;
    let passes = 0;
    const most = request.sampling.maxTokens ?? Number.POSITIVE_INFINITY;
    const stops = createStopTexts([...prompt.stopTexts, ...request.stop]);
    const words = createTokenText(model, prompt.tokens, prompt.shownTokens);
    const end = (stopReason: string, stopString?: string): ServedResult => {
      if (stopString === undefined) this.show(stops.end(), 0);
      return {
        text: this.text,
        tokens: this.generated.length,
        promptTokens: prompt.tokens.length,
        cachedTokens: this.cached ?? 0,
        windowUsed: prompt.tokens.length + this.generated.length,
        windowSize: lane.options.window,
        stopReason,
        ...(stopString !== undefined && { stopString }),
        contextSize: lane.contextSize,
        grown: this.grown,
        forgottenMessages: prompt.forgottenMessages,
        forgottenTokens: prompt.forgottenTokens,
      };
    };
    for (;;) {
      const tokens = [...prompt.tokens, ...this.generated];
      const room = await this.makeRoom(tokens.length);
      if (room === 'full') {
        if (tokens.length < lane.options.window && this.generated.length === 0) {
          throw memoryShort(tokens.length, lane);
        }
        const shorter = this.slide(prompt);
        if (shorter === undefined) {
          this.finishText(words.end(), stops);
          return end('window');
        }
        prompt = shorter;
        continue;
      }
      const epoch = await this.evaluatePrompt(tokens);
      if (epoch === undefined) continue;
      // Not `evaluate`, which wraps this one: a second generator to wait for with every token.
      const iterator = this.slot.sequence.evaluateWithMetadata(
        [tokens.at(-1)!],
        {},
        this.evaluateOptions(passes++),
      );
      try {
        for (;;) {
          const next = await iterator.next();
          if (next.done === true) {
            this.finishText(words.end(), stops);
            return end('eogToken');
          }
          const { token } = next.value;
          if (prompt.stopTokens.has(token)) {
            this.finishText(words.end(), stops);
            return end('eogToken');
          }
          this.generated.push(token);
          const { text, stop } = stops.push(words.push(token));
          this.show(text, 1);
          if (stop !== undefined) {
            const isOwn = request.stop.includes(stop);
            return end(isOwn ? 'stopString' : 'stopGenerationTrigger', isOwn ? stop : undefined);
          }
          if (this.generated.length >= most) {
            this.finishText(words.end(), stops);
            return end('maxTokens');
          }
          if (prompt.tokens.length + this.generated.length >= lane.contextSize) break;
          await this.turn.step(this.signal);
          if (this.slot.epoch !== epoch) break;
        }
      } finally {
        await iterator.return(undefined);
      }
    }
  }

  private show(text: string, tokens: number): void {
    this.text += text;
    if (text !== '' || tokens > 0) this.report.onText(text, tokens);
  }

  private finishText(rest: string, stops: ReturnType<typeof createStopTexts>): void {
    if (rest !== '') this.show(stops.push(rest).text, 0);
  }

  /** A context that holds `count` tokens and one more, if there can be one. */
  private async makeRoom(count: number): Promise<'there' | 'full'> {
    const { lane } = this;
    if (count < lane.contextSize) return 'there';
    const { window } = lane.options;
    if (lane.contextSize >= window || count >= window) return 'full';
    this.turn.pause();
    // Room for more than one token, so that it does not grow again at once.
    const larger = await lane.grow(Math.min(window, count + 64));
    this.signal.throwIfAborted();
    this.grown ||= larger;
    return larger ? 'there' : 'full';
  }

  /** The prompt without its oldest turns, or undefined when the answer has to end. */
  private slide(
    prompt: ReturnType<typeof servedPrompt>,
  ): ReturnType<typeof servedPrompt> | undefined {
    const { lane, request, fit, generated } = this;
    if (fit.whenFull !== 'slide') return undefined;
    const window = lane.contextSize - generated.length;
    try {
      const { input } = request;
      const shorter = servedPrompt(lane.model, lane.options.template, input, {
        ...fit,
        window,
        room: Math.min(Math.ceil(lane.contextSize / 4), Math.max(1, window - 2)),
        atLeast: prompt.forgottenMessages + ('messages' in input ? 1 : 0),
      });
      return shorter.tokens.length < prompt.tokens.length ? shorter : undefined;
    } catch {
      // Nothing but the last turn is left.
      return undefined;
    }
  }

  /** Computes all but the last token; ends in turn. Undefined when the context was replaced meanwhile. */
  private async evaluatePrompt(tokens: readonly Token[]): Promise<number | undefined> {
    const { lane, slot, turn, signal, request } = this;
    await turn.step(signal);
    const { epoch } = slot;
    await lane.claim(slot, request.key);
    await slot.sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    this.cached ??= slot.sequence.nextTokenIndex;
    while (slot.sequence.nextTokenIndex < tokens.length - 1) {
      const start = slot.sequence.nextTokenIndex;
      const piece = tokens.slice(start, Math.min(start + lane.batchSize, tokens.length - 1));
      await slot.sequence.evaluateWithoutGeneratingNewTokens([...piece]);
      await turn.step(signal);
      if (slot.epoch !== epoch) return undefined;
    }
    return epoch;
  }

  private evaluateOptions(pass: number): SequenceEvaluateOptions {
    const { sampling } = this.request;
    const { repeatPenalty, dryRepeatPenalty, ...rest } = samplerOptions(
      sampling,
      this.lane.contextSize,
    );
    return {
      ...rest,
      // A sampler that begins anew must not repeat its first choices.
      seed: (sampling.seed + pass) % 2 ** 32,
      ...(typeof repeatPenalty === 'object' && {
        repeatPenalty: {
          penalty: repeatPenalty.penalty ?? 1,
          frequencyPenalty: repeatPenalty.frequencyPenalty ?? 0,
          presencePenalty: repeatPenalty.presencePenalty ?? 0,
          maxPunishTokens: repeatPenalty.lastTokens ?? 64,
          punishTokens: () => this.generated.slice(-(repeatPenalty.lastTokens ?? 64)),
        },
      }),
      ...(dryRepeatPenalty !== undefined && { dryRepeatPenalty }),
    };
  }
}

function memoryShort(tokens: number, { contextSize, options }: ServedLane): StudioError {
  return new StudioError(
    'memory/short',
    `The conversation has ${tokens} tokens; memory holds a context of ${contextSize} for ${options.path}, not a larger one.`,
    { hint: 'Raise the memory budget, close other programs or shorten the conversation.' },
  );
}
