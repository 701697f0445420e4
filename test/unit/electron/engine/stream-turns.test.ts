import { describe, expect, it } from 'vitest';
import { StreamTurns, type Turn } from '#electron/engine/stream-turns.ts';

/** A context whose clock moves by one with every step, and which writes down what it does. */
function context(options: { wanted?: () => boolean; refuse?: string } = {}) {
  const log: string[] = [];
  let time = 0;
  let held = 0;
  const turns = new StreamTurns({
    switchTo: (key) => {
      if (key === options.refuse) return Promise.reject(new Error(`no ${key}`));
      log.push(`switch ${key}`);
      return Promise.resolve();
    },
    takeCores: () => {
      held++;
      log.push('cores');
      return Promise.resolve(() => void held--);
    },
    coresAreWanted: options.wanted ?? (() => false),
    slice: 3,
    now: () => time,
  });
  const stream = async (name: string, turn: Turn, steps: number, signal = never) => {
    try {
      for (let step = 0; step < steps; step++) {
        await turn.step(signal);
        log.push(name);
        time++;
        await Promise.resolve();
      }
    } finally {
      turn.leave();
    }
  };
  return { turns, log, stream, held: () => held };
}

const never = new AbortController().signal;

describe('turns of streams', () => {
  it('let streams of one adapter compute in step, with one switch', async () => {
    const { turns, log, stream, held } = context();
    await Promise.all([stream('x', turns.join('a'), 3), stream('y', turns.join('a'), 3)]);
    expect(log).toEqual(['cores', 'switch a', 'x', 'y', 'x', 'y', 'x', 'y']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toBe(0);
  });

  it('give every adapter its turn before a long answer ends', async () => {
    const { turns, log, stream } = context();
    await Promise.all([
      stream('long', turns.join('a'), 40),
      stream('b', turns.join('b'), 4),
      stream('c', turns.join('c'), 4),
    ]);
    const last = log.lastIndexOf('long');
    expect(log.lastIndexOf('b')).toBeLessThan(last);
    expect(log.lastIndexOf('c')).toBeLessThan(last);
    // In slices, not with every step.
    expect(turns.switches).toBeLessThan(12);
    expect(log.indexOf('c')).toBeLessThan(log.lastIndexOf('b'));
  });

  it('give cores back between slices when others wait for them', async () => {
    const { turns, log, stream } = context({ wanted: () => true });
    await stream('x', turns.join('a'), 9);
    expect(log.filter((line) => line === 'cores').length).toBeGreaterThan(2);
  });

  it('end a stream that is aborted while it computes alone, and give its cores back', async () => {
    const { turns, log, stream, held } = context();
    const abort = new AbortController();
    const turn = turns.join('a');
    await turn.step(abort.signal);
    await turn.step(abort.signal);
    abort.abort(new Error('gone'));
    await expect(turn.step(abort.signal)).rejects.toThrow('gone');
    turn.leave();
    await stream('x', turns.join('a'), 1);
    expect(log).toContain('x');
    await new Promise((resolve) => setImmediate(resolve));
    expect(held()).toBe(0);
  });

  it('go on when a stream is aborted while it waits', async () => {
    const { turns, stream } = context();
    const stop = new AbortController();
    const waiting = stream('b', turns.join('b'), 1, stop.signal);
    const other = stream('a', turns.join('a'), 5);
    stop.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await other;
    await stream('c', turns.join('c'), 2);
  });

  it('fail the streams of an adapter that cannot be switched to, and no others', async () => {
    const { turns, log, stream } = context({ refuse: 'bad' });
    const [bad, good] = await Promise.allSettled([
      stream('bad', turns.join('bad'), 2),
      stream('good', turns.join('good'), 2),
    ]);
    expect(bad.status).toBe('rejected');
    expect(good.status).toBe('fulfilled');
    expect(log.filter((line) => line === 'good')).toHaveLength(2);
  });

  it('run exclusive work while no stream computes', async () => {
    const { turns, log, stream } = context();
    const running = [stream('x', turns.join('a'), 4), stream('y', turns.join('a'), 4)];
    const grown = turns.exclusive(async () => {
      log.push('begin');
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push('end');
      return 7;
    });
    await expect(grown).resolves.toBe(7);
    await Promise.all(running);
    expect(log.indexOf('end')).toBe(log.indexOf('begin') + 1);
    expect(log.filter((line) => line === 'x' || line === 'y')).toHaveLength(8);
  });
});
