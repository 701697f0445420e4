// Answers plain HTTP requests: the address with the token, and the window's files for whoever holds the cookie.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readRendererFile, rendererHeaders } from '#src/io/renderer-files.ts';
import { plainPage } from './plain-page.ts';
import { isOwnHost } from './request-checks.ts';
import type { Sessions } from './session.ts';

export interface HttpOptions {
  readonly port: number;
  readonly sessions: Sessions;
  readonly folder: string;
}

const htmlType = 'text/html; charset=utf-8';

/** Writes the whole answer of one request. Never throws for anything that a client can send. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  const { port, sessions, folder } = options;
  const send = (status: number, body: string | Buffer, headers: Record<string, string>) => {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const refuse = (status: number, title: string, ...paragraphs: string[]) =>
    send(status, plainPage(title, paragraphs), rendererHeaders(htmlType));

  if (!isOwnHost(request.headers.host, port)) {
    return refuse(
      421,
      'This is not the address of this studio',
      `It answers only as 127.0.0.1:${port} or localhost:${port}.`,
      `Through a tunnel, use the same port at both ends: ssh -L ${port}:127.0.0.1:${port}`,
    );
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(405, 'Only pages can be asked for here', 'Everything else goes over WebSocket.');
  }
  // Split by hand: URL would read a path that begins with two slashes as another host's.
  const [pathname = '/', query] = (request.url ?? '/').split('?', 2);
  const token = new URLSearchParams(query).get('token');
  if (pathname === '/' && token !== null) {
    const cookie = request.method === 'GET' ? sessions.redeem(token) : undefined;
    if (cookie !== undefined) {
      // Not a 303: browsers hold back a SameSite=Strict cookie on a redirect that another site's link began.
      return send(200, plainPage('Opening GGUF Studio …', [], { forwardTo: '/' }), {
        ...rendererHeaders(htmlType),
        'set-cookie': cookie,
      });
    }
    // Reloading the address in a browser that is already in does no harm.
    if (sessions.holds(request.headers.cookie)) {
      return send(
        200,
        plainPage('Opening GGUF Studio …', [], { forwardTo: '/' }),
        rendererHeaders(htmlType),
      );
    }
    return refuse(
      403,
      'This address was used already',
      'Each address lets one browser in, once.',
      'Open the last address that the terminal of "gguf-studio serve" shows: a new one is printed after each use.',
    );
  }
  if (!sessions.holds(request.headers.cookie)) {
    return refuse(
      403,
      'This browser has not been let in',
      'Open the last address that the terminal of "gguf-studio serve" shows. It ends in a token that works once.',
    );
  }
  const file = await readRendererFile(folder, pathname);
  if (file === undefined) return refuse(404, 'There is no such page', 'Go back to the start: /');
  send(200, file.bytes, { ...file.headers });
}
