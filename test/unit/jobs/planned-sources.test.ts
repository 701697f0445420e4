// Files that a plan opens, as the system lists them: none may stay open when the plan is given up.
import { cp, mkdtemp, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAbort } from '#src/errors/studio-error.ts';
import { hashSourceFiles, listSourceFiles } from '#src/io/source-hash.ts';
import { openPlannedSources } from '#src/jobs/planned-sources.ts';

const adapters = fileURLToPath(new URL('../../../assets/seedling/adapters/', import.meta.url));
const nodes = ['conditions', 'anatomy'].map((name) => ({
  id: name,
  kind: 'adapter' as const,
  path: name,
  scale: 1,
}));
const oldHome = process.env['GGUF_STUDIO_HOME'];
let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'planned-sources-')));
  process.env['GGUF_STUDIO_HOME'] = join(folder, 'home');
  for (const { path } of nodes) {
    // Hashes of files that were written just now are not remembered.
    await cp(adapters + path, join(folder, path), { recursive: true, preserveTimestamps: true });
  }
});
afterEach(async () => {
  if (oldHome === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = oldHome;
  await rm(folder, { recursive: true });
});

/** Files below the folder that this process has open. */
async function openFiles(): Promise<string[]> {
  const handles = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    handles.map((handle) => readlink(`/proc/self/fd/${handle}`).catch(() => '')),
  );
  return paths.filter((path) => path.startsWith(folder)).sort();
}

describe.runIf(process.platform === 'linux')('sources of a plan', () => {
  const { signal } = new AbortController();

  it('are open until the plan closes them', async () => {
    const sources = await openPlannedSources(nodes, folder, () => undefined, signal);
    expect(sources.broken.size).toBe(0);
    expect(await openFiles()).toEqual(
      ['anatomy', 'conditions'].map((name) => join(folder, name, 'adapter_model.safetensors')),
    );
    await sources.close();
    expect(await openFiles()).toEqual([]);
  });

  it('are closed when the plan is cancelled while another one is still read', async () => {
    // The first needs no reading any more and opens; the second ends at its first byte.
    const known = await listSourceFiles(join(folder, 'conditions'), 'adapter');
    await hashSourceFiles(known, { signal });
    const error: unknown = await openPlannedSources(
      nodes,
      folder,
      () => undefined,
      AbortSignal.abort(),
    ).catch((reason: unknown) => reason);
    expect(isAbort(error)).toBe(true);
    expect(await openFiles()).toEqual([]);
  });
});
