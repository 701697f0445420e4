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
});
