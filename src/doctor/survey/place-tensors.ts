// Decides where the data of each tensor really lies. Records can be wrong in three ways: one offset is damaged while the
// sizes of all tensors still add up; all offsets are honest but not in the order that llama.cpp demands; or the alignment
// entry is not the one that the file was written with. What the whole file proves wins over a single record.
import { padTo } from '#src/formats/gguf/check-layout.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import { lengthOf } from './read-pieces.ts';
import type { Survey, SurveyedTensor } from './survey.ts';

export type LayoutKind =
  /** As the format wants it. */
  | 'sound'
  /** Written with another alignment than the entry says. */
  | 'alignment'
  /** Some offsets are wrong; the sizes say where their data is. */
  | 'offsets'
  /** Every record is right, but the data is not in the records' order. */
  | 'order'
  /** Every record is right and in order, but there are gaps between tensors. */
  | 'gaps'
  /** A tensor's size by its shape is wrong: the offsets of the others prove it. */
  | 'shape'
  /** Offsets and sizes contradict each other, and nothing decides between them. */
  | 'unclear';

export interface Layout {
  readonly kind: LayoutKind;
  /** Where the data section starts, and what tensors are padded to, as it was written. */
  readonly dataOffset: number;
  readonly alignment: number;
  /** Per tensor (survey's order): offset inside the data section; undefined where nobody can say. */
  readonly offsets: readonly (number | undefined)[];
  /** Tensors whose record is not what it should be. */
  readonly wrong: readonly number[];
  /** Where the last tensor ends by the file, inside the data section, when its record says otherwise and is wrong. */
  readonly end?: number;
}

const otherAlignments = [
  32, 8, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536,
];

/** `dataEnd`: where the tensors should end at the latest by the file itself (its end, or where its first adapter lies). */
export function placeTensors(survey: Survey, dataEnd: number): Layout | undefined {
  const { tensors, headerEnd, alignment } = survey;
  if (headerEnd === undefined) return undefined;
  const claimed = arrange(tensors, headerEnd, alignment);
  const isWhole = tensors.every(({ byteLength }) => byteLength !== undefined);
  if (tensors.length === 0 || (claimed.wrong.length === 0 && fills(tensors, claimed, dataEnd))) {
    return claimed;
  }
  const byEnd = byEndOfFile(tensors, claimed, dataEnd);
  if (byEnd !== undefined) return byEnd;
  const hasLostRecords = tensors.length < survey.claimed.tensors && survey.faults.some(({ kind }) => kind === 'tensor'); // prettier-ignore
  if (hasLostRecords && isRising(tensors) && areDisjoint(tensors, claimed.dataOffset, Infinity)) {
    // The gaps are the tensors whose records were lost.
    return { ...claimed, kind: 'sound', offsets: tensors.map(({ offset }) => offset), wrong: [] };
  }
  const byType = claimed.wrong.length > 0 ? byNeighbours(survey, claimed, dataEnd) : undefined;
  const isTyped =
    byType?.kind === 'shape' &&
    byType.wrong.every((index) => typesThatFit(tensors, index, byType).length > 0);
  // A single record whose place is right and whose size another type would have: no alignment explains that better.
  if (isTyped && byType.wrong.length === 1) return byType;
  if (isWhole) {
    // All offsets follow from another alignment than the entry says, and the tensors then end where the file does.
    const hasEntry = survey.entries.some(({ key }) => key === 'general.alignment');
    for (const other of otherAlignments) {
      if (other === alignment || (!hasEntry && other < alignment)) continue;
      const layout = arrange(tensors, headerEnd, other);
      if (layout.wrong.length > 0) continue;
      const fits =
        fills(tensors, layout, dataEnd) ||
        (claimed.wrong.length > 0 && endOf(tensors, layout) <= dataEnd);
      if (fits) return { ...layout, kind: 'alignment' };
    }
  }
  if (claimed.wrong.length === 0) return claimed;
  if (isWhole) {
    const bySizes = endOf(tensors, claimed);
    const fillsFile = bySizes <= dataEnd && dataEnd - bySizes < Math.max(alignment, 64);
    if (fillsFile && !areDisjoint(tensors, claimed.dataOffset, dataEnd)) return claimed;
    if (areDisjoint(tensors, claimed.dataOffset, dataEnd)) {
      const recorded = tensors.map(({ offset }) => offset);
      // A damaged offset may point into nothing behind all tensors; then the sizes fill the file.
      if (fillsFile && !isPermuted(tensors, alignment)) return claimed;
      if (!isRising(tensors)) return { ...claimed, kind: 'order', offsets: recorded };
      // Gaps that other types would fill exactly are none: the types of those records are wrong.
      return isTyped ? byType : { ...claimed, kind: 'gaps', offsets: recorded };
    }
    // Single offsets are wrong where the chain goes on behind each as if it were right.
    const wrong = new Set(claimed.wrong);
    if (claimed.wrong.every((index) => !wrong.has(index + 1))) return claimed;
  }
  return byType ?? claimed;
}

/** The layout that follows from the sizes, as the format demands it. */
function arrange(tensors: readonly SurveyedTensor[], headerEnd: number, alignment: number): Layout {
  let expected: number | undefined = 0;
  const offsets: (number | undefined)[] = [];
  const wrong: number[] = [];
  for (const [index, { offset, byteLength }] of tensors.entries()) {
    // Behind a tensor of unknown size the next record says where it lies.
    expected ??= offset;
    offsets.push(expected);
    if (offset !== expected) wrong.push(index);
    expected = byteLength === undefined ? undefined : padTo(expected + byteLength, alignment);
  }
  const dataOffset = tensors.length === 0 ? headerEnd : padTo(headerEnd, alignment);
  return { kind: wrong.length === 0 ? 'sound' : 'offsets', dataOffset, alignment, offsets, wrong };
}

