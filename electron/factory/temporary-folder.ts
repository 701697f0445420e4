// The factory host's own folder for short-lived files (plans without weights, merges that are measured). Marked, so that
// `clean` may empty it.
import { join } from 'node:path';
import { ensureOwnFolder, studioHome } from '#src/io/studio-home.ts';

/** Creates the folder and gives its path. */
export function temporaryFolder(): Promise<string> {
  return ensureOwnFolder(join(studioHome(), 'temporary'));
}
