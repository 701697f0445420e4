// A WebSocket client that is bound by no rule: it writes whatever bytes it is given, and reads the server's frames.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface RawSocket {
  readonly socket: Socket;
  /** Of the handshake's answer; undefined where the server ended the connection without one. */
  readonly status: number | undefined;
  readonly frames: Frame[];
  /** The other side has ended, or reset, the connection. */
  isClosed(): boolean;
  send(...bytes: Uint8Array[]): void;
  /** The first frame that fits, of those that came or come; undefined when the connection ends or the server says goodbye first. */
  until(fits: (frame: Frame) => boolean, what: string): Promise<Frame | undefined>;
  /** The server has said goodbye, or is gone. */
  closed(what: string): Promise<void>;
  destroy(): void;
}

/** Longest wait for anything that a server has to do at once. */
const patience = 60_000;

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** One frame as a browser sends it, or with whatever is named otherwise. */
export function frame(
  opcode: number,
  payload: Uint8Array | string,
  wrong: { fin?: boolean; reserved?: number; unmasked?: boolean; length?: bigint } = {},
): Buffer {
  const data = Buffer.from(payload);
  const length = wrong.length ?? BigInt(data.length);
  const first = (wrong.fin === false ? 0 : 0x80) | ((wrong.reserved ?? 0) << 4) | opcode;
  const maskBit = wrong.unmasked === true ? 0 : 0x80;
  const head = length < 126n && wrong.length === undefined
    ? Buffer.from([first, maskBit | Number(length)])
    : length < 65_536n && wrong.length === undefined
      ? Buffer.from([first, maskBit | 126, Number(length) >> 8, Number(length) & 255])
      : Buffer.concat([Buffer.from([first, maskBit | 127]), bigEndian(length)]);
  if (wrong.unmasked === true) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  for (let at = 0; at < data.length; at++) data[at] = (data[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([head, mask, data]);
} // prettier-ignore

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
}

/** A handshake as the page's browser makes it; headers that are undefined are left out. */
export function handshake(
  port: number,
  cookie: string | undefined,
  changed: Readonly<Record<string, string | undefined>> = {},
  first = 'GET /studio HTTP/1.1',
): Buffer {
  const headers: Record<string, string | undefined> = {
    Host: `127.0.0.1:${port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    Origin: `http://127.0.0.1:${port}`,
    Cookie: cookie,
    ...changed,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return Buffer.from([first, ...lines, '', ''].join('\r\n'), 'latin1');
}

/** Sends a handshake, and resolves when it is answered or the connection ends. `pieces`: sent one after the other. */
export function openRaw(port: number, pieces: readonly Uint8Array[], end = false): Promise<RawSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text: Buffer = Buffer.alloc(0);
    let status: number | undefined;
    let isOpen = false;
    let isClosed = false;
    const frames: Frame[] = [];
    const listeners = new Set<() => void>();
    const timer = setTimeout(() => reject(new Error('The handshake was not answered.')), patience);
    const wait = <Value>(look: () => Value | undefined, what: string) =>
      new Promise<Value | undefined>((found, failed) => {
        const late = setTimeout(() => failed(new Error(`Waited for ${what}.`)), patience);
        const check = () => {
          const value = look();
          // After its goodbye a server answers nothing, and may wait half a minute for ours.
          const isOver = isClosed || frames.some(({ opcode }) => opcode === opcodes.close);
          if (value === undefined && !isOver) return;
          clearTimeout(late);
          listeners.delete(check);
          found(value);
        };
        listeners.add(check);
        check();
      });
    const settle = () => {
      if (isOpen) return;
      isOpen = true;
      clearTimeout(timer);
      resolve({
        socket,
        status,
        frames,
        isClosed: () => isClosed,
        send: (...bytes) => {
          for (const one of bytes) if (!socket.destroyed) socket.write(one);
        },
        until: (fits, what) => wait(() => frames.find(fits), what),
        closed: async (what) =>
          void (await wait(() => frames.find(({ opcode }) => opcode === opcodes.close), what)),
        destroy: () => socket.destroy(),
      });
    };
    socket.on('data', (piece) => {
      text = Buffer.concat([text, piece]);
      if (status === undefined) {
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        status = Number(/^HTTP\/1\.1 (\d+)/.exec(text.toString('latin1'))?.[1]);
        text = text.subarray(head + 4);
        settle();
      }
      if (status === 101) {
        const known = frames.length;
        text = readFrames(text, frames);
        // Who answers no ping is held to be gone.
        for (const { opcode, payload } of frames.slice(known)) {
          if (opcode === opcodes.ping) socket.write(frame(opcodes.pong, payload));
        }
      }
      for (const listener of [...listeners]) listener();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isClosed = true;
      settle();
      for (const listener of [...listeners]) listener();
    });
    // The server's end is answered with ours, as `net` does by itself.
    for (const piece of pieces) socket.write(piece);
    if (end) socket.end();
  });
} // prettier-ignore

/** Takes whole frames off the front; a server's are not masked. Gives the rest. */
function readFrames(bytes: Buffer, into: Frame[]): Buffer {
  for (;;) {
    if (bytes.length < 2) return bytes;
    const short = (bytes[1] ?? 0) & 127;
    const headLength = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < headLength) return bytes;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short; // prettier-ignore
    if (bytes.length < headLength + length) return bytes;
    into.push({ opcode: (bytes[0] ?? 0) & 15, payload: bytes.subarray(headLength, headLength + length) }); // prettier-ignore
    bytes = bytes.subarray(headLength + length);
  }
}