/** The file ends behind the last tensor, with or without its padding. */
function fills(tensors: readonly SurveyedTensor[], layout: Layout, dataEnd: number): boolean {
  const end = endOf(tensors, layout) - layout.dataOffset;
  const found = dataEnd - layout.dataOffset;
  return found === end || found === padTo(end, layout.alignment);
}

function endOf(tensors: readonly SurveyedTensor[], { dataOffset, offsets }: Layout): number {
  return dataOffset + (offsets.at(-1) ?? 0) + (tensors.at(-1)?.byteLength ?? 0);
}

/** True when the recorded places lie inside the file, are aligned as any writer would, and do not overlap. */
function areDisjoint(
  tensors: readonly SurveyedTensor[],
  dataOffset: number,
  dataEnd: number,
): boolean {
  let end = 0;
  for (const { offset, byteLength = Infinity } of byOffset(tensors)) {
    if (offset < end || offset % 8 !== 0 || dataOffset + offset + byteLength > dataEnd)
      return false;
    end = offset + byteLength;
  }
  return true;
}

function isRising(tensors: readonly SurveyedTensor[]): boolean {
  return tensors.every(({ offset }, index) => index === 0 || offset > (tensors[index - 1]?.offset ?? 0)); // prettier-ignore
}

/** True when the recorded places are contiguous in some other order. */
function isPermuted(tensors: readonly SurveyedTensor[], alignment: number): boolean {
  let expected = 0;
  for (const { offset, byteLength = 0 } of byOffset(tensors)) {
    if (offset !== expected) return false;
    expected = padTo(offset + byteLength, alignment);
  }
  return true;
}

function byOffset(tensors: readonly SurveyedTensor[]): SurveyedTensor[] {
  return [...tensors].sort((left, right) => left.offset - right.offset);
}

/**
 * The last tensor ends neither where the file does nor before it, and another type that tensors of its role have in other
 * blocks would end exactly there: its type is wrong, rather than the file cut at that very byte.
 */
function byEndOfFile(
  tensors: readonly SurveyedTensor[],
  claimed: Layout,
  dataEnd: number,
): Layout | undefined {
  const last = tensors.at(-1);
  if (last === undefined || claimed.wrong.length > 0) return undefined;
  const layout: Layout = { ...claimed, kind: 'shape', wrong: [tensors.length - 1], end: dataEnd - claimed.dataOffset }; // prettier-ignore
  const role = roleOf(last.name);
  const ofRole = new Set(tensors.slice(0, -1).flatMap(({ name, type }) => (roleOf(name) === role ? [type] : []))); // prettier-ignore
  const fitting = typesThatFit(tensors, tensors.length - 1, layout);
  return fitting.some((type) => type !== last.type && ofRole.has(type)) ? layout : undefined;
}

function roleOf(name: string): string {
  return name.replace(/^blk\.\d+\./, 'blk.*.');
}

/** Types of other tensors of the file, or any, by which a tensor fills the space to the next one. */
export function typesThatFit(
  tensors: readonly SurveyedTensor[],
  index: number,
  { offsets, alignment, end }: Pick<Layout, 'offsets' | 'alignment' | 'end'>,
): GgmlType[] {
  const tensor = tensors[index];
  const here = offsets[index];
  const next = offsets[index + 1] ?? end;
  if (tensor === undefined || here === undefined || next === undefined) return [];
  const fitting = (Object.keys(ggmlTypes) as GgmlType[]).filter((type) => {
    const bytes = lengthOf(ggmlTypes[type].id, tensor.shape);
    if (bytes === undefined) return false;
    // The padding of the last tensor may be absent.
    return padTo(bytes, alignment) === next - here || (index === tensors.length - 1 && bytes === next - here); // prettier-ignore
  });
  const used = new Set(tensors.filter((_, other) => other !== index).map(({ type }) => type));
  const known = fitting.filter((type) => used.has(type));
  return known.length > 0 ? known : fitting;
}

/** A size that contradicts the offsets around it is wrong where all other links of the chain hold and the file ends right. */
function byNeighbours(survey: Survey, claimed: Layout, dataEnd: number): Layout {
  const { tensors, alignment } = survey;
  const broken: number[] = [];
  for (let index = 0; index + 1 < tensors.length; index++) {
    const { offset, byteLength } = tensors[index] ?? { offset: 0, byteLength: undefined };
    const next = tensors[index + 1]?.offset;
    if (byteLength === undefined || padTo(offset + byteLength, alignment) !== next)
      broken.push(index);
  }
  const last = tensors.at(-1);
  const end = claimed.dataOffset + (last?.offset ?? 0) + (last?.byteLength ?? 0);
  const rising = isRising(tensors);
  const offsets = tensors.map(({ offset }) => offset);
  if (rising && end <= dataEnd && broken.length > 0 && broken.length * 4 <= tensors.length + 4) {
    return { ...claimed, kind: 'shape', offsets, wrong: broken };
  }
  // Nothing proves the records behind the first contradiction.
  const first = claimed.wrong[0] ?? tensors.length;
  return {
    ...claimed,
    kind: 'unclear',
    offsets: claimed.offsets.map((offset, index) => (index < first ? offset : undefined)),
  };
}
