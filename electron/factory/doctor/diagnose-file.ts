// Diagnoses one file on disk: joins the checks with libggml, Node's hash, the file's folder and what it is compared with.
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ComparedWith, Diagnosis, DiagnosisEvent } from '#src/contract/doctor/diagnosis.ts';
import { diagnose } from '#src/doctor/diagnose.ts';
import type { DoctorPorts } from '#src/doctor/findings.ts';
import { openSubject, type OpenedSubject } from '#src/doctor/open-subject.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { toIoError } from '#src/io/io-error.ts';
import { openBase } from '#src/jobs/open-sources.ts';
import type { RowCodec } from '../ffi/llama-library.types.ts';
import { nativeLibrary } from '../native-library.ts';
import { examineTemplatesApart } from './examine-templates.ts';
import { readListedHashes } from './read-listed-hashes.ts';

export interface DiagnoseFileOptions extends ComparedWith {
  readonly depth: 'header' | 'full';
  readonly signal: AbortSignal;
}

/** A file as far as it can be read, with the parts of a split beside it. The caller closes it. Throws `io/*`. */
export async function openSubjectFile(path: string): Promise<OpenedSubject> {
  const folder = dirname(path);
  return openSubject(await openFileByteSource(path), {
    open: (fileName) => openFileByteSource(join(folder, fileName)),
    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        throw toIoError(error, folder);
      });
      return names.filter((name) => /\.gguf$/i.test(name)).sort();
    },
  });
}

/** The static diagnosis of `path`. Throws `io/*`, what opening source or sibling throws, and `signal.reason`. */
export async function* diagnoseFile(
  path: string,
  { source, sibling, depth, signal }: DiagnoseFileOptions,
): AsyncGenerator<DiagnosisEvent, Diagnosis, void> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  const opened: { close(): Promise<void> }[] = [];
  const open = async (other: string | undefined) => {
    if (other === undefined) return undefined;
    const { content } = await openBase(other, { signal });
    opened.push(content);
    return content;
  };
  try {
    const subject = await openSubjectFile(path);
    opened.push(subject);
    const listedHashes = depth === 'full' ? await readListedHashes(path) : undefined;
    const file = { path, bytes: bytesOf(subject, status.size), modified: status.mtimeMs };
    return yield* diagnose(subject, file, {
      depth,
      signal,
      ports: doctorPorts(),
      source: await open(source),
      sibling: await open(sibling),
      listedHashes,
    });
  } finally {
    for (const each of opened) await each.close();
  }
}

/** Of a split, the parts together. */
function bytesOf(opened: OpenedSubject, size: number): number {
  if ('foreign' in opened) return size;
  return opened.subject.parts.reduce((sum, part) => sum + part.source.size, 0);
}

function doctorPorts(): DoctorPorts {
  // The library is opened when a weight is looked at: a file that is no GGUF needs none.
  let codec: RowCodec | undefined;
  const rows = () => (codec ??= nativeLibrary().rows);
  return {
    codec: {
      isFinite: (type, bytes) => rows().isFinite(type, bytes),
      decode: (type, bytes, target, count) => rows().decode(type, bytes, target, count),
    },
    createSha256() {
      const hash = createHash('sha256');
      return {
        update: (bytes) => void hash.update(bytes),
        digest: () => hash.digest('hex'),
      };
    },
    examineTemplates: examineTemplatesApart,
    now: () => performance.now() / 1000,
  };
}
