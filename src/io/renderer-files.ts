// The window's built files (dist/renderer), for both of its hosts: Electron's app:// protocol and the server of the browser
// mode. One place decides what may be read and under which headers.
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '#src/errors/studio-error.ts';
import { pathInside } from './is-inside.ts';

/**
 * Nothing inline, nothing remote, no eval, nothing framed. Styles are the one concession: libraries of the interface set
 * style attributes and add <style> elements.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

export interface RendererFile {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers of every answer, with the caching that fits: hashed names for ever, everything else never. */
export function rendererHeaders(contentType: string, cached = false): Record<string, string> {
  return {
    ...securityHeaders,
    'content-type': contentType,
    'cache-control': cached ? 'public, max-age=31536000, immutable' : 'no-store',
  };
}

/** The folder of the built window. Throws `internal` when it was not built. */
export function rendererFolder(): string {
  // From a bundle (dist/main, dist/cli), or from source.
  const folder = ['../renderer', '../../dist/renderer']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(join(path, 'index.html')) && existsSync(join(path, 'assets')));
  if (folder !== undefined) return folder;
  throw new StudioError('internal', 'The window is not built (dist/renderer).', {
    hint: 'Run npm run build.',
  });
}

/**
 * Reads the file that a URL's path names. Undefined for what is not there, is of no served kind, or lies outside the
 * folder, however the path spells it.
 */
export async function readRendererFile(
  folder: string,
  urlPath: string,
): Promise<RendererFile | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const name = decoded === '/' ? 'index.html' : decoded.replace(/^\/+/, '');
  const path = resolve(folder, name);
  const inside = pathInside(folder, path);
  if (inside === undefined || inside === '') return undefined;
  const contentType = contentTypes[extname(path)];
  if (contentType === undefined) return undefined;
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return { bytes, headers: rendererHeaders(contentType, inside.startsWith('assets/')) };
}
