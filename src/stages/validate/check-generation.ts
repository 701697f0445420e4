// Does it answer: greedy generation over the validation prompts. Fails on logits that are not finite and on one token
// filling the last 32 of 64 (design.md section 10).
import type { StageRun } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { failed, passed, type Finding } from './check-result.ts';
import type { LoadedModel } from './validation-ports.ts';

export const generatedTokens = 64;
const repeatedTokens = 32;

export interface Question {
  readonly id: string;
  /** As it is given to the model: the prompt, or the prompt inside the chat template. */
  readonly text: string;
  /** False when the text already holds the tokens that begin a sequence. */
  readonly addSpecial: boolean;
}

interface Answer {
  readonly id: string;
  readonly text: string;
  readonly tokens: number;
  /** The model ended its turn. */
  readonly ended: boolean;
}

/** Asks every question from an empty context. */
export async function* checkGeneration(
  model: LoadedModel,
  questions: readonly Question[],
  signal: AbortSignal,
): StageRun<Finding> {
  const answers: Answer[] = [];
  const total = questions.length * generatedTokens;
  for (const [index, question] of questions.entries()) {
    const ids: number[] = [];
    model.clear();
    const prompt = promptTokens(model, question);
    await model.decode(prompt);
    // Only models with windows below a hundred tokens have less room.
    const wanted = Math.min(generatedTokens, model.contextSize - prompt.length);
    let ended = false;
    while (ids.length < wanted && !ended) {
      signal.throwIfAborted();
      const { token, finite, equal } = greedyToken(model.lastLogits());
      if (equal) {
        return failed(`Asked "${question.id}", every token is equally likely.`, {
          prompt: question.text,
          position: ids.length,
        });
      }
      if (!finite) {
        return failed(`The logits behind "${question.id}" hold NaN or infinity.`, {
          prompt: question.text,
          position: ids.length,
        });
      }
      ended = model.isEndOfGeneration(token);
      if (!ended) {
        ids.push(token);
        await model.decode(Int32Array.of(token));
      }
      yield {
        event: 'progress',
        done: index * generatedTokens + ids.length,
        total,
        unit: 'tensors',
      };
    }
    const text = model.detokenize(Int32Array.from(ids));
    if (endsInOneToken(ids)) {
      return failed(`Asked "${question.id}", it repeats one token for ever.`, {
        prompt: question.text,
        token: ids.at(-1),
        answer: text,
      });
    }
    answers.push({ id: question.id, text, tokens: ids.length, ended });
  }
  return passed(`It answers ${questions.length} prompts with finite logits.`, {
    answers,
    threads: model.threads,
  });
}

/** True when one id fills the last 32 of 64 tokens. */
export function endsInOneToken(ids: readonly number[]): boolean {
  return (
    ids.length >= generatedTokens && ids.slice(-repeatedTokens).every((id) => id === ids.at(-1))
  );
}

export interface GreedyChoice {
  /** The first token with the highest logit. */
  readonly token: number;
  readonly finite: boolean;
  /** No token is likelier than another: the model says nothing. */
  readonly equal: boolean;
}

export function greedyToken(logits: Float32Array): GreedyChoice {
  let token = 0;
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < logits.length; index++) {
    const value = logits[index] ?? Number.NaN;
    if (!Number.isFinite(value)) return { token: index, finite: false, equal: false };
    if (value > highest) [highest, token] = [value, index];
    if (value < lowest) lowest = value;
  }
  return { token, finite: true, equal: highest === lowest };
}

/** Tokens of a question. Throws `native/failed` when they do not fit into the context. */
export function promptTokens(model: LoadedModel, question: Question): Int32Array {
  const tokens = model.tokenize(question.text, {
    addSpecial: question.addSpecial,
    parseSpecial: true,
  });
  if (tokens.length === 0 || tokens.length >= model.contextSize) {
    throw new StudioError(
      'native/failed',
      `The prompt "${question.id}" has ${tokens.length} tokens; 1 to ${model.contextSize - 1} fit into the context.`,
    );
  }
  return tokens;
}
