// Starts test/helpers/job-owner.ts as a real process.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** `folder` takes the bundle; the job lies in the store of `home`. Resolves when the job is in the store. */
export async function startJobOwner(
  folder: string,
  home: string,
): Promise<{ child: ChildProcess; id: string }> {
  const outfile = join(folder, 'job-owner.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./job-owner.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  const child = spawn(process.execPath, [outfile, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, id: text.toString('utf8').trim() };
}
