// A hostile client of the WebSocket itself, over a bare connection to a real server: handshakes that are wrong, frames that are
// wrong, huge or half, texts that are no calls, calls of others. Nobody gets in who may not, the window that is open meanwhile is
// answered as before, and the server's memory is bounded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate, type Random } from '#test/fuzz/mutations.ts';
import { waitFor } from '#test/helpers/run-studio.ts';
import { damagedText } from './damaged-text.ts';
import { peakMemory, program, startKillable, type Killable } from './killable.ts';
import { frame, handshake, opcodes, openRaw, type RawSocket } from './raw-web-socket.ts';
import { casesOf, report } from './share.ts';

const mebibyte = 2 ** 20;
/** A server that only starts has about 100; one message may have 64, in pieces, joined, and as a text. */
const mostMebibytes = 700;

let folder = '';
let server: Killable | undefined;
let port = 0;
let cookie = '';
/** A window that does nothing wrong. */
let sound: RawSocket;
let soundCall = 1_000;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gguf-studio-socket-'));
  const started = startKillable([program, 'serve', '--port', '0', '--json'], folder);
  server = started;
  await waitFor(() => started.text().includes('"notices"'), 'the address');
  const address = /"window": "([^"]+)"/.exec(started.text())?.[1] ?? '';
  port = Number(new URL(address).port);
  cookie = (await fetch(address)).headers.getSetCookie()[0]?.split(';')[0] ?? '';
  sound = await openRaw(port, [handshake(port, cookie)]);
  expect(sound.status).toBe(101);
  sound.send(text({ type: 'call', id: 1, method: 'watch', params: {} }));
}, 180_000);
afterAll(async () => {
  sound.destroy();
  server?.kill(true);
  await server?.ended;
  rmSync(folder, { recursive: true, force: true });
});

const text = (message: unknown) => frame(opcodes.text, JSON.stringify(message));
const isAnswer = (id: number) => (one: { opcode: number; payload: Buffer }) =>
  one.opcode === opcodes.text && new RegExp(`^\\{"type":"(?:result|error)","id":${id}[,}]`).test(one.payload.toString('latin1', 0, 60)); // prettier-ignore

/** The window that did nothing wrong is answered, what it watches goes on, and the server is not larger than it may be. */
async function expectAlive(name: string): Promise<void> {
  expect(server?.child.exitCode, name).toBeNull();
  const id = soundCall++;
  sound.send(text({ type: 'call', id, method: 'listDomains', params: {} }));
  const answer = await sound.until(isAnswer(id), `${name}: an answer to the other window`);
  expect(answer?.payload.toString('utf8') ?? '', name).toContain('"result"');
  expect(sound.frames.some(isAnswer(1)), `${name}: what another window watches was ended`).toBe(false); // prettier-ignore
  // Kept from growing with the test.
  sound.frames.length = 0;
  expect(Math.round(peakMemory(server?.child.pid) / mebibyte), `${name}: MiB`).toBeLessThan(mostMebibytes); // prettier-ignore
}
const figuresOf = () => ({ peakMebibytes: Math.round(peakMemory(server?.child.pid) / mebibyte) });
const count = (outcomes: Record<string, number>, outcome: string) =>
  (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1);
const openSound = async () => {
  const opened = await openRaw(port, [handshake(port, cookie)]);
  expect(opened.status).toBe(101);
  return opened;
};

