// A bundled parent's adapters: is the list sound, does the tail exist, and is every adapter what was packed.
import { readBytes, sliceByteSource } from '#src/formats/bytes/byte-source.ts';
import { alignBundle, bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { CheckContext, Draft } from '../findings.ts';
import { rangeIn, type Subject } from '../subject.ts';
import { bytesText } from './bytes-text.ts';
import { endOfData } from './check-end.ts';

const slabBytes = 4 << 20;

/** Gives the number of adapters that are sound. */
export async function* checkBundle(
  subject: Subject,
  { ports, signal }: CheckContext,
): AsyncGenerator<StageEvent | Draft, number, void> {
  const { metadata, members, bundleProblem, source } = subject;
  const listed = metadata.filter(({ key }) => key.startsWith('studio.bundle.'));
  if (listed.length === 0) return 0;
  const keys = listed.map(({ key }) => key);
  const names = stringsOf(subject, bundleKeys.names);
  const part = subject.parts.find((each) => each.source === source);
  if (bundleProblem !== undefined || entryValue(metadata, bundleKeys.version) === undefined) {
    const end = part === undefined ? undefined : endOfData(part);
    const isGone = end !== undefined && names.length > 0 && source.size < Math.ceil(end / 32) * 32 + 4; // prettier-ignore
    const missing = end === undefined ? 0 : missingBytes(subject, end);
    const problem = bundleProblem?.message.replace(`${source.label}: `, '') ?? `"${bundleKeys.version}" is missing.`; // prettier-ignore
    yield {
      code: isGone || missing > 0 ? 'bundle/tail-missing' : 'bundle/list',
      message: isGone
        ? `The file lists ${names.length} adapters (${names.join(', ')}), but ends behind its last tensor.`
        : missing > 0
          ? `The file lists ${names.length} adapters (${names.join(', ')}), but ends ${bytesText(missing)} before their end.`
          : `The list of bundled adapters is wrong: ${problem}`,
      ...(missing > 0 && !isGone ? { cause: 'A download or copy stopped before its end.' } : {}),
      evidence: { names, size: source.size, ...(end === undefined ? {} : { endOfTensors: end }), ...bundleProblem?.details }, // prettier-ignore
      keys,
      ...(names.length > 0 ? { fix: { kind: 'restore-adapters', names } } : {}),
    };
    return 0;
  }
  let sound = 0;
  for (const member of members) {
    signal.throwIfAborted();
    yield { event: 'phase', phase: 'Checking adapters', detail: member.name };
    const slice = sliceByteSource(source, member.offset, member.size);
    const hash = ports.createSha256();
    for (let offset = 0; offset < slice.size; offset += slabBytes) {
      signal.throwIfAborted();
      hash.update(await readBytes(slice, offset, Math.min(slabBytes, slice.size - offset)));
    }
    const found = hash.digest();
    if (found === member.sha256) {
      sound++;
      continue;
    }
    yield {
      code: 'bundle/adapter-damaged',
      message: `The adapter "${member.name}" is not what was packed: its SHA-256 differs.`,
      evidence: { name: member.name, domain: member.domain, expected: member.sha256, found, offset: member.offset, bytes: member.size }, // prettier-ignore
      ranges: part === undefined ? [] : [rangeIn(part, member.offset, member.size)],
      fix: { kind: 'restore-adapters', names: [member.name] },
    };
  }
  return sound;
}

/** Of a list whose adapters lie exactly one behind the other from the tensors' end on: what the file lacks of them. */
function missingBytes(subject: Subject, end: number): number {
  const offsets = numbersOf(subject, bundleKeys.offsets);
  const sizes = numbersOf(subject, bundleKeys.sizes);
  if (offsets.length !== sizes.length) return 0;
  let last = end;
  for (const [index, offset] of offsets.entries()) {
    if (offset !== alignBundle(last)) return 0;
    last = offset + (sizes[index] ?? 0);
  }
  return Number.isSafeInteger(last) ? Math.max(0, last - subject.source.size) : 0;
}

function numbersOf({ metadata }: Subject, key: string): number[] {
  const value = entryValue(metadata, key);
  if (value?.type !== 'array' || value.elementType !== 'uint64') return [];
  return Array.from({ length: Math.min(value.value.length, 1000) }, (_, index) => Number(value.value[index] ?? 0n)); // prettier-ignore
}

function stringsOf({ metadata }: Subject, key: string): string[] {
  const value = entryValue(metadata, key);
  if (value?.type !== 'array' || value.elementType !== 'string') return [];
  return value.value.slice(0, 1000);
}
