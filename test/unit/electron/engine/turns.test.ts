// The queues and turns that order the engine's work.
import { describe, expect, it } from 'vitest';
import { CoreQueue } from '#electron/engine/core-queue.ts';
import { LoadTurn } from '#electron/engine/load-turn.ts';
import { TurnQueue } from '#electron/engine/turn-queue.ts';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('TurnQueue', () => {
  it('runs in order, tells who waits, and goes on after a failure', async () => {
    const queue = new TurnQueue();
    const order: string[] = [];
    const { open, opened } = gate();
    const first = queue.run(async () => {
      await opened;
      order.push('first');
      throw new Error('failed');
    });
    const waited: string[] = [];
    const second = queue.run(() => Promise.resolve(order.push('second')), {
      onWait: () => waited.push('second'),
    });
    expect(waited).toEqual(['second']);
    expect(queue.length).toBe(2);
    open();
    await expect(first).rejects.toThrow('failed');
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(queue.busy).toBe(false);
  });

  it('lets one that is aborted go, without letting those behind it pass', async () => {
    const queue = new TurnQueue();
    const { open, opened } = gate();
    const order: string[] = [];
    const first = queue.run(async () => {
      await opened;
      order.push('first');
    });
    const controller = new AbortController();
    const second = queue.run(() => Promise.resolve(), { signal: controller.signal });
    const third = queue.run(() => Promise.resolve(order.push('third')));
    controller.abort();
    await expect(second).rejects.toThrow();
    await settle();
    expect(order).toEqual([]);
    open();
    await Promise.all([first, third]);
    expect(order).toEqual(['first', 'third']);
  });
});

describe('CoreQueue', () => {
  it('lets as many run as the cores hold, in order', async () => {
    const cores = new CoreQueue(2);
    const gates = [gate(), gate(), gate()];
    const running: number[] = [];
    const runs = gates.map(({ opened }, index) =>
      cores.run(1, async () => {
        running.push(index);
        await opened;
      }),
    );
    await settle();
    expect(running).toEqual([0, 1]);
    gates[1]!.open();
    await settle();
    expect(running).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(runs);
  });

  it('runs alone what wants more threads than there are cores', async () => {
    const cores = new CoreQueue(2);
    const { open, opened } = gate();
    const first = cores.run(1, () => opened);
    let ran = false;
    const wide = cores.run(8, () => Promise.resolve((ran = true)));
    await settle();
    expect(ran).toBe(false);
    open();
    await Promise.all([first, wide]);
    expect(ran).toBe(true);
  });

  it('frees the place of a waiting one that is aborted', async () => {
    const cores = new CoreQueue(1);
    const { open, opened } = gate();
    const first = cores.run(1, () => opened);
    const controller = new AbortController();
    const second = cores.run(1, () => Promise.resolve(), { signal: controller.signal });
    const third = cores.run(1, () => Promise.resolve('third'));
    controller.abort();
    await expect(second).rejects.toThrow();
    open();
    await first;
    expect(await third).toBe('third');
  });

  it('takes back once what is given back twice', async () => {
    const cores = new CoreQueue(1);
    const release = await cores.take(1);
    release();
    release();
    const { open, opened } = gate();
    const first = cores.run(1, () => opened);
    let ran = false;
    const second = cores.run(1, () => Promise.resolve((ran = true)));
    await settle();
    expect(ran).toBe(false);
    open();
    await Promise.all([first, second]);
  });
});

describe('LoadTurn', () => {
  it('excludes answers, lets them pass while it waits, and tells what the column does', async () => {
    const turns = new CoreQueue(1);
    const told: string[] = [];
    const turn = new LoadTurn(turns, 'b', {
      signal: new AbortController().signal,
      state: ({ state, reason }) => told.push(reason === undefined ? state : `${state}: ${reason}`),
      stage: () => undefined,
    });
    await turn.take();
    const answers: string[] = [];
    const { open, opened } = gate();
    const answer = turns.run(1, async () => {
      answers.push('began');
      await opened;
    });
    await settle();
    expect(answers).toEqual([]);
    turn.wait('Waits for memory.');
    await settle();
    expect(answers).toEqual(['began']);
    const again = turn.take();
    await settle();
    expect(told).toEqual([
      'loading',
      'waiting: Waits for memory.',
      'waiting: Waits until another column has answered.',
    ]);
    open();
    await Promise.all([answer, again]);
    turn.end();
    expect(told.slice(3)).toEqual(['loading', 'ready']);
    expect(await turns.run(1, () => Promise.resolve('free'))).toBe('free');
  });

  it('holds nothing after its waiting was cancelled', async () => {
    const turns = new CoreQueue(1);
    const release = await turns.take(1);
    const controller = new AbortController();
    const turn = new LoadTurn(turns, 'b', {
      signal: controller.signal,
      state: () => undefined,
      stage: () => undefined,
    });
    const taking = turn.take();
    controller.abort();
    await expect(taking).rejects.toThrow();
    turn.giveBack();
    release();
    expect(await turns.run(1, () => Promise.resolve('free'))).toBe('free');
  });
});
