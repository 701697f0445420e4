// Serves the window's files as app://studio/…: a real origin of its own, with headers, which file:// cannot have.
import { protocol, type Session } from 'electron';
import { readRendererFile, rendererHeaders } from '#src/io/renderer-files.ts';
import { isStudioUrl, studioScheme } from './sender-guard.ts';

/** Must run before the app is ready. */
export function registerStudioScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: studioScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

/**
 * Answers app:// requests of a session from `folder`. `theme` is written into the page, so that its first paint already has
 * the right colours.
 */
export function serveStudioFiles(
  session: Session,
  folder: string,
  theme: () => 'dark' | 'light',
): void {
  session.protocol.handle(studioScheme, async (request) => {
    const { pathname } = new URL(request.url);
    const file =
      request.method === 'GET' && isStudioUrl(request.url)
        ? await readRendererFile(folder, pathname)
        : undefined;
    if (file === undefined) {
      return new Response('There is no such file.', {
        status: 404,
        headers: rendererHeaders('text/plain; charset=utf-8'),
      });
    }
    const isPage = file.headers['content-type']?.startsWith('text/html') === true;
    const body = isPage
      ? file.bytes.toString('utf8').replace('<html', `<html data-theme="${theme()}"`)
      : new Uint8Array(file.bytes);
    return new Response(body, { headers: { ...file.headers } });
  });
}
