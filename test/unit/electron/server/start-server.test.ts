// The browser mode's door, with real requests: who gets in, who does not, and what they are told.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type StudioServer } from '#electron/server/start-server.ts';
import type { Studio } from '#src/studio/studio-platform.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Only one method is called here; what matters is who reaches it. */
const handlers = {
  listDrafts: () => Promise.resolve([]),
} as unknown as Studio['handlers'];

let folder: string;
let server: StudioServer;
const addresses: string[] = [];

/** A request as any program could send it: every header is free. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method,
        headers: { host: `127.0.0.1:${server.port}`, ...headers },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

function lastPath(): string {
  const { pathname, search } = new URL(addresses.at(-1) ?? '');
  return `${pathname}${search}`;
}

async function letIn(): Promise<string> {
  const { headers } = await ask(lastPath());
  const cookie = headers['set-cookie']?.[0]?.split(';')[0];
  if (cookie === undefined) throw new Error('No cookie was given.');
  return cookie;
}

/** Opens a WebSocket; resolves with it and what it gets, or with the status of its refusal. */
function connect(
  headers: Record<string, string>,
  path = '/studio',
): Promise<{ socket?: WebSocket; messages: string[]; refused?: number }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    const messages: string[] = [];
    // From the start: the first message comes with the handshake's answer.
    socket.on('message', (data: Buffer) => messages.push(data.toString('utf8')));
    socket.on('open', () => resolve({ socket, messages }));
    socket.on('unexpected-response', (_, response) => {
      resolve({ messages, refused: response.statusCode ?? 0 });
      response.destroy();
    });
    socket.on('error', () => undefined);
  });
}

const ownOrigin = () => `http://127.0.0.1:${server.port}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'studio-server-'));
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>studio</title>');
  writeFileSync(join(folder, 'renderer', 'assets', 'main-ABC.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  server = await startServer({
    studio: { handlers },
    port: 0,
    folder: join(folder, 'renderer'),
    onAddress: (address) => addresses.push(address),
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the address with the token', () => {
  it('lets a browser in once, with a cookie that scripts and other sites cannot use', async () => {
    const path = lastPath();
    const before = addresses.length;
    const first = await ask(path);
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^gguf-studio-${server.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
    );
    expect(first.body).toContain('http-equiv="refresh" content="0; url=/"');
    expect(addresses.length).toBe(before + 1);

    const second = await ask(path);
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('a new one is printed after each use');
  });

  it('is refused when the token is wrong, empty or only a beginning', async () => {
    const right = lastPath();
    for (const path of ['/?token=wrong', '/?token=', right.slice(0, -1), `${right}A`]) {
      const { status, headers } = await ask(path);
      expect([path, status, headers['set-cookie']]).toEqual([path, 403, undefined]);
    }
  });

  it('can be loaded again by the browser that it let in', async () => {
    const path = lastPath();
    const { headers } = await ask(path);
    const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    expect((await ask(path, { cookie })).status).toBe(200);
  });

  it('is not used up by a HEAD request of a preview', async () => {
    const path = lastPath();
    expect((await ask(path, {}, 'HEAD')).status).toBe(403);
    expect((await ask(path)).status).toBe(200);
  });
});

describe('files', () => {
  it('are given to nobody without the cookie', async () => {
    for (const path of ['/', '/index.html', '/assets/main-ABC.js']) {
      const { status, body } = await ask(path);
      expect([path, status]).toEqual([path, 403]);
      expect(body).toContain('has not been let in');
    }
    const cookie = `gguf-studio-${server.port}=wrong`;
    expect((await ask('/', { cookie })).status).toBe(403);
  });

  it('come with the policy, the page never cached and hashed names for ever', async () => {
    const cookie = await letIn();
    const page = await ask('/', { cookie });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/);
    expect(page.headers['cache-control']).toBe('no-store');
    const script = await ask('/assets/main-ABC.js', { cookie });
    expect(script.headers['cache-control']).toContain('immutable');
    expect(script.headers['content-type']).toContain('text/javascript');
  });

  it('outside the folder cannot be named in any spelling', async () => {
    const cookie = await letIn();
    const spellings = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%5c..%5csecret.txt',
      '//secret.txt',
      `/${encodeURIComponent(join(folder, 'secret.txt'))}`,
      '/secret.txt%00.html',
      '/%',
    ];
    for (const path of spellings) {
      const { status, body } = await ask(path, { cookie });
      expect([path, status, body.includes('secret')]).toEqual([path, 404, false]);
    }
  });

  it('can only be read', async () => {
    const cookie = await letIn();
    expect((await ask('/', { cookie }, 'POST')).status).toBe(405);
  });
});

describe('another name for this machine', () => {
  it('is refused before anything is looked at, the token included', async () => {
    const path = lastPath();
    const names = ['evil.example', `evil.example:${server.port}`, '127.0.0.1', '127.0.0.1:1'];
    for (const host of names) {
      expect([host, (await ask(path, { host })).status]).toEqual([host, 421]);
    }
    expect((await ask(path, { host: `localhost:${server.port}` })).status).toBe(200);
  });
});

describe('the WebSocket', () => {
  it('answers calls of the page that it gave out', async () => {
    const cookie = await letIn();
    const { socket, messages } = await connect({ cookie, origin: ownOrigin() });
    socket?.send(JSON.stringify({ type: 'call', id: 0, method: 'listDrafts', params: {} }));
    await expect
      .poll(() => messages.map((text) => JSON.parse(text) as unknown))
      .toEqual([
        { type: 'ready', protocol: 1 },
        { type: 'result', id: 0, result: [] },
      ]);
    socket?.close();
  });

  it('is refused without a cookie, with a wrong one, from another origin or none, under another name', async () => {
    const cookie = await letIn();
    const origin = ownOrigin();
    const cases: [string, Record<string, string>, number][] = [
      ['no cookie', { origin }, 403],
      ['a wrong cookie', { origin, cookie: `gguf-studio-${server.port}=wrong` }, 403],
      ['another origin', { cookie, origin: 'https://evil.example' }, 403],
      ['another port', { cookie, origin: 'http://127.0.0.1:1' }, 403],
      ['the other loopback name', { cookie, origin: `http://localhost:${server.port}` }, 403],
      ['no origin', { cookie }, 403],
      ['another host', { cookie, origin, host: `evil.example:${server.port}` }, 421],
    ];
    for (const [name, headers, status] of cases) {
      expect([name, (await connect(headers)).refused]).toEqual([name, status]);
    }
    expect((await connect({ cookie, origin }, '/elsewhere')).refused).toBe(404);
  });

  it('closes on what is not JSON, and lives on after a message that is no request', async () => {
    const cookie = await letIn();
    const { socket, messages } = await connect({ cookie, origin: ownOrigin() });
    socket?.send(JSON.stringify({ type: 'call', id: -1, method: '__proto__' }));
    socket?.send(JSON.stringify({ type: 'call', id: 1, method: '__proto__', params: {} }));
    await expect.poll(() => messages.at(-1)).toContain('There is no method');
    const closed = new Promise<number>((resolve) => socket?.on('close', resolve));
    socket?.send('{');
    expect(await closed).toBe(1003);
  });
});

describe('the port', () => {
  it('that is taken is named, with what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const started = startServer({
      studio: { handlers },
      port,
      folder,
      onAddress: () => undefined,
    });
    await expect(started).rejects.toMatchObject({
      code: 'usage/invalid',
      message: `Port ${port} is in use.`,
    });
    other.close();
  });
});
