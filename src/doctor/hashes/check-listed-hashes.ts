// The whole file against what lists beside it name; of a split, every part by itself.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { CheckContext, Draft } from '../findings.ts';
import type { Subject, SubjectPart } from '../subject.ts';
import type { ListedHash } from './listed-hash.ts';

const slabBytes = 4 << 20;

export interface TensorHashResult {
  /** The file carries a hash for every tensor, and all of them were met. */
  readonly allMet: boolean;
}

/** Gives a sentence on what was met; undefined where no list names a file. */
export async function* checkListedHashes(
  subject: Subject,
  context: CheckContext,
  tensors: TensorHashResult,
): AsyncGenerator<StageEvent | Draft, string | undefined, void> {
  const met: string[] = [];
  const lists = new Set<string>();
  for (const part of partsOf(subject)) {
    const listed = context.listedHashes?.get(part.fileName) ?? [];
    if (listed.length === 0) continue;
    const found = yield* hashAll(part.source, context);
    const other = listed.filter(({ sha256 }) => sha256 !== found);
    const [first] = other;
    if (first === undefined) {
      met.push(part.fileName);
      for (const { from } of listed) lists.add(from);
      continue;
    }
    const isStale = other.length < listed.length;
    const names = (some: readonly ListedHash[]) => some.map(({ from }) => from).join(' and ');
    const what = subject.parts.length > 1 ? `${part.fileName}: the part's` : "The file's";
    const dropped = droppedAdapters(subject, listed);
    yield {
      code: 'hashes/file',
      ...(isStale ? { severity: 'warning' as const } : {}),
      message: isStale
        ? `${what} SHA-256 is the one that ${names(listed.filter(({ sha256 }) => sha256 === found))} names, but ${names(other)} names another.`
        : `${what} SHA-256 is not the one that ${names(other)} ${other.length === 1 ? 'names' : 'name'}${dropped.length === 0 ? '' : `, and it lacks the ${dropped.length === 1 ? 'adapter' : 'adapters'} ${dropped.join(', ')} that should ride in it`}.`,
      evidence: {
        ...(subject.parts.length > 1 ? { part: part.fileName } : {}),
        expected: first.sha256,
        found,
        from: names(other),
        ...(dropped.length === 0 ? {} : { adapters: dropped }),
      },
      ...causeOf(isStale, dropped, tensors, names(other)),
    };
  }
  if (met.length === 0) return undefined;
  const what = subject.parts.length > 1 ? `${met.length} parts have` : 'the file has';
  return `${what} the SHA-256 that ${[...lists].join(' and ')} names`;
}

/** The given file alone where it is no part of what was put together. */
function partsOf({ parts, source, label }: Subject): readonly Pick<SubjectPart, 'fileName' | 'source'>[] {
  if (parts.some((part) => part.source === source)) return parts;
  return [{ fileName: label.split(/[/\\]/).at(-1) ?? label, source }, ...parts];
} // prettier-ignore

/** What a package says that rides in the file, and the file does not list. */
function droppedAdapters({ metadata }: Subject, listed: readonly ListedHash[]): string[] {
  const hasList = metadata.some(({ key }) => key.startsWith('studio.bundle.'));
  return hasList ? [] : [...new Set(listed.flatMap(({ bundled = [] }) => bundled))];
}

function causeOf(
  isStale: boolean,
  dropped: readonly string[],
  { allMet }: TensorHashResult,
  from: string,
): Partial<Draft> {
  if (isStale) {
    return {
      cause: 'One of the lists was not written anew when the file was.',
      remedy: 'Make the package again, or correct the list: the file itself is proven by the other one.',
    };
  }
  if (dropped.length > 0) {
    return {
      cause: 'A tool that does not know bundles rewrote the file and dropped the adapters and their list.',
      remedy: 'Fetch the file again, or pack the adapters into it again: gguf-studio package add.',
    };
  }
  if (allMet) {
    return {
      cause: `Every tensor is what was built, so the metadata were edited, or the file was built again after ${from} was written.`,
      remedy: `Fetch the file again, or make ${from} anew when the change is meant.`,
    };
  }
  return {};
} // prettier-ignore

async function* hashAll(
  source: ByteSource,
  { ports, signal }: CheckContext,
): AsyncGenerator<StageEvent, string, void> {
  const hash = ports.createSha256();
  yield { event: 'phase', phase: 'Hashing', detail: source.label };
  for (let offset = 0; offset < source.size; offset += slabBytes) {
    signal.throwIfAborted();
    const length = Math.min(slabBytes, source.size - offset);
    hash.update(await readBytes(source, offset, length));
    yield { event: 'progress', done: offset + length, total: source.size, unit: 'bytes' };
  }
  return hash.digest();
}
