// The browser mode: one listener on the loopback address that gives out the window's files and carries the studio's contract
// over WebSockets, and OpenAI's `/v1` where a family is served. All tabs share one studio. Nothing native runs here.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { studioContract } from '#src/contract/studio.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { rendererFolder } from '#src/io/renderer-files.ts';
import { serve } from '#src/rpc/server.ts';
import type { Studio } from '#src/studio/studio-platform.ts';
import type { Family } from '#src/serving/family.ts';
import { answerRequest } from './answer-request.ts';
import { createV1, type V1Limits } from './answer-v1.ts';
import { isOwnHost, isOwnOrigin } from './request-checks.ts';
import { createSessions } from './session.ts';
import { createWebSocketPort } from './web-socket-port.ts';

export const defaultPort = 4890;
/** Ports tried from the default one on, when the user named none. */
const portsTried = 20;
/** Largest message of a tab, in bytes: a recipe's text at its limit, and its JSON. */
const largestMessage = 64 * 2 ** 20;
/** Calls of one tab that run at once; a window has a few dozen. More would let one client fill the memory. */
const mostRunning = 1_000;

export interface ServerOptions {
  /** Absent: no window is given out, only `/v1` answers. */
  readonly studio?: Pick<Studio, 'handlers'>;
  /** OpenAI's `/v1` over whatever family is served at the moment. */
  readonly v1?: {
    readonly token: string;
    readonly family: () => Family | undefined;
    readonly limits?: Partial<V1Limits>;
  };
  /** Absent: the default one, or the next that is free. 0: any free one. */
  readonly port?: number;
  /** Called with the address to open: at the start, and again each time one was used. */
  readonly onAddress?: (address: string) => void;
  /** The window's files; the built ones unless a test brings its own. */
  readonly folder?: string;
}

export interface StudioServer {
  readonly port: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts listening. Throws `usage/invalid` when the port is taken, `internal` when the window is not built. */
export async function startServer(options: ServerOptions): Promise<StudioServer> {
  const { studio, v1 } = options;
  const folder = studio === undefined ? '' : (options.folder ?? rendererFolder());
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000 });
  const port = await listen(server, options.port);
  const sessions = createSessions(port, () => options.onAddress?.(address()));
  const address = () => `http://127.0.0.1:${port}/?token=${sessions.token()}`;

  const answerV1 = v1 === undefined ? undefined : createV1({ port, ...v1 });
  server.on('request', (request, response) => {
    if (answerV1 !== undefined && (studio === undefined || isV1(request.url))) {
      answerV1(request, response).catch(() => response.destroy());
      return;
    }
    answerRequest(request, response, { port, sessions, folder }).catch(() => response.destroy());
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    clientTracking: true,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const { host, origin, cookie } = request.headers;
    const refusal = !isOwnHost(host, port)
      ? '421 Misdirected Request'
      : !isOwnOrigin(origin, host, port) || !sessions.holds(cookie)
        ? '403 Forbidden'
        : request.url !== '/studio' || studio === undefined
          ? '404 Not Found'
          : undefined;
    if (refusal !== undefined || studio === undefined) {
      socket.end(
        `HTTP/1.1 ${refusal ?? '404 Not Found'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      serve(studioContract, studio.handlers, createWebSocketPort(webSocket), { mostRunning }),
    );
  });

  if (studio !== undefined) options.onAddress?.(address());
  return {
    port,
    async close() {
      for (const client of sockets.clients) client.close(1001, 'the studio was ended');
      sockets.close();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      // Tabs that do not answer the goodbye are not waited for.
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
      }, 500).unref();
      server.closeIdleConnections();
      await ended;
    },
  };
}

function isV1(url: string | undefined): boolean {
  return /^\/v1(?:[/?]|$)/.test(url ?? '');
}

async function listen(server: Server, asked: number | undefined): Promise<number> {
  const first = asked ?? defaultPort;
  const last = asked === undefined ? first + portsTried - 1 : first;
  for (let port = first; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port < last) continue;
      const what =
        code === 'EADDRINUSE'
          ? first === last
            ? `Port ${port} is in use.`
            : `Ports ${first} to ${last} are all in use.`
          : `Port ${port} cannot be listened on: ${message}`;
      throw new StudioError('usage/invalid', what, {
        hint: 'Name another one: --port 5000, or --port 0 for any that is free.',
        cause: error,
      });
    }
  }
}
