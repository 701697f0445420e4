// What a loaded model does: texts come back from its tokenizer, prompts get finite answers that do not repeat one token for
// ever, and plain English is not a riddle to it. Static checks have passed or been read by then; this one needs llama.cpp.
import { StudioError } from '#src/errors/studio-error.ts';
import type { Behaviour } from '#src/contract/doctor/diagnosis.ts';
import type { StageRun } from '#src/contract/stage-events.ts';
import { checkEmbeddings } from '#src/stages/validate/check-embeddings.ts';
import {
  endsInOneToken,
  generatedTokens,
  greedyToken,
  promptTokens,
  type Question,
} from '#src/stages/validate/check-generation.ts';
import { checkTokenizer } from '#src/stages/validate/check-tokenizer.ts';
import type { LoadedModel } from '#src/stages/validate/validation-ports.ts';
import type { Draft } from '../findings.ts';

export type Answer = Behaviour['answers'][number];

/** The tokenizer's round trip, as the `validate` stage does it. */
export function checkRoundTrip(model: LoadedModel, texts: readonly string[]): Draft[] {
  const { status, summary, evidence } = checkTokenizer(model, texts);
  return status === 'failed' ? [{ code: 'tokenizer/round-trip', message: summary, evidence }] : [];
}

export interface Answered {
  readonly findings: readonly Draft[];
  readonly answers: readonly Answer[];
}

/**
 * Asks every question from an empty context, greedily; `prompts` are what the questions were made from. A wrong answer
 * does not stop the next question: they tell together whether it is one prompt or the model.
 */
export async function* answerQuestions(
  model: LoadedModel,
  questions: readonly Question[],
  prompts: readonly string[],
  signal: AbortSignal,
): StageRun<Answered> {
  const answers: Answer[] = [];
  const notFinite: string[] = [];
  const repeating: { prompt: string; answer: string }[] = [];
  for (const [index, question] of questions.entries()) {
    const prompt = prompts[index] ?? question.text;
    const run = answerOne(model, question, signal);
    const { text, isFinite, repeats } = yield* run;
    answers.push({ prompt, answer: text });
    if (!isFinite) notFinite.push(prompt);
    if (repeats) repeating.push({ prompt, answer: text });
    yield { event: 'progress', done: index + 1, total: questions.length, unit: 'steps' };
  }
  const of = (count: number) => (count === 1 ? 'one prompt' : `${count} prompts`);
  return {
    answers,
    findings: [
      ...(notFinite.length === 0
        ? []
        : [
            {
              code: 'behaviour/not-finite' as const,
              message: `Behind ${of(notFinite.length)} of ${questions.length} the model computes no numbers (NaN, infinity, or all tokens alike).`,
              evidence: { prompts: notFinite },
            },
          ]),
      ...(repeating.length === 0
        ? []
        : [
            {
              code: 'behaviour/repeats' as const,
              message: `Asked ${of(repeating.length)} of ${questions.length}, it repeats one token for ever.`,
              evidence: { answers: repeating },
            },
          ]),
    ],
  };
}

async function* answerOne(
  model: LoadedModel,
  question: Question,
  signal: AbortSignal,
): StageRun<{ text: string; isFinite: boolean; repeats: boolean }> {
  const ids: number[] = [];
  const end = (isFinite: boolean) => ({
    text: ids.length === 0 ? '' : model.detokenize(Int32Array.from(ids)),
    isFinite,
    repeats: endsInOneToken(ids),
  });
  model.clear();
  const prompt = fitting(model, question);
  await model.decode(prompt);
  const wanted = Math.min(generatedTokens, model.contextSize - prompt.length);
  while (ids.length < wanted) {
    signal.throwIfAborted();
    const { token, finite, equal } = greedyToken(model.lastLogits());
    if (!finite || equal) return end(false);
    if (model.isEndOfGeneration(token)) break;
    ids.push(token);
    await model.decode(Int32Array.of(token));
    if (ids.length % 16 === 0) {
      yield { event: 'progress', done: ids.length, total: wanted, unit: 'tensors' };
    }
  }
  return end(true);
}

/** A user's prompt may be longer than the context: then its end is asked. */
function fitting(model: LoadedModel, question: Question): Int32Array {
  const tokens = model.tokenize(question.text, {
    addSpecial: question.addSpecial,
    parseSpecial: true,
  });
  const limit = Math.max(1, model.contextSize - generatedTokens);
  return tokens.length > limit
    ? tokens.slice(tokens.length - limit)
    : promptTokens(model, question);
}

/** Vectors of an embedding model. */
export async function* checkVectors(
  model: LoadedModel,
  prompts: readonly string[],
  signal: AbortSignal,
): StageRun<Draft[]> {
  const named = prompts.map((text, index) => ({ id: `prompt ${index + 1}`, text }));
  const { status, summary, evidence } = yield* checkEmbeddings(model, named, signal);
  if (status !== 'failed') return [];
  const isSame = summary.includes('same embedding');
  return [
    { code: isSame ? 'behaviour/repeats' : 'behaviour/not-finite', message: summary, evidence },
  ];
}

export interface Perplexity {
  readonly value: number;
  readonly tokens: number;
}

/**
 * A model that predicts plain English hardly better than by chance (a quarter of its vocabulary), or five times worse than
 * its source, has other weights or another tokenizer. Seedling at TQ1_0, the worst level of all, is 3.4 times worse.
 */
export function judgePerplexity(
  own: Perplexity,
  source: Perplexity | undefined,
  vocabularySize: number,
): Draft[] {
  const evidence = {
    perplexity: Number.isFinite(own.value) ? own.value : String(own.value),
    tokens: own.tokens,
    ...(source === undefined ? {} : { source: source.value }),
  };
  const shown = own.value.toPrecision(4);
  if (Number.isNaN(own.value)) {
    return [
      {
        code: 'behaviour/not-finite',
        message: 'Reading plain English the model computes no numbers (NaN or infinity).',
        evidence,
      },
    ];
  }
  if (source !== undefined && own.value > 5 * source.value) {
    return [
      {
        code: 'behaviour/perplexity',
        message: `The perplexity on plain English is ${shown}; the source's is ${source.value.toPrecision(4)}.`,
        evidence,
      },
    ];
  }
  const chance = vocabularySize / 4;
  if (own.value < chance || (source !== undefined && source.value >= chance)) return [];
  return [
    {
      code: 'behaviour/perplexity',
      message: `The perplexity on plain English is ${shown}, hardly better than guessing among ${vocabularySize} tokens.`,
      evidence: { ...evidence, vocabularySize },
    },
  ];
}

/** The finding of a file that llama.cpp does not load; other errors (a full disk, a cancel) are thrown on. */
export function loadFinding(error: unknown): Draft {
  if (!(error instanceof StudioError) || error.kind !== 'input') throw error;
  return {
    code: 'behaviour/load',
    message: error.message,
    evidence: { code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) },
  };
}
