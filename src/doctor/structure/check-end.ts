// The end of a file: tensors that are cut off, to the byte, and bytes behind the last tensor that nothing refers to.
import { bundleAlignment } from '#src/formats/bundle/bundle-entries.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import type { Draft } from '../findings.ts';
import { rangeIn, type Subject, type SubjectPart } from '../subject.ts';
import { bytesText } from './bytes-text.ts';
import { typesThatFit } from '../survey/place-tensors.ts';
import { latin1 } from './check-foreign.ts';

/** Writers pad the last tensor to the alignment, some to a page of memory; zeros up to that are nothing to tell of. */
const naturalPadding = 4096;
const named = 100;

/** Where the data of the last tensor ends; its padding is not needed. */
export function endOfData({ survey, layout }: SubjectPart): number | undefined {
  if (layout === undefined) return undefined;
  if (layout.end !== undefined) return layout.dataOffset + layout.end;
  let end: number = layout.dataOffset;
  for (const [index, offset] of layout.offsets.entries()) {
    const { byteLength } = survey.tensors[index] ?? {};
    if (offset === undefined) return undefined;
    end = Math.max(end, layout.dataOffset + offset + (byteLength ?? 0));
  }
  return end;
}

export function* checkTruncation(part: SubjectPart, subject: Subject): Generator<Draft, void> {
  const end = endOfData(part);
  const { size } = part.source;
  if (part.survey.tensors.length === 0 || end === undefined || end <= size) return;
  const cut = subject.tensors
    .filter((tensor) => tensor.part === part && tensor.data !== undefined)
    .map((tensor) => ({ ...tensor, missing: (tensor.data?.size ?? 0) - tensor.present }))
    .filter(({ missing }) => missing > 0);
  const [first] = cut;
  if (first === undefined) return;
  const whole = cut.filter(({ present }) => present === 0).length;
  const others =
    cut.length === 1
      ? ''
      : ` and ${cut.length - 1} more behind it${whole > 0 ? ` (${whole} are missing as a whole)` : ''}`;
  const where = subject.parts.length > 1 ? ` of ${part.fileName}` : '';
  yield {
    code: 'structure/truncated',
    message: `${bytesText(end - size)}${where} are missing at the end: "${first.name}" has ${first.present} of its ${first.data?.size ?? 0} bytes${others}.`,
    evidence: {
      size,
      expectedSize: end,
      missingBytes: end - size,
      count: cut.length,
      tensors: cut
        .slice(0, named)
        .map(({ name, missing, data }) => ({ name, missingBytes: missing, bytes: data?.size })),
      ...(subject.parts.length > 1 ? { part: part.fileName } : {}),
    },
    tensors: cut.map(({ name }) => name),
    ranges: [rangeIn(part, size, end - size)],
    ...(cut.length === 1 ? { cause: causeOf(part) } : {}),
    fix: { kind: 'recover-tensors', tensors: cut.map((tensor) => recoverable(tensor)) },
  };
}

/** A last tensor whose recorded type is wrong looks like one that is cut off; the place of the file's end tells them apart. */
function causeOf({ survey, layout, source }: SubjectPart): string {
  const stopped = 'A download or copy stopped before its end';
  if (layout === undefined) return `${stopped}.`;
  const index = survey.tensors.length - 1;
  const types = typesThatFit(survey.tensors, index, { ...layout, end: source.size - layout.dataOffset }); // prettier-ignore
  return types.length === 0
    ? `${stopped}. The tensor's type is not in doubt: with no other would it end where the file does.`
    : `${stopped}; or the type of the tensor is recorded wrongly: as ${types.slice(0, 3).join(' or ')} it would end exactly where the file does.`;
}

function recoverable({
  name,
  shape,
  present,
  byteLength,
}: {
  name: string;
  shape: readonly number[];
  present: number;
  byteLength: number | undefined;
}): { name: string; rows?: { first: number; count: number } } {
  const rows = shape.slice(1).reduce((product, size) => product * size, 1);
  if (byteLength === undefined || rows <= 1 || present === 0) return { name };
  const first = Math.floor(present / (byteLength / rows));
  return { name, rows: { first, count: rows - first } };
}

/** Reads the beginning of what lies behind the last tensor. */
export async function* checkTail(
  part: SubjectPart,
  subject: Subject,
): AsyncGenerator<Draft, void, void> {
  const end = endOfData(part);
  const { size } = part.source;
  // What a bundle's list says of the tail is the bundle check's matter; an unclear layout says nothing about the end.
  if (end === undefined || part.layout?.kind === 'unclear') return;
  // The tail may be the tensors whose records were lost.
  if (part.survey.tensors.length < part.survey.claimed.tensors) return;
  const isBundle = subject.metadata.some(({ key }) => key.startsWith('studio.bundle.'));
  const tail = size - end;
  const alignment = Math.max(part.layout?.alignment ?? bundleAlignment, bundleAlignment);
  if (isBundle || tail < alignment) return;
  const head = await readBytes(part.source, end, Math.min(tail, naturalPadding));
  if (tail <= naturalPadding && head.every((byte) => byte === 0)) return;
  const padded = head.subarray(Math.ceil(end / alignment) * alignment - end);
  const isGguf = latin1(padded.subarray(0, 4)) === 'GGUF';
  const isZeros = head.every((byte) => byte === 0);
  yield {
    code: 'structure/unknown-tail',
    message: `${bytesText(tail)} lie behind the last tensor${isGguf ? ', beginning like another GGUF file' : isZeros ? ', zeros at least at their beginning' : ''}; nothing in the file refers to them.`,
    evidence: { endOfTensors: end, size, tailBytes: tail, looksLike: isGguf ? 'gguf' : isZeros ? 'zeros' : 'unknown' }, // prettier-ignore
    ranges: [rangeIn(part, end, tail)],
    fix: { kind: 'cut-tail' },
    ...(isGguf
      ? { cause: 'Two files were joined, or a tool dropped the list of the adapters that ride there.' } // prettier-ignore
      : {}),
  };
}
