// What measured files were calibrated on, as far as it is known: a quantized GGUF names its importance matrix and that one's
// first text, the matrix names all of its texts. Texts that can still be found are compared with those that are measured on.
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { EventSink } from '#src/contract/stage-events.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';

/** A file that may have been quantized with an importance matrix. */
export interface CalibratedFile {
  readonly path: string;
  readonly metadata: readonly GgufEntry[];
}

export interface CalibrationContext {
  /** The matrix that files will be quantized with. */
  readonly imatrix?: string | undefined;
  readonly emit: EventSink;
}

/** Longer is no text that anybody compares line by line. */
const maximumBytes = 1 << 30;

/**
 * Paths of the calibration texts that are still there, each once. A notice tells of those that are not: an overlap with them
 * cannot be seen.
 */
export async function knownCalibration(
  files: readonly CalibratedFile[],
  { imatrix, emit }: CalibrationContext,
): Promise<string[]> {
  const paths = new Set<string>();
  const missing = new Set<string>();
  const look = async (name: string, folders: readonly string[]) => {
    const found = await findFile(name, folders);
    if (found === undefined) missing.add(name);
    else paths.add(found);
  };
  const read = new Map<string, readonly string[] | undefined>();
  const datasetsOf = async (matrix: string) => {
    if (!read.has(matrix)) read.set(matrix, await readDatasets(matrix));
    return read.get(matrix);
  };
  for (const { path, metadata } of files) {
    const file = textOf(metadata, 'quantize.imatrix.file');
    const dataset = textOf(metadata, 'quantize.imatrix.dataset');
    const own = dirname(path);
    const matrix = file === undefined ? undefined : await findFile(file, [own]);
    const datasets = matrix === undefined ? undefined : await datasetsOf(matrix);
    const folders = [...(matrix === undefined ? [] : [dirname(matrix)]), own];
    for (const name of datasets ?? (dataset === undefined ? [] : [dataset])) {
      await look(name, folders);
    }
  }
  if (imatrix !== undefined) {
    for (const name of (await datasetsOf(imatrix)) ?? []) await look(name, [dirname(imatrix)]);
  }
  for (const name of missing) {
    const message = `An importance matrix was made from ${name}, which is not here: whether what is measured on shares lines with it cannot be told. Name it as a calibration text (--calibration).`;
    emit({ event: 'notice', level: 'warning', message });
  }
  return [...paths];
}

function textOf(metadata: readonly GgufEntry[], key: string): string | undefined {
  const value = entryValue(metadata, key);
  return value?.type === 'string' && value.value !== '' ? value.value : undefined;
}

/** As it was typed, or beside the file that names it. */
async function findFile(name: string, folders: readonly string[]): Promise<string | undefined> {
  const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  for (const path of places) {
    const status = await stat(path).catch(() => undefined);
    if (status?.isFile() === true && status.size <= maximumBytes) return path;
  }
  return undefined;
}

/** Undefined for what is no importance matrix (any more). */
async function readDatasets(path: string): Promise<readonly string[] | undefined> {
  const source = await openFileByteSource(path).catch(() => undefined);
  if (source === undefined) return undefined;
  try {
    return (await readImatrix(source)).datasets;
  } catch {
    return undefined;
  } finally {
    await source.close();
  }
}
