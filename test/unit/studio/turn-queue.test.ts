import { describe, expect, it } from 'vitest';
import { createTurnQueue } from '#src/studio/turn-queue.ts';

const never = new AbortController().signal;

describe('turns', () => {
  it('come one after the other, in the order of entering', async () => {
    const queue = createTurnQueue();
    const turns = [queue.enter(), queue.enter(), queue.enter()];
    const begun: number[] = [];
    const waits = turns.map((turn, index) => turn.wait(never).then(() => begun.push(index)));
    await waits[0];
    expect(begun).toEqual([0]);
    turns[0]?.leave();
    await waits[1];
    turns[1]?.leave();
    await waits[2];
    expect(begun).toEqual([0, 1, 2]);
  });

  it('are given up by those who stop waiting, and by nobody twice', async () => {
    const queue = createTurnQueue();
    const first = queue.enter();
    const second = queue.enter();
    const third = queue.enter();
    const stop = new AbortController();
    const waiting = second.wait(stop.signal);
    stop.abort(new Error('no longer'));
    await expect(waiting).rejects.toThrow('no longer');
    second.leave();
    second.leave();
    let hasBegun = false;
    const last = third.wait(never).then(() => (hasBegun = true));
    await Promise.resolve();
    expect(hasBegun).toBe(false);
    first.leave();
    await last;
  });
});
