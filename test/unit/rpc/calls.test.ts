import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Contract } from '#src/contract/contract.ts';
import { stageEventSchema } from '#src/contract/stage-event-schema.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { createClient } from '#src/rpc/client.ts';
import { createMemoryPortPair } from '#src/rpc/memory-port.ts';
import { serve, type Handlers } from '#src/rpc/server.ts';

const contract = {
  double: {
    params: z.object({ value: z.number(), times: z.int().default(1) }),
    result: z.object({ value: z.number() }),
    event: stageEventSchema,
  },
  wait: { params: z.object({}), result: z.null(), event: stageEventSchema },
} as const satisfies Contract;

const plainHandlers: Handlers<typeof contract> = {
  double: ({ value, times }, { emit }) => {
    emit({ event: 'phase', phase: 'Doubling' });
    return Promise.resolve({ value: value * 2 ** times });
  },
  wait: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      const end = () => reject(signal.reason as Error);
      if (signal.aborted) end();
      signal.addEventListener('abort', end);
    }),
};

function connect(handlers: Partial<Handlers<typeof contract>> = {}) {
  const [clientPort, serverPort] = createMemoryPortPair();
  let stopped = 0;
  serve(contract, { ...plainHandlers, ...handlers }, serverPort, {
    onStopped: () => {
      stopped++;
      serverPort.close({ reason: 'exit code 0', lastLines: [] });
    },
  });
  const client = createClient(contract, clientPort, 'test host');
  return { client, clientPort, serverPort, stopCount: () => stopped };
}

