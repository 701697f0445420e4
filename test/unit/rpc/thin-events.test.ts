import { describe, expect, it } from 'vitest';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { thinEvents } from '#src/rpc/thin-events.ts';

const progress = (done: number): StageEvent => ({
  event: 'progress',
  done,
  total: 1000,
  unit: 'bytes',
});

describe('thinEvents', () => {
  it('lets at most ten progress events per second through and never loses the last', () => {
    const out: StageEvent[] = [];
    let now = 0;
    const thinned = thinEvents<StageEvent>((event) => out.push(event), { now: () => now });
    for (let done = 0; done <= 1000; done++) {
      now = done;
      thinned(progress(done));
    }
    thinned.flush();
    expect(out).toHaveLength(11);
    expect(out.at(-1)).toEqual(progress(1000));
  });

  it('sends progress that was held back before what comes after it', () => {
    const out: StageEvent[] = [];
    const thinned = thinEvents<StageEvent>((event) => out.push(event), { now: () => 0 });
    const notice: StageEvent = { event: 'notice', level: 'info', message: 'hello' };
    for (const event of [progress(1), progress(2), progress(3), notice]) thinned(event);
    expect(out).toEqual([progress(1), progress(3), notice]);
  });

  it('never drops phases, notices, logs and artifacts', () => {
    const out: StageEvent[] = [];
    const thinned = thinEvents<StageEvent>((event) => out.push(event), { now: () => 0 });
    const others: StageEvent[] = Array.from({ length: 100 }, (_, index) => [
      { event: 'phase' as const, phase: `p${index}` },
      { event: 'log' as const, level: 'info' as const, text: 'line' },
      { event: 'artifact' as const, path: '/x', bytes: index },
    ]).flat();
    others.forEach(thinned);
    expect(out).toEqual(others);
  });

  it('thins the figures of each step on its own, but never a change of its state', () => {
    const out: StageEvent[] = [];
    let now = 0;
    const thinned = thinEvents<StageEvent>((event) => out.push(event), { now: () => now });
    const step = (level: string, state: 'waiting' | 'running' | 'done', done: number) =>
      ({ event: 'step', node: 'q', level, state, done, total: 1000 }) as const;
    for (const level of ['A', 'B']) {
      thinned(step(level, 'waiting', 0));
      thinned(step(level, 'running', 0));
    }
    for (let done = 1; done < 1000; done++) {
      now = done;
      thinned(step('A', 'running', done));
      thinned(step('B', 'running', done));
    }
    thinned(step('A', 'done', 1000));
    thinned(step('B', 'done', 1000));
    expect(out.length).toBeLessThan(4 + 2 * 11 + 2 + 2);
    const story = (level: string) =>
      out.flatMap((event) => (event.event === 'step' && event.level === level ? [event] : []));
    for (const level of ['A', 'B']) {
      const states = story(level).map(({ state }) => state);
      expect([...new Set(states)]).toEqual(['waiting', 'running', 'done']);
      expect(story(level).at(-2)?.done).toBe(999);
    }
  });
});
