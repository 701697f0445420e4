// The body of a request: bounded, and read as JSON.
import type { IncomingMessage } from 'node:http';
import { RequestError } from './openai-error.ts';

/** Throws RequestError 400, 413 and 415. A body that is too large is not read to its end. */
export async function readJsonBody(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? 'application/json';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new RequestError(415, 'The body has to be application/json.');
  }
  const bytes = await readBytes(request, mostBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new RequestError(400, 'The body is not valid JSON.', { code: 'invalid_json' });
  }
}

/** By its events: leaving a loop over the request would close the connection before anything is answered. */
function readBytes(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const refuse = () => {
      request.pause();
      reject(
        new RequestError(413, `The body is larger than ${mostBytes} bytes.`, {
          code: 'body_too_large',
        }),
      );
    };
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) return refuse();
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > mostBytes) return refuse();
      pieces.push(piece);
    });
    request.on('end', () => resolve(Buffer.concat(pieces)));
    request.on('error', reject);
    request.on('close', () => reject(new RequestError(400, 'The client went away.')));
  });
}
