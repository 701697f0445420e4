// The first token in which the last answers of two columns differ, and how likely either token was in both. Nothing is
// collected while answers stream: that one position is evaluated again.
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { FirstDifference } from '#src/contract/column.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Column, ColumnReport, LastAnswer } from './column.ts';
import type { ColumnStore } from './column-store.ts';

/** A token, or the end of the answer. */
type Next = Token | 'end';
type Side = FirstDifference['sides'][number];

const topCount = 3;
/** Tokens before a token that its text may depend on (spaces at the start of words). */
const textContext = 8;
/** Fewer tokens than this are not worth computing again ahead of the next prompt. */
const worthRestoring = 16;

/**
 * Compares token ids where both vocabularies are the same; else the texts, without probabilities and with the reason.
 * Probabilities are softmax at temperature 1 over the whole vocabulary, before any sampler. Throws `usage/invalid` for a
 * column that has not answered.
 */
export async function findFirstDifference(
  store: ColumnStore,
  names: readonly [string, string],
  report: ColumnReport,
): Promise<FirstDifference> {
  const [left, right] = [store.find(names[0]), store.find(names[1])];
  const answers = [lastAnswer(left), lastAnswer(right)] as const;
  if (answers[0].vocabulary !== answers[1].vocabulary) {
    return compareTexts([left, right], answers);
  }
  const position = firstDifference(...answers);
  if (position === null) {
    const characters = commonLength(answers[0].text, answers[1].text);
    return { position, characters, sides: [] };
  }
  const nexts = answers.map((answer) => nextAt(answer, position)) as [Next, Next];
  const sides: Side[] = [];
  let characters = commonLength(answers[0].text, answers[1].text);
  const missing: number[] = [];
  let tokenTexts: readonly string[] = [];
  for (const [index, column] of [left, right].entries()) {
    const answer = answers[index]!;
    const side = await evaluateAt(
      store,
      column,
      { answer, position, nexts, own: nexts[index]! },
      report,
    );
    if (side === undefined) missing.push(index);
    else tokenTexts = side.tokenTexts;
    sides.push(side?.side ?? { column: column.name, token: '', probabilities: [] });
    const before = side?.before;
    if (before !== undefined && answers.every(({ text }) => text.startsWith(before))) {
      characters = before.length;
    }
  }
  // Where a model is gone, the other one knows the token's text.
  for (const index of missing) sides[index]!.token = tokenTexts[index] ?? '';
  return {
    position,
    characters,
    sides,
    ...(missing.length > 0 && {
      reason: `Probabilities cannot be told where the model is not loaded (column ${missing.map((index) => [left, right][index]!.name).join(', ')}).`,
    }),
  };
}

function lastAnswer(column: Column): LastAnswer {
  if (column.lastAnswer !== undefined) return column.lastAnswer;
  throw new StudioError('usage/invalid', `Column "${column.name}" has given no answer yet.`, {
    hint: 'Send a prompt first.',
  });
}

/** Null when one is a part of the other that was stopped, or both are the same. */
export function firstDifference(left: LastAnswer, right: LastAnswer): number | null {
  let position = 0;
  for (;;) {
    const [first, second] = [nextAt(left, position), nextAt(right, position)];
    if (first === undefined || second === undefined) return null;
    if (first !== second) return position;
    if (first === 'end') return null;
    position++;
  }
}

function nextAt({ answer, ended }: LastAnswer, position: number): Next | undefined {
  return answer[position] ?? (ended ? 'end' : undefined);
}

function compareTexts(
  columns: readonly [Column, Column],
  answers: readonly [LastAnswer, LastAnswer],
): FirstDifference {
  const [left, right] = answers;
  const characters = commonLength(left.text, right.text);
  const isPrefix = characters === Math.min(left.text.length, right.text.length);
  const model = columns[0].loaded?.lease.model;
  const reason =
    'The models have different vocabularies: texts are compared, and probabilities cannot be told.';
  if (isPrefix && (left.text.length === right.text.length || !left.ended || !right.ended)) {
    return { position: null, characters, sides: [], reason };
  }
  const position = model === undefined ? 0 : tokensWithin(model, left, characters);
  const sides = columns.map((column, index) => ({
    column: column.name,
    token: [...answers[index]!.text.slice(characters)][0] ?? '',
    probabilities: [],
  }));
  return { position, characters, sides, reason };
}

/** How many tokens of an answer lie within its first `characters`. */
function tokensWithin(
  model: LlamaModel,
  { prompt, answer }: LastAnswer,
  characters: number,
): number {
  let low = 0;
  let high = answer.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textOf(model, answer.slice(0, middle), prompt).length <= characters) low = middle;
    else high = middle - 1;
  }
  return low;
}

async function evaluateAt(
  store: ColumnStore,
  column: Column,
  place: {
    readonly answer: LastAnswer;
    readonly position: number;
    readonly nexts: readonly Next[];
    readonly own: Next;
  },
  report: ColumnReport,
): Promise<{ side: Side; before: string; tokenTexts: string[] } | undefined> {
  const { answer, position, nexts, own } = place;
  return store.inTurn(column, report, async () => {
    const { loaded } = column;
    if (loaded === undefined || column.lastAnswer !== answer) return undefined;
    const { model } = loaded.lease;
    const common = answer.answer.slice(0, position);
    const before = [...answer.prompt, ...common];
    const probabilities = await store.compute(
      column,
      () => loaded.session.probabilitiesAfter(before),
      { signal: report.signal },
    );
    restoreLater(store, column, answer, position);
    const byNext = withEnd(model, probabilities);
    const top = [...byNext].toSorted((one, other) => other[1] - one[1]).slice(0, topCount);
    const shown = [...new Set<Next>([...nexts, ...top.map(([next]) => next)])];
    const name = (next: Next) => (next === 'end' ? '' : textOf(model, [next], before));
    return {
      before: textOf(model, common, answer.prompt),
      tokenTexts: nexts.map(name),
      side: {
        column: column.name,
        token: name(own),
        probabilities: shown
          .map((next) => ({ token: name(next), probability: byNext.get(next) ?? 0 }))
          .toSorted((one, other) => other.probability - one.probability),
      },
    };
  });
}

/** All tokens that end an answer count as its end. */
function withEnd(model: LlamaModel, probabilities: ReadonlyMap<Token, number>): Map<Next, number> {
  const result = new Map<Next, number>([['end', 0]]);
  for (const [token, probability] of probabilities) {
    const next = model.isEogToken(token) ? 'end' : token;
    result.set(next, next === 'end' ? (result.get('end') ?? 0) + probability : probability);
  }
  return result;
}

/** The rest of the answer goes back into the cache while the user reads, until a call of the column waits. */
function restoreLater(
  store: ColumnStore,
  column: Column,
  { prompt, answer }: LastAnswer,
  position: number,
): void {
  if (answer.length - position < worthRestoring) return;
  const { queue } = column;
  const session = column.loaded?.session;
  const restored = store.inTurn(
    column,
    { signal: new AbortController().signal, state: () => undefined },
    async () => {
      if (session === undefined || column.loaded?.session !== session) return;
      await store.compute(column, () =>
        session.restore([...prompt, ...answer.slice(0, -1)], () => queue.length === 1),
      );
    },
  );
  // Nobody waits for it: what is missing is computed with the next prompt.
  restored.catch(() => undefined);
}

function textOf(model: LlamaModel, tokens: readonly Token[], before: readonly Token[]): string {
  return model.detokenize(tokens, false, before.slice(-textContext));
}

/** Length of the common start, never within a surrogate pair. */
export function commonLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  const last = left.charCodeAt(length - 1);
  return last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
}
