// The browser's door to the studio: what its WebSocket makes of closing and of senders that are no studio.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectToStudio } from '#renderer/studio-client.ts';

/** The part of the browser's WebSocket that the door uses; Node 20 has none. */
class BrowserSocket extends EventTarget {
  static readonly OPEN = 1;
  static last: BrowserSocket | undefined;
  readonly readyState = 1;
  readonly sent: string[] = [];
  closedWith: [number, string] | undefined;
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;

  constructor(readonly address: URL) {
    super();
    BrowserSocket.last = this;
  }
  send(text: string) {
    this.sent.push(text);
  }
  close(code: number, reason: string) {
    this.closedWith = [code, reason];
    this.end(reason);
  }
  end(reason: string) {
    this.dispatchEvent(Object.assign(new Event('close'), { reason }));
  }
  receive(data: unknown) {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

beforeEach(() => {
  vi.stubGlobal('window', { location: { href: 'https://studio.test:8321/?key=1' } });
  vi.stubGlobal('WebSocket', BrowserSocket);
});
afterEach(() => vi.unstubAllGlobals());

function connecting() {
  const client = connectToStudio();
  const socket = BrowserSocket.last;
  if (socket === undefined) throw new Error('no socket was opened');
  return { client, socket };
}

describe('the door of a browser', () => {
  it('opens beside the page and sends calls as JSON', async () => {
    const { client, socket } = connecting();
    expect(socket.address.href).toBe('wss://studio.test:8321/studio');
    socket.onopen?.();
    const call = (await client).call('listRecipes', {});
    expect(JSON.parse(socket.sent[0] ?? '')).toEqual({
      type: 'call',
      id: 0,
      method: 'listRecipes',
      params: {},
    });
    socket.end('');
    await expect(call).rejects.toMatchObject({ code: 'native/crashed' });
    expect((await (await client).closed).reason).toBe('the connection was closed');
  });

  it('tells that it closed also when that was before anyone listened', async () => {
    const { client, socket } = connecting();
    socket.onopen?.();
    socket.end('the server stopped');
    expect((await (await client).closed).reason).toBe('the server stopped');
  });

  it.each([['{"type":'], [new ArrayBuffer(4)]])('hangs up on %s', async (data) => {
    const { client, socket } = connecting();
    socket.onopen?.();
    const { closed } = await client;
    socket.receive(data);
    expect(socket.closedWith).toEqual([4003, 'a message was not JSON']);
    expect((await closed).reason).toBe('a message was not JSON');
  });

  it('says what to do when nobody answers', async () => {
    const { client, socket } = connecting();
    socket.onerror?.();
    await expect(client).rejects.toMatchObject({
      code: 'internal',
      message: 'The studio does not answer.',
    });
  });
});
