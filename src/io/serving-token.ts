// The token that clients of `/v1` send: made once, kept in the studio's folder, readable by its owner alone, so that what a
// client was configured with goes on working.
import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { ensureOwnFolder, studioHome } from './studio-home.ts';

export function servingTokenPath(home = studioHome()): string {
  return join(home, 'serving-token');
}

/** The kept token, or a new one. Throws `io/*`. */
export async function servingToken(home = studioHome()): Promise<string> {
  await ensureOwnFolder(home);
  const path = servingTokenPath(home);
  for (;;) {
    const kept = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw toIoError(error, path);
    });
    if (kept !== undefined && isToken(kept.trim())) return kept.trim();
    if (kept !== undefined) {
      throw new StudioError('io/failed', `${path} holds no token.`, {
        hint: 'Delete the file: a new token is made.',
      });
    }
    const token = `gs-${randomBytes(24).toString('base64url')}`;
    // Whole or not at all: another program may read it in this moment, or make its own.
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      await writeFile(draft, `${token}\n`, { flag: 'wx', mode: 0o600 });
      await link(draft, path);
      return token;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw toIoError(error, path);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** What fits into a header and cannot be guessed. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{16,200}$/.test(text);
}
