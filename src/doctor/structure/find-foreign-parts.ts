// Parts of a split that came from another level or another model, though their names, numbers and counts fit: what their
// headers say, and the types and shapes of their tensors beside those of the same role in the parts around them.
import { entryNumber, entryString } from '#src/formats/gguf/entries.ts';
import type { SplitSlot } from '../subject.ts';
import type { SurveyedTensor } from '../survey/survey.ts';
import type { FoundPart } from './find-parts.ts';

/** Roles that two parts have to share before anything is said of them. */
const fewestRoles = 3;
/** Share of those roles that has to differ: a level gives single roles more bits in some layers, never most of them. */
const mostAlike = 0.6;

/** Types and shapes by role: `blk.*.attn_q.weight`. */
type Profile = Map<string, { readonly types: Set<string>; readonly shapes: Set<string> }>;

/** Parts that do not belong to the first become `foreign`, and are left out of `parts`. */
export function findForeignParts(
  slots: readonly SplitSlot[] | undefined,
  parts: readonly FoundPart[],
): { readonly slots: readonly SplitSlot[] | undefined; readonly parts: readonly FoundPart[] } {
  if (slots === undefined || parts.length < 2) return { slots, parts };
  const profiles = new Map(parts.map((part) => [part, profileOf(part.survey.tensors)]));
  const anchor = parts.find((part) => (profiles.get(part)?.size ?? 0) >= fewestRoles) ?? parts[0];
  if (anchor === undefined) return { slots, parts };
  const own: Profile = new Map();
  join(own, profiles.get(anchor) ?? (new Map() as Profile));
  const reasons = new Map<string, string>();
  for (const part of parts) {
    if (part === anchor) continue;
    const profile = profiles.get(part) ?? (new Map() as Profile);
    const reason = otherHeader(anchor, part) ?? difference(own, profile, numberOf(slots, anchor));
    if (reason === undefined) join(own, profile);
    else reasons.set(part.fileName, reason);
  }
  if (reasons.size === 0) return { slots, parts };
  const isDoubtful = reasons.size * 2 >= parts.length;
  const doubt = isDoubtful ? '; one of the two was exchanged' : '';
  return {
    slots: slots.map((slot): SplitSlot => {
      const reason = slot.fileName === undefined ? undefined : reasons.get(slot.fileName);
      return reason === undefined ? slot : { ...slot, state: 'foreign', reason: reason + doubt };
    }),
    parts: parts.filter(({ fileName }) => !reasons.has(fileName)),
  };
}

/** Most writers put the model's entries into the first part alone; where others have them, they are the same. */
function otherHeader(anchor: FoundPart, part: FoundPart): string | undefined {
  const [mine, other] = [anchor.survey.entries, part.survey.entries];
  for (const key of ['general.architecture', 'general.name', 'studio.recipe']) {
    const [left, right] = [entryString(mine, key), entryString(other, key)];
    if (left === undefined || right === undefined || left === right) continue;
    return key === 'studio.recipe'
      ? `its recipe is not that of ${anchor.fileName}`
      : `its "${key}" is "${right.slice(0, 60)}", that of ${anchor.fileName} "${left.slice(0, 60)}"`;
  }
  const [left, right] = [mine, other].map((entries) => entryNumber(entries, 'general.file_type'));
  return left === undefined || right === undefined || left === right
    ? undefined
    : `its "general.file_type" is ${right}, that of ${anchor.fileName} ${left}`;
}

/** Only matrices of blocks: every part of a split has some, and a level gives those of one role one type or two. */
function profileOf(tensors: readonly SurveyedTensor[]): Profile {
  const profile: Profile = new Map();
  for (const { name, shape, type } of tensors) {
    if (type === undefined || (shape[1] ?? 1) <= 1 || !/^blk\.\d+\./.test(name)) continue;
    const role = name.replace(/^blk\.\d+\./, 'blk.*.');
    const known = profile.get(role) ?? { types: new Set(), shapes: new Set() };
    known.types.add(type);
    known.shapes.add(shape.join(' × '));
    profile.set(role, known);
  }
  return profile;
}

function join(own: Profile, other: Profile): void {
  for (const [role, { types, shapes }] of other) {
    const known = own.get(role) ?? { types: new Set(), shapes: new Set() };
    for (const type of types) known.types.add(type);
    for (const shape of shapes) known.shapes.add(shape);
    own.set(role, known);
  }
}

function difference(own: Profile, other: Profile, anchor: number): string | undefined {
  const shared = [...other.keys()].filter((role) => own.has(role));
  if (shared.length < fewestRoles) return undefined;
  for (const field of ['shapes', 'types'] as const) {
    const differing = shared.flatMap((role) => {
      // A role that has two types on one side says nothing of the other's level.
      const [mine, theirs] = [own.get(role)?.[field], other.get(role)?.[field]];
      const [left, right] = [only(mine), only(theirs)];
      if (left === undefined || right === undefined || left === right) return [];
      return [{ role, left, right }];
    });
    const [first] = differing;
    const isWeighty = differing.length >= fewestRoles && differing.length >= shared.length * mostAlike; // prettier-ignore
    if (first === undefined || !isWeighty) continue;
    const { role, left, right } = first;
    return field === 'shapes'
      ? `its tensors have the shapes of another model: ${role} is ${right}, in part ${anchor} ${left}`
      : `it comes from another level: ${role} is ${right}, in part ${anchor} ${left}, and ${differing.length - 1} more roles differ`;
  }
  return undefined;
}

function only(values: ReadonlySet<string> | undefined): string | undefined {
  return values?.size === 1 ? [...values][0] : undefined;
}

function numberOf(slots: readonly SplitSlot[], { fileName }: FoundPart): number {
  return (slots.find((slot) => slot.fileName === fileName)?.index ?? 0) + 1;
}
