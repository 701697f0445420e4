// Writes an export and everything that its texts name: adapters out of bundles, files in the other program's layout.
import { dirname, join } from 'node:path';
import { readFile, stat } from 'node:fs/promises';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openMember } from '#src/formats/bundle/read-bundle.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { resolveInside } from '#src/io/resolve-inside.ts';
import { sha256OfSource } from '#src/io/sha256.ts';
import { findMembers } from '../bundle/find-members.ts';
import { openParent } from '../bundle/open-parent.ts';
import { writeIfChanged } from '../checksums.ts';
import { copyInto } from '../copy-into.ts';
import { planHash, writePieces } from '../write-pieces.ts';
import type { NeededAdapter, RouterExport } from './router-export.ts';

export interface WriteExportOptions {
  /** Absolute folder of the manifest. */
  readonly family: string;
  /** Absolute folder to write into. */
  readonly folder: string;
  readonly overwrite: boolean;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** Absolute paths of what lies there now. Throws `output/exists`, `bundle/invalid` and I/O errors. */
export async function writeExport(
  exported: RouterExport,
  { family, folder, overwrite, emit, signal }: WriteExportOptions,
): Promise<string[]> {
  const paths: string[] = [];
  await makeFolder(folder);
  for (const { name, text } of exported.files) {
    const path = join(folder, name);
    await refuseOther(path, text, overwrite);
    await writeIfChanged(path, text);
    paths.push(path);
  }
  for (const adapter of exported.adapters) {
    emit({ event: 'phase', phase: 'Unpacking', detail: adapter.name });
    await unpack(adapter, family, overwrite, signal);
    paths.push(adapter.path);
  }
  for (const { file, to } of exported.copies) {
    emit({ event: 'phase', phase: 'Copying', detail: to });
    const path = join(folder, ...to.split('/'));
    await copyInto(await resolveInside(family, file), path, { overwrite, signal });
    paths.push(path);
  }
  return paths;
}

async function unpack(
  { parentFile, name, path }: NeededAdapter,
  family: string,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<void> {
  const parent = await openParent(await resolveInside(family, parentFile));
  try {
    const [member] = findMembers(parent, [name]);
    if (member === undefined) return;
    const source = await openMember(parent.source, member, (slice) =>
      sha256OfSource(slice, signal),
    );
    if ((await hashFile(path, { signal }).catch(() => undefined)) === member.sha256) return;
    await makeFolder(dirname(path));
    await writePieces(path, {
      size: member.size,
      pieces: [{ source, from: 0, size: member.size, at: 0 }],
      plan: planHash(['unpack', member.sha256]),
      overwrite,
      inputs: [parent.path],
      signal,
    });
  } finally {
    await parent.close();
  }
}

/** A text that someone edited is not written over. */
async function refuseOther(path: string, text: string, overwrite: boolean): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || overwrite) return;
  const isSame =
    status.isFile() &&
    status.size === Buffer.byteLength(text) &&
    (await readFile(path, 'utf8').catch(() => undefined)) === text;
  if (isSame) return;
  throw new StudioError('output/exists', `${path} exists already and says something else.`, {
    hint: 'Choose another folder, or have it replaced (on the command line: --overwrite).',
  });
}
