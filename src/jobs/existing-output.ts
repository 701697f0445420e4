// What stands at an output's path before a build: nothing, a file that GGUF Studio built (it may be replaced), or someone
// else's (it may not). A file that is already exactly what is wanted, but has no record because a build was killed in
// that moment, is verified and taken over.
import { stat } from 'node:fs/promises';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufHeader } from '#src/formats/gguf/types.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import type { RecordStore } from '#src/io/record-store-file.ts';
import { readProvenance, type Provenance } from '#src/stages/package/provenance.ts';
import type { FactoryPorts } from './ports.ts';

export type ExistingOutput = 'none' | 'ours' | 'foreign';

/** Looks at a path; a file counts as ours by its record or by the provenance that it carries. */
export async function lookAtOutput(path: string, store: RecordStore): Promise<ExistingOutput> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return 'none';
  if (!status.isFile()) return 'foreign';
  if ((await store.findByPath(path)) !== undefined) return 'ours';
  const header = await readHeaderOf(path).catch(() => undefined);
  return header !== undefined && readProvenance(header.metadata) !== undefined ? 'ours' : 'foreign';
}

/** Throws `output/exists` for a file that GGUF Studio did not build. */
export async function refuseForeign(path: string, store: RecordStore): Promise<void> {
  if ((await lookAtOutput(path, store)) !== 'foreign') return;
  throw new StudioError('output/exists', `${path} exists and was not built by GGUF Studio.`, {
    hint: 'Move it away, choose another output folder, or replace it with --overwrite.',
  });
}

/**
 * The hash of a file that already is what is wanted, or undefined. Its provenance and size must be the wanted ones, and
 * every byte is checked against the hashes that it carries.
 */
export async function adoptOutput(
  path: string,
  wanted: { readonly provenance: Provenance; readonly size: number },
  ports: FactoryPorts,
  emit: EventSink,
  signal: AbortSignal,
): Promise<string | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true || status.size !== wanted.size) return undefined;
  const header = await readHeaderOf(path).catch(() => undefined);
  const found = header && readProvenance(header.metadata);
  if (found === undefined) return undefined;
  const { recipe, library, contextWindow } = wanted.provenance;
  const isWanted =
    found.recipe === recipe && found.library === library && found.contextWindow === contextWindow;
  if (!isWanted) return undefined;
  const quiet: EventSink = (event) => {
    if (event.event === 'log') emit(event);
  };
  const report = await ports.validate(path, { depth: 'structure', signal }, quiet);
  return report.passed ? hashFile(path, { signal }) : undefined;
}

/** Reads a GGUF's header from disk. */
export async function readHeaderOf(path: string): Promise<GgufHeader> {
  const source = await openFileByteSource(path);
  try {
    return await readGgufHeader(source);
  } finally {
    await source.close();
  }
}
