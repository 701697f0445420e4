// What the graph, the matrix, the chat and the lines of text are drawn from.
import { describe, expect, it } from 'vitest';
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RoutingEvaluation } from '#src/contract/routing/evaluation.ts';
import {
  messagesFor,
  newTurn,
  overruledTurns,
} from '#renderer/features/router/logic/chat-turns.ts';
import {
  milliseconds,
  pathOf,
  pathSentence,
  thresholdText,
  whyLines,
} from '#renderer/features/router/logic/decision-words.ts';
import { layOutRouter, parentWidth } from '#renderer/features/router/logic/graph-layout.ts';
import { firstCell, nextCell, promptsAt } from '#renderer/features/router/logic/matrix-data.ts';
import {
  matrixLabels,
  parentNames,
  routeNames,
} from '#renderer/features/router/logic/route-names.ts';
import {
  changedRoutes,
  differenceText,
} from '#renderer/features/router/logic/served-difference.ts';
import { targetOf, targetOptions } from '#renderer/features/router/logic/target-options.ts';
import { remap } from '#renderer/features/router/logic/edit-manifest.ts';
import { buildManifest } from '#test/helpers/build-manifest.ts';

const decision: Decision = {
  route: 'care/conditions',
  target: { parent: 'tiny-care-Q4_K_M', adapter: 'care/conditions' },
  scores: { 'care/conditions': 0.8, 'care/anatomy': 0.3, 'trade/finance': 0.1 },
  threshold: 0.5,
  why: [
    { kind: 'example', route: 'care/conditions', text: 'My knee hurts', similarity: 0.9 },
    { kind: 'example', route: 'care/anatomy', text: 'Name the bones', similarity: 0.4 },
    { kind: 'words', route: 'care/conditions', words: [{ word: 'knee', weight: 0.6 }] },
  ],
  by: 'lexical',
  intents: [],
  milliseconds: 0.42,
};

describe('names', () => {
  it('are subdomains where they tell routes apart, whole ids elsewhere', () => {
    expect([...routeNames(['a/sea-stories', 'a/tax', 'b/tax']).values()]).toEqual([
      'sea stories',
      'a/tax',
      'b/tax',
    ]);
  });

  it('of parents are domains where no two share one, else ids without the level', () => {
    const manifest = buildManifest();
    expect([...parentNames(manifest.parents).values()]).toEqual(['care', 'trade']);
    const levels = [
      { id: 'tiny-Q8_0', domain: 'all', quantization: 'Q8_0' },
      { id: 'tiny-Q4_0', domain: 'all', quantization: 'Q4_0' },
      { id: 'small-Q4_0', domain: 'all', quantization: 'Q4_0' },
    ];
    expect([...parentNames(levels).values()]).toEqual(['tiny-Q8_0', 'tiny-Q4_0', 'small']);
  });

  it('in the matrix are as short as they can be and never the same', () => {
    expect(matrixLabels(['conditions', 'contracts', 'contracts', 'a'])).toEqual([
      'con',
      'cont',
      'contr',
      'a',
    ]);
  });
});

describe('a decision in words', () => {
  it('is a path with the level and the adapter', () => {
    const path = pathOf(decision, buildManifest());
    expect(pathSentence(path)).toBe('conditions goes to care Q4_K_M with conditions');
    const none = pathOf({ route: null, target: { parent: 'tiny-care-Q4_K_M' } }, buildManifest());
    expect(pathSentence(none)).toBe('none of these goes to care Q4_K_M');
  });

  it('gives the reasons of the deciding route alone', () => {
    expect(whyLines(decision)).toEqual({ examples: ['My knee hurts'], words: ['knee'], rules: [] });
    expect(whyLines({ ...decision, route: null }).examples).toHaveLength(2);
  });

  it('writes thresholds and times briefly', () => {
    expect([thresholdText(0.35), thresholdText(0), thresholdText(1)]).toEqual([
      '.35',
      '.00',
      '1.0',
    ]);
    expect([milliseconds(0.42), milliseconds(12.6)]).toEqual(['0.4 ms', '13 ms']);
  });
});

