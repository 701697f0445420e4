// Routing files as text: the routing set that ships, and the sets and traces that people name.
import { join } from 'node:path';
import { readFile, stat } from 'node:fs/promises';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { packageRoot } from './package-root.ts';

/** Routing sets, traces and manifests are text of people; more than this is something else. */
const maximumBytes = 64 * 2 ** 20;

/** Prompts of the eight subdomains of the embedded Seedling family. */
export function embeddedRoutingSetPath(): string {
  return join(packageRoot(), 'configs', 'routing', 'seedling.json');
}

/** Text of a routing set or trace. Throws `io/*`, and `routing/set` for a file that is far too large. */
export async function readRoutingText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) {
      throw new StudioError(
        'routing/set',
        `${path} has ${size} bytes; at most ${maximumBytes} are read.`,
        {
          hint: 'Check that this is the file you meant.',
        },
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    throw error instanceof StudioError ? error : toIoError(error, path);
  }
}
