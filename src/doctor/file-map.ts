// The map of a file: every stretch in file order without gaps, with the damaged ranges of the findings inside them. Parts
// of a split lie one behind the other.
import type { FileSegment } from '#src/contract/doctor/diagnosis.ts';
import type { FileRange, Finding } from '#src/contract/doctor/finding.ts';
import type { Subject, SubjectPart, SubjectTensor } from './subject.ts';

type Stretch = Omit<FileSegment, 'damaged'>;

export function mapOf(subject: Subject, findings: readonly Finding[]): FileSegment[] {
  const stretches = subject.parts.flatMap((part) => stretchesOf(part, subject));
  return withDamage(stretches, findings);
}

function stretchesOf(part: SubjectPart, subject: Subject): Stretch[] {
  const { survey, source, base } = part;
  const { size } = source;
  const stretches: Stretch[] = [];
  let at = 0;
  const add = (kind: FileSegment['kind'], end: number, name: string, type?: string) => {
    if (end <= at) return;
    const typed = type === undefined ? {} : { type };
    stretches.push({ offset: base + at, size: end - at, kind, name, ...typed });
    at = end;
  };
  add('header', Math.min(24, size), 'header');
  const lastEntry = survey.entries.at(-1);
  const metadataEnd = survey.metadataEnd ?? (lastEntry === undefined ? at : lastEntry.at + lastEntry.size); // prettier-ignore
  add('metadata', Math.min(metadataEnd, size), 'metadata');
  if (survey.headerEnd !== undefined)
    add('tensor-list', Math.min(survey.headerEnd, size), 'tensors');
  const own = subject.tensors.filter((tensor) => tensor.part === part && tensor.data !== undefined);
  const pieces = [...own.map(pieceOfTensor), ...membersOf(part, subject)];
  pieces.sort((left, right) => left.offset - right.offset);
  const lastTensor = own.reduce((end, { data }) => Math.max(end, (data?.offset ?? 0) + (data?.size ?? 0)), 0); // prettier-ignore
  for (const { offset, size: length, kind, name, type } of pieces) {
    // Damaged records may overlap; the map does not.
    add(offset - at < 65_536 ? 'padding' : 'unknown', Math.min(offset, size), '');
    if (offset >= at) add(kind, Math.min(offset + length, size), name, type);
  }
  const isRead = survey.headerEnd !== undefined;
  if (at < size) {
    const isPadding = isRead && size - at < Math.max(32, part.layout?.alignment ?? 32);
    add(isPadding ? 'padding' : isRead ? 'tail' : 'unknown', size, '');
  }
  if (lastTensor > size) {
    stretches.push({ offset: base + size, size: lastTensor - size, kind: 'missing', name: '' });
  }
  return stretches;
}

function pieceOfTensor({ data, name, type, typeId }: SubjectTensor): Stretch {
  return { offset: data?.offset ?? 0, size: data?.size ?? 0, kind: 'tensor', name, type: type ?? `type ${typeId}` }; // prettier-ignore
}

function membersOf(part: SubjectPart, { members, source }: Subject): Stretch[] {
  if (part.source !== source) return [];
  return members.map(({ name, offset, size }) => ({ offset, size, kind: 'adapter', name }));
}

/** Findings' ranges cut into the stretches that they lie in. */
function withDamage(stretches: readonly Stretch[], findings: readonly Finding[]): FileSegment[] {
  const segments: FileSegment[] = stretches.map((stretch) => ({ ...stretch, damaged: [] }));
  for (const { id, ranges, severity } of findings) {
    if (severity === 'info') continue;
    for (const range of ranges) {
      for (let index = firstTouched(segments, range); index < segments.length; index++) {
        const segment = segments[index];
        if (segment === undefined || segment.offset >= range.offset + range.size) break;
        const start = Math.max(range.offset, segment.offset);
        const end = Math.min(range.offset + range.size, segment.offset + segment.size);
        if (end > start) segment.damaged.push({ offset: start, size: end - start, finding: id });
      }
    }
  }
  return segments;
}

/** Index of the first segment that ends behind the range's start: segments are in order. */
function firstTouched(segments: readonly FileSegment[], { offset }: FileRange): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (segment !== undefined && segment.offset + segment.size <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
