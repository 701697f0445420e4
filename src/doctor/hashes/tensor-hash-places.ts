// Which hash of the file's list is which tensor's. The list counts the tensors of all parts of a split one behind the other;
// where a part is missing, those before it are counted from the list's start and those behind it from its end.
import type { Subject, SubjectPart } from '../subject.ts';

/** Position of each part's first tensor in the list; a part that nobody can place is left out. */
export function tensorHashPlaces(
  { parts, split }: Pick<Subject, 'parts' | 'split'>,
  count: number,
): ReadonlyMap<SubjectPart, number> {
  const places = new Map<SubjectPart, number>();
  const [first] = parts;
  if (first === undefined) return places;
  const sizeOf = (part: SubjectPart) => Math.max(part.survey.claimed.tensors, part.survey.tensors.length); // prettier-ignore
  const total = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const isWhole = split === undefined || parts.length === split.length;
  if (isWhole && total !== count) {
    // A list of the first part's own tensors.
    if (sizeOf(first) === count) places.set(first, 0);
    return places;
  }
  const slots: (SubjectPart | undefined)[] =
    split === undefined
      ? [...parts]
      : split.map(({ fileName, state }) =>
          state === 'there' || state === 'misnamed'
            ? parts.find((part) => part.fileName === fileName)
            : undefined,
        );
  let position = 0;
  for (const part of slots) {
    if (part === undefined) break;
    places.set(part, position);
    position += sizeOf(part);
  }
  let end = count;
  for (const part of slots.toReversed()) {
    if (part === undefined || places.has(part)) break;
    end -= sizeOf(part);
    if (end < position) break;
    places.set(part, end);
  }
  return places;
}