describe('the graph', () => {
  it('moves nothing when a route is re-mapped, and no box lies on another', () => {
    const manifest = buildManifest();
    const before = layOutRouter(manifest, 1000);
    const remapped = remap(manifest, 'trade/finance', { parent: 'tiny-care-Q4_K_M' });
    expect(layOutRouter(remapped, 1000)).toEqual(before);
    const boxes = [...before.parents.values()];
    for (const [index, { y, height }] of boxes.entries()) {
      const next = boxes[index + 1];
      if (next !== undefined) expect(next.y).toBeGreaterThan(y + height);
    }
  });

  it('fits both columns into a narrow pane', () => {
    for (const { x } of layOutRouter(buildManifest(), 698).parents.values()) {
      expect(x + parentWidth).toBeLessThanOrEqual(698);
    }
  });

  it('offers every adapter and every parent alone as a target, and reads the choice back', () => {
    const options = targetOptions(buildManifest());
    expect(options.map(({ label }) => label)).toEqual([
      'care + conditions',
      'care + anatomy',
      'care alone',
      'trade + finance',
      'trade alone',
    ]);
    expect(options.map(({ value }) => targetOf(value))[1]).toEqual({
      parent: 'tiny-care-Q4_K_M',
      adapter: 'care/anatomy',
    });
  });
});

const evaluation = {
  routes: ['a', 'b'],
  confusion: [
    [3, 0, 1],
    [0, 2, 0],
    [0, 0, 4],
  ],
  prompts: [
    { text: 'one', expected: 'a', decided: null, score: 0.2 },
    { text: 'two', expected: 'a', decided: 'a', score: 0.9 },
    { text: 'three', expected: null, decided: null, score: 0.1 },
  ],
  accuracy: { value: 0.8, low: 0.6, high: 0.9 },
} as unknown as RoutingEvaluation;

describe('the matrix', () => {
  it('lists the prompts of a cell; the last row and column are none of these', () => {
    expect(promptsAt(evaluation, { row: 0, column: 2 }).map(({ text }) => text)).toEqual(['one']);
    expect(promptsAt(evaluation, { row: 2, column: 2 }).map(({ text }) => text)).toEqual(['three']);
  });

  it('is walked from filled cell to filled cell', () => {
    expect(firstCell(evaluation)).toEqual({ row: 0, column: 0 });
    expect(nextCell(evaluation, { row: 0, column: 0 }, 'right')).toEqual({ row: 0, column: 2 });
    expect(nextCell(evaluation, { row: 0, column: 0 }, 'down')).toEqual({ row: 1, column: 1 });
    expect(nextCell(evaluation, { row: 0, column: 2 }, 'down')).toEqual({ row: 2, column: 2 });
    expect(nextCell(evaluation, { row: 0, column: 0 }, 'up')).toEqual({ row: 0, column: 0 });
  });
});

describe('against what is served', () => {
  it('counts changed, new and removed routes and tells the points', () => {
    const served = buildManifest();
    const now = remap(served, 'trade/finance', { parent: 'tiny-care-Q4_K_M' });
    const fewer = { ...now, routes: now.routes.slice(1) };
    expect(changedRoutes(served, fewer)).toEqual(['care/conditions', 'trade/finance']);
    const better = { ...evaluation, accuracy: { value: 0.831, low: 0.7, high: 0.9 } };
    expect(differenceText(1, evaluation, better)).toBe('+3.1 points, 1 route changed');
    expect(differenceText(2, better, evaluation)).toBe('−3.1 points, 2 routes changed');
    expect(differenceText(0, undefined, better)).toBe('no route changed');
  });
});

describe('the chat', () => {
  const done = { ...newTurn('1', 'Hello'), text: 'Hi', state: 'done' as const, decision };
  it('sends what was answered, and the prompt', () => {
    const failed = { ...newTurn('2', 'Broken'), state: 'failed' as const };
    expect(messagesFor([done, failed, newTurn('3', 'Next')], '3').map(({ text }) => text)).toEqual([
      'Hello',
      'Hi',
      'Next',
    ]);
  });

  it('drops what hangs on an answer that is overruled, and remembers what the router had said', () => {
    const turns = overruledTurns([done, newTurn('2', 'Next')], '1', 'trade/finance');
    expect(turns).toHaveLength(1);
    expect(turns[0]).toMatchObject({ overruled: 'trade/finance', first: decision, text: '' });
    expect(overruledTurns(turns, '1', 'care/anatomy')[0]?.first).toBe(decision);
  });
});