describe('calls over a port', () => {
  it('carry parameters there, with defaults filled in, and the result back', async () => {
    const { client } = connect();
    expect(await client.call('double', { value: 21 })).toEqual({ value: 42 });
    expect(await client.call('double', { value: 1, times: 3 })).toEqual({ value: 8 });
  });

  it('deliver events before the result', async () => {
    const { client } = connect();
    const seen: unknown[] = [];
    const onEvent = (event: StageEvent) => seen.push(event);
    seen.push(await client.call('double', { value: 1 }, { onEvent }));
    expect(seen).toEqual([{ event: 'phase', phase: 'Doubling' }, { value: 2 }]);
  });

  it('are refused beyond the number that may run at once, and taken again when one has ended', async () => {
    const [clientPort, serverPort] = createMemoryPortPair();
    serve(contract, plainHandlers, serverPort, { mostRunning: 2 });
    const client = createClient(contract, clientPort, 'test host');
    const stop = new AbortController();
    const waiting = [1, 2].map(() => client.call('wait', {}, { signal: stop.signal }));
    await expect(client.call('double', { value: 1 })).rejects.toMatchObject({
      code: 'contract/invalid',
      message: expect.stringContaining('2 calls are running already') as unknown,
    });
    stop.abort();
    await Promise.allSettled(waiting);
    expect(await client.call('double', { value: 1 })).toEqual({ value: 2 });
  });

  it('keep concurrent calls apart', async () => {
    const { client } = connect();
    const results = await Promise.all([1, 2, 3].map((value) => client.call('double', { value })));
    expect(results.map(({ value }) => value)).toEqual([2, 4, 6]);
  });

  it('bring a StudioError back with code, hint, details and cause', async () => {
    const { client } = connect({
      double: () => {
        const cause = new StudioError('io/disk-full', 'No space left.');
        const options = { hint: 'Do this.', details: { size: 3 }, cause };
        return Promise.reject(new StudioError('quantize/failed', 'It failed.', options));
      },
    });
    const error = await client.call('double', { value: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StudioError);
    expect(error).toMatchObject({
      code: 'quantize/failed',
      message: 'It failed.',
      hint: 'Do this.',
      details: { size: 3 },
      cause: { code: 'io/disk-full' },
    });
  });

  it('report what is not a StudioError as internal', async () => {
    const { client } = connect({ double: () => Promise.reject(new TypeError('x is undefined')) });
    await expect(client.call('double', { value: 1 })).rejects.toMatchObject({
      code: 'internal',
      message: 'x is undefined',
    });
  });

  it('refuse parameters that do not fit, naming the field', async () => {
    const { client } = connect();
    await expect(client.call('double', { value: 'one' as never })).rejects.toMatchObject({
      code: 'contract/invalid',
      message: expect.stringContaining('value') as string,
    });
  });

  it('refuse results and events that do not fit, so that a wrong host is noticed', async () => {
    const wrongResult = connect({ double: () => Promise.resolve({ value: 'x' as never }) });
    await expect(wrongResult.client.call('double', { value: 1 })).rejects.toMatchObject({
      code: 'contract/invalid',
      message: expect.stringContaining('result of "double"') as string,
    });
    const wrongEvent = connect({
      double: (_, { emit }) => {
        emit({ event: 'nonsense' } as never);
        return Promise.resolve({ value: 1 });
      },
    });
    await expect(wrongEvent.client.call('double', { value: 1 })).rejects.toMatchObject({
      code: 'contract/invalid',
    });
  });

  it('refuse methods that the contract does not have, inherited names included', async () => {
    const [clientPort, serverPort] = createMemoryPortPair();
    serve(contract, plainHandlers, serverPort);
    const answers: unknown[] = [];
    clientPort.onMessage((message) => answers.push(message));
    clientPort.send({ type: 'call', id: 0, method: 'toString', params: {} });
    clientPort.send({ type: 'nonsense' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(answers).toMatchObject([
      { type: 'ready' },
      { type: 'error', id: 0, error: { code: 'contract/invalid' } },
    ]);
  });

  it('fail all calls when a message arrives that breaks the protocol', async () => {
    const { client, serverPort } = connect();
    const waiting = client.call('wait', {});
    serverPort.send({ type: 'result' });
    await expect(waiting).rejects.toMatchObject({ code: 'contract/invalid' });
  });
});

describe('cancelling', () => {
  it('aborts the handler and rejects with cancelled', async () => {
    const { client } = connect();
    const controller = new AbortController();
    const waiting = client.call('wait', {}, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('does not start a call whose signal is aborted', async () => {
    const { client } = connect({
      double: () => Promise.reject(new Error('must not run')),
    });
    const signal = AbortSignal.abort(new StudioError('cancelled', 'Before.'));
    await expect(client.call('double', { value: 1 }, { signal })).rejects.toMatchObject({
      message: 'Before.',
    });
  });

  it('by stop ends every call, says done, and refuses new ones', async () => {
    const { client, stopCount } = connect();
    const waiting = client.call('wait', {}).catch((error: unknown) => error);
    client.stop();
    expect(await waiting).toMatchObject({ code: 'cancelled' });
    expect(await client.closed).toMatchObject({ crashed: false });
    expect(stopCount()).toBe(1);
  });

  it('happens by itself when the caller is gone', async () => {
    const { client, clientPort, stopCount } = connect();
    void client.call('wait', {}).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clientPort.close({ reason: 'disconnected', lastLines: [] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(stopCount()).toBe(1);
  });
});

describe('a host that ends without done', () => {
  it('is a crash that carries the reason and the last log lines', async () => {
    const { client, serverPort } = connect();
    const waiting = client.call('wait', {});
    serverPort.close({ reason: 'signal SIGABRT', lastLines: ['first', 'GGML_ASSERT(x) failed'] });
    await expect(waiting).rejects.toMatchObject({
      code: 'native/crashed',
      message: expect.stringMatching(/signal SIGABRT.*GGML_ASSERT/) as string,
      details: { lastLines: ['first', 'GGML_ASSERT(x) failed'], method: 'wait' },
    });
    expect(await client.closed).toMatchObject({ crashed: true });
    await expect(client.call('double', { value: 1 })).rejects.toMatchObject({
      code: 'native/crashed',
    });
  });

  it('is not called a crash by calls that were being cancelled', async () => {
    const { client, serverPort } = connect({ wait: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const waiting = client.call('wait', {}, { signal: controller.signal });
    controller.abort(new StudioError('cancelled', 'Cancelled.'));
    serverPort.close({ reason: 'signal SIGKILL', lastLines: [] });
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
