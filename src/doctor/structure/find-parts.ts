// Puts the parts of a split together as far as they are there: under their names, under other names (what their metadata
// says decides), and says which places stay empty or hold a file that does not belong there.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import { parseSplitName, splitFileName } from '#src/formats/gguf/split-names.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { SplitSlot } from '../subject.ts';
import { latin1 } from './check-foreign.ts';
import { readSurvey } from '../survey/read-survey.ts';
import type { Survey } from '../survey/survey.ts';

/** The folder that the file lies in. */
export interface FolderAccess {
  /** Opens a file of the folder. Throws `io/not-found`. */
  open(fileName: string): Promise<ByteSource>;
  /** Names of the GGUF files in it. */
  list(): Promise<readonly string[]>;
}

export interface FoundPart {
  readonly fileName: string;
  readonly source: ByteSource;
  readonly survey: Survey;
}

/** Files of a folder that are looked into for a part under another name. */
const searchedFiles = 500;

interface Place {
  readonly index: number;
  readonly count: number;
  readonly tensors: number | undefined;
}

/** `opened` collects what was opened. */
export async function findParts(
  given: FoundPart,
  folder: FolderAccess,
  opened: ByteSource[],
): Promise<{ slots: readonly SplitSlot[] | undefined; parts: readonly FoundPart[] }> {
  const place = placeOf(given.survey);
  if (place === undefined || place.count <= 1 || place.count > limits.ggufParts) {
    return { slots: undefined, parts: [given] };
  }
  const { count } = place;
  const name = parseSplitName(given.fileName);
  const prefix = name?.prefix ?? (await prefixOfOthers(given.fileName, count, folder)) ?? given.fileName.replace(/\.gguf$/i, ''); // prettier-ignore
  const byName = new Map<string, FoundPart>([[given.fileName, given]]);
  const look = async (fileName: string): Promise<FoundPart | undefined> => {
    const known = byName.get(fileName);
    if (known !== undefined) return known;
    const source = await folder.open(fileName).catch(ignoreMissing);
    if (source === undefined) return undefined;
    opened.push(source);
    const isGguf = source.size >= 4 && latin1(await readBytes(source, 0, 4)) === 'GGUF'; // prettier-ignore
    if (!isGguf) return undefined;
    const part = { fileName, source, survey: await readSurvey(source) };
    byName.set(fileName, part);
    return part;
  };

  const expected = Array.from({ length: count }, (_, index) => splitFileName(prefix, index, count));
  const used: (FoundPart | undefined)[] = [];
  for (const [index, fileName] of expected.entries()) {
    const part = await look(fileName);
    used.push(part !== undefined && belongs(part, place, index) ? part : undefined);
  }
  if (used.includes(undefined)) {
    for (const fileName of (await folder.list()).slice(0, searchedFiles)) {
      // A file that is named as a part of another split belongs there.
      const other = parseSplitName(fileName);
      if (other !== undefined && other.prefix !== prefix) continue;
      const part = await look(fileName);
      const index = part === undefined ? undefined : placeOf(part.survey)?.index;
      if (part === undefined || index === undefined || used[index] !== undefined) continue;
      if (belongs(part, place, index)) used[index] = part;
    }
  }
  const slots = used.map((part, index): SplitSlot => slotOf(part, index, expected[index] ?? '', byName, place)); // prettier-ignore
  return { slots, parts: used.filter((part) => part !== undefined) };
}

function slotOf(
  part: FoundPart | undefined,
  index: number,
  expectedName: string,
  byName: ReadonlyMap<string, FoundPart>,
  place: Place,
): SplitSlot {
  if (part !== undefined) {
    const state = part.fileName === expectedName ? 'there' : 'misnamed';
    return { index, expectedName, state, fileName: part.fileName };
  }
  const squatter = byName.get(expectedName);
  if (squatter === undefined) return { index, expectedName, state: 'missing', fileName: undefined };
  const other = placeOf(squatter.survey);
  const reason =
    other === undefined
      ? 'its metadata says that it is no part of a split'
      : other.index !== index || other.count !== place.count
        ? `its metadata says part ${other.index + 1} of ${other.count}`
        : `it belongs to a model of ${other.tensors ?? '?'} tensors, the others to one of ${place.tensors ?? '?'}`;
  return { index, expectedName, state: 'foreign', fileName: expectedName, reason };
}

function belongs({ survey }: FoundPart, { count, tensors }: Place, index: number): boolean {
  const place = placeOf(survey);
  return place?.index === index && place.count === count && place.tensors === tensors;
}

function placeOf({ entries }: Survey): Place | undefined {
  const index = entryNumber(entries, 'split.no');
  const count = entryNumber(entries, 'split.count');
  if (index === undefined || count === undefined) return undefined;
  return { index, count, tensors: entryNumber(entries, 'split.tensors.count') };
}

/** The prefix that most other parts in the folder have, for a part that was renamed itself. */
async function prefixOfOthers(
  fileName: string,
  count: number,
  folder: FolderAccess,
): Promise<string | undefined> {
  const seen = new Map<string, number>();
  for (const other of await folder.list()) {
    const name = parseSplitName(other);
    if (other === fileName || name?.count !== count) continue;
    seen.set(name.prefix, (seen.get(name.prefix) ?? 0) + 1);
  }
  return [...seen].sort((left, right) => right[1] - left[1])[0]?.[0];
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
  throw error;
}