/** Handshakes of which each is wrong in one way. */
function wrongHandshake(random: Random): { bytes: Buffer; end?: boolean } {
  const other = random.pick([`http://127.0.0.1:${port + 1}`, 'http://evil.example', 'null', '', `https://127.0.0.1:${port}`, `http://127.0.0.1:${port}/`, `http://127.0.0.1:${port}.evil.example`, `http://localhost:${port}`]); // prettier-ignore
  const value = cookie.split('=')[1] ?? '';
  const name = cookie.split('=')[0] ?? '';
  return random.pick<() => { bytes: Buffer; end?: boolean }>([
    () => ({ bytes: handshake(port, cookie, { Origin: other }) }),
    () => ({ bytes: handshake(port, cookie, { Origin: undefined }) }),
    () => ({ bytes: handshake(port, undefined) }),
    () => ({ bytes: handshake(port, random.pick([`${name}=`, `${name}=${value.slice(1)}`, `${name}=${value}A`, `${name}=${'x'.repeat(8_000)}`, `${name}-=${value}`, `x${name}=${value}`, `${name}=${value.toUpperCase()}`, ';;;=;='])) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, { Host: random.pick(['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port}@evil.example`, `0.0.0.0:${port}`, '']) }) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, { 'Sec-WebSocket-Version': random.pick(['0', '12', '99', 'x', null]) ?? undefined }) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, { 'Sec-WebSocket-Key': random.pick(['', 'x', 'A'.repeat(24), 'A'.repeat(4_000), null]) ?? undefined }) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, { Upgrade: random.pick(['h2c', 'websocketx', null]) ?? undefined }) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, {}, random.pick(['POST /studio HTTP/1.1', 'GET / HTTP/1.1', 'GET /studio/ HTTP/1.1', 'GET /studio/../studio HTTP/1.1', 'GET /v1/models HTTP/1.1', 'CONNECT /studio HTTP/1.1'])) }), // prettier-ignore
    () => ({ bytes: handshake(port, cookie, { 'X-Filler': 'x'.repeat(20_000) }) }),
    // Half of one, and no more.
    () => ({ bytes: handshake(port, cookie).subarray(0, 20 + random.below(100)), end: true }),
    () => ({ bytes: Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]), end: true }), // prettier-ignore
  ])();
}

/** Frames that a browser never sends, and what is then due: `ends`, the connection must be closed by the server. */
function wrongFrames(random: Random): { bytes: Buffer[]; ends: boolean } {
  const call = JSON.stringify({ type: 'call', id: 1, method: 'listDomains', params: {} });
  return random.pick<() => { bytes: Buffer[]; ends: boolean }>([
    () => ({ bytes: [frame(opcodes.binary, random.pick([call, '', '\u0000\u0001']))], ends: true }), // prettier-ignore
    () => ({ bytes: [frame(opcodes.text, call, { unmasked: true })], ends: true }),
    () => ({ bytes: [frame(opcodes.text, call, { reserved: 1 + random.below(7) })], ends: true }),
    () => ({ bytes: [frame(random.pick([3, 4, 7, 11, 15]), call)], ends: true }),
    () => ({ bytes: [frame(opcodes.continuation, call)], ends: true }),
    () => ({ bytes: [frame(opcodes.text, call, { fin: false }), frame(opcodes.text, call)], ends: true }), // prettier-ignore
    () => ({ bytes: [frame(opcodes.ping, 'x'.repeat(126 + random.below(500)))], ends: true }),
    () => ({ bytes: [frame(opcodes.ping, 'x', { fin: false })], ends: true }),
    () => ({ bytes: [frame(opcodes.text, Buffer.from([0x7b, 0xff, 0xfe, 0xc0, 0x80, 0x7d]))], ends: true }), // prettier-ignore
    // A character that its fragments divide wrongly.
    () => ({ bytes: [frame(opcodes.text, Buffer.from([0xe2, 0x82]), { fin: false }), frame(opcodes.continuation, Buffer.from([0x41]))], ends: true }), // prettier-ignore
    () => ({ bytes: [frame(opcodes.close, random.pick([Buffer.from([3]), Buffer.from([3, 237]), Buffer.from([0, 1]), Buffer.from([3, 232, 0xff])]))], ends: true }), // prettier-ignore
    // Lengths that no memory has; nothing follows.
    () => ({ bytes: [frame(opcodes.text, 'x', { length: random.pick([64n * 2n ** 20n + 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) })], ends: true }), // prettier-ignore
    // Allowed, and waited for: then the client is gone.
    () => ({ bytes: [frame(opcodes.text, 'x', { length: BigInt(2 + random.below(60 * mebibyte)) })], ends: false }), // prettier-ignore
    () => ({ bytes: [frame(opcodes.text, call).subarray(0, 1 + random.below(20))], ends: false }),
    () => ({ bytes: Array.from({ length: 500 }, () => frame(opcodes.ping, 'x')), ends: false }),
    () => ({ bytes: Array.from({ length: 500 }, () => frame(opcodes.pong, '')), ends: false }),
    () => ({ bytes: [frame(opcodes.text, 'x', { fin: false }), ...Array.from({ length: 2_000 }, () => frame(opcodes.continuation, '', { fin: false }))], ends: false }), // prettier-ignore
    () => ({ bytes: [Buffer.from(mutate(new Uint8Array(frame(opcodes.text, call)), random))], ends: false }), // prettier-ignore
  ])();
}

/** Texts that are no calls, or not of this client, or of no method; the last word is whether the connection ends. */
function hostileText(random: Random): { message: string; ends: boolean | undefined } {
  const object = (message: object) => ({ message: JSON.stringify(message), ends: false });
  const call = { type: 'call', id: 7, method: 'listDomains', params: {} };
  return random.pick<() => { message: string; ends: boolean | undefined }>([
    () => ({ message: random.pick(['', '{', 'x', '[1,', '\u0000', "{'a':1}", 'undefined', 'NaN', '\ufeff{}']), ends: true }), // prettier-ignore
    () => ({ message: random.pick(['null', '1', '"call"', '[]', '{}', 'true', '[[]]', '-0', '1e999']), ends: false }), // prettier-ignore
    () => ({ message: '['.repeat(1_000 + random.below(200_000)), ends: true }),
    () => ({ message: `${'['.repeat(5_000)}${']'.repeat(5_000)}`, ends: false }),
    () => ({ message: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type":"call","id":7,"method":"listDomains","params":{"__proto__":{"polluted":1}}}', ends: false }), // prettier-ignore
    () => object({ ...call, method: random.pick(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'stop', 'x'.repeat(100_000)]) }), // prettier-ignore
    () => object({ ...call, id: random.pick([-1, 1.5, 2 ** 53, null, '7', {}]) }),
    () => object({ ...call, params: random.pick([null, [], 'x', 7, { extra: 1 }]) }),
    // What other windows have begun: numbers of calls are each connection's own.
    () => object({ type: 'cancel', id: random.pick([0, 1, 2, soundCall, 7]) }),
    () => object({ type: 'stop' }),
    () => object({ type: random.pick(['ready', 'result', 'event', 'done', 'error', '']), id: 1, result: [], event: {} }), // prettier-ignore
    () => ({ message: Buffer.from(damagedText(Buffer.from(JSON.stringify(call)), random)).toString('utf8'), ends: undefined }), // prettier-ignore
  ])();
}

/** A text in fragments, with pings between them, as the protocol allows. */
function inFragments(message: string, random: Random): Buffer[] {
  const data = Buffer.from(message);
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length || at === 0;) {
    const end = Math.min(data.length, at + 1 + random.below(Math.max(1, data.length)));
    const opcode = at === 0 ? opcodes.text : opcodes.continuation;
    pieces.push(frame(opcode, data.subarray(at, end), { fin: end === data.length }));
    if (random.below(2) === 0 && end < data.length) pieces.push(frame(opcodes.ping, 'between'));
    if (end === data.length) break;
    at = end;
  }
  return pieces;
}

describe.runIf(process.platform === 'linux')('a hostile client of the WebSocket', () => {
  it('that shakes hands wrongly is refused or cut off', async () => {
    const cases = casesOf('socket handshakes');
    const outcomes: Record<string, number> = {};
    for (const { random, name, index } of cases) {
      const { bytes, end } = wrongHandshake(random);
      // At once, or slowly.
      const at = random.below(bytes.length);
      const pieces = random.below(2) === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
      const opened = await openRaw(port, pieces, end);
      expect(opened.status, `${name}: ${bytes.toString('latin1').slice(0, 600)}`).not.toBe(101);
      count(outcomes, String(opened.status ?? 'cut off'));
      opened.destroy();
      if (index % 20 === 0) await expectAlive(name);
    }
    await expectAlive('after all');
    report('hostile handshakes', cases, { outcomes, ...figuresOf() });
  }, 3_600_000);

  it('that sends wrong frames is cut off', async () => {
    const cases = casesOf('socket frames');
    const outcomes: Record<string, number> = {};
    for (const { random, name, index } of cases) {
      const opened = await openSound();
      const { bytes, ends } = wrongFrames(random);
      opened.send(...bytes);
      if (ends) await opened.closed(`${name}: the end of the connection`);
      const close = opened.frames.find(({ opcode }) => opcode === opcodes.close);
      count(outcomes, !ends ? 'left' : close === undefined || close.payload.length < 2 ? 'cut off' : String(close.payload.readUInt16BE(0))); // prettier-ignore
      // Half of those that are left go without a word.
      if (random.below(2) === 0) opened.socket.resetAndDestroy();
      else opened.destroy();
      if (index % 20 === 0) await expectAlive(name);
    }
    await expectAlive('after all');
    report('hostile frames', cases, { outcomes, ...figuresOf() });
  }, 3_600_000);

  it('that sends texts which are no calls of its own is ignored, refused or cut off, and harms no other', async () => {
    const cases = casesOf('socket messages');
    const outcomes: Record<string, number> = {};
    for (const { random, name, index } of cases) {
      const opened = await openSound();
      const { message, ends } = hostileText(random);
      opened.send(...(random.below(2) === 0 ? inFragments(message, random) : [frame(opcodes.text, message)])); // prettier-ignore
      if (ends === true) {
        await opened.closed(`${name}: the end of the connection`);
        count(outcomes, 'cut off');
      } else {
        // What comes after it is answered, but for a client that has said that it stops.
        opened.send(...inFragments(JSON.stringify({ type: 'call', id: 99, method: 'listDomains', params: {} }), random)); // prettier-ignore
        const answer = await opened.until(isAnswer(99), `${name}: an answer after it`);
        const told = answer?.payload.toString('utf8') ?? '';
        if (ends === false) expect(told, `${name}: ${message.slice(0, 200)}`).not.toBe('');
        if (ends === false && !message.includes('"stop"')) expect(told, name).toContain('"result"');
        count(outcomes, told === '' ? 'cut off' : told.includes('"result"') ? 'answered after' : 'stopped'); // prettier-ignore
      }
      expect(opened.frames.some(({ payload }) => payload.includes('"code":"internal"')), name).toBe(false); // prettier-ignore
      opened.destroy();
      if (index % 20 === 0) await expectAlive(name);
    }
    await expectAlive('after all');
    report('hostile texts', cases, { outcomes, ...figuresOf() });
  }, 3_600_000);

  it('that floods, sends more than a message may have, or only waits, takes no more memory than it may', async () => {
    // Calls whose answers it never reads.
    const deaf = await openSound();
    deaf.socket.pause();
    for (let id = 0; id < 20_000; id++) {
      const method = id % 2 === 0 ? 'watch' : 'listRecipes';
      deaf.send(text({ type: 'call', id, method, params: {} }));
    }
    await expectAlive('20,000 calls whose answers are not read');

    // One message in pieces that never ends.
    const endless = await openSound();
    const piece = Buffer.alloc(mebibyte, 0x20);
    endless.send(frame(opcodes.text, piece, { fin: false }));
    for (let sent = 1; sent < 80 && !endless.isClosed(); sent++) {
      await new Promise<void>((resolve) => {
        if (endless.socket.destroyed) return resolve();
        endless.socket.write(frame(opcodes.continuation, piece, { fin: false }), () => resolve());
      });
    }
    await endless.closed('the end of a message without an end');
    await expectAlive('a message without an end');

    // Many that say nothing, before and after the handshake.
    const silent = await Promise.all(Array.from({ length: 200 }, () => openSound()));
    const half = Array.from({ length: 200 }, () => openRaw(port, [handshake(port, cookie).subarray(0, 60)])); // prettier-ignore
    await expectAlive('400 silent connections');
    for (const one of silent) one.destroy();
    deaf.destroy();
    await expectAlive('all of them gone');
    // Those are ended with the server.
    void Promise.allSettled(half);
    report('hostile floods', { asked: 1, ran: 1, *[Symbol.iterator]() {} }, figuresOf());
  }, 600_000);
});
