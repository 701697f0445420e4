import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClient } from '#src/rpc/client.ts';
import { serve } from '#src/rpc/server.ts';
import { createTextPort, type TextCarrier } from '#src/rpc/text-port.ts';
import type { PortClosed } from '#src/rpc/port.ts';

interface Side {
  readonly carrier: TextCarrier;
  readonly sent: string[];
  readonly refusals: string[];
  deliver(text: unknown): void;
  close(closed: PortClosed): void;
}

function createSide(): Side {
  const listeners: ((text: unknown) => void)[] = [];
  const closeListeners: ((closed: PortClosed) => void)[] = [];
  const sent: string[] = [];
  const refusals: string[] = [];
  return {
    sent,
    refusals,
    deliver: (text) => listeners.forEach((listener) => listener(text)),
    close: (closed) => closeListeners.forEach((listener) => listener(closed)),
    carrier: {
      send: (text) => void sent.push(text),
      onText: (listener) => void listeners.push(listener),
      onClose: (listener) => void closeListeners.push(listener),
      refuse: (reason) => void refusals.push(reason),
    },
  };
}

const contract = {
  wait: { params: z.object({}), result: z.null(), event: z.never() },
};

describe('a port over texts', () => {
  it('sends JSON, so that what JSON leaves out is left out on every border', () => {
    const side = createSide();
    createTextPort(side.carrier).send({ kept: 1, left: undefined });
    expect(side.sent).toEqual(['{"kept":1}']);
  });

  it('gives on what is JSON and refuses a sender of anything else', () => {
    const side = createSide();
    const received: unknown[] = [];
    createTextPort(side.carrier).onMessage((message) => received.push(message));
    side.deliver('{"a":1}');
    for (const hostile of ['{', '', undefined, 1, { a: 1 }, new Uint8Array(2)]) {
      side.deliver(hostile);
    }
    expect(received).toEqual([{ a: 1 }]);
    expect(side.refusals).toHaveLength(6);
  });

  it('aborts what runs for a window that is gone', async () => {
    const side = createSide();
    let aborted: unknown;
    serve(
      contract,
      {
        wait: (_, { signal }) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              aborted = signal.reason;
              reject(signal.reason as Error);
            }),
          ),
      },
      createTextPort(side.carrier),
    );
    side.deliver(JSON.stringify({ type: 'call', id: 1, method: 'wait', params: {} }));
    side.close({ reason: 'the window was closed', lastLines: [] });
    await expect.poll(() => aborted).toMatchObject({ code: 'cancelled' });
  });

  it('fails the calls of a window whose studio is gone, with the reason', async () => {
    const side = createSide();
    const client = createClient(contract, createTextPort(side.carrier), 'studio');
    const call = client.call('wait', {});
    side.close({ reason: 'the studio was ended', lastLines: [] });
    await expect(call).rejects.toMatchObject({
      code: 'native/crashed',
      message: expect.stringContaining('the studio was ended') as string,
    });
  });
});
