// Hashes: of every tensor, where the file carries them, and of the whole file, where a list beside it names one.
import { entryValue } from '#src/formats/gguf/entries.ts';
import { provenanceKeys, tensorHashPlaceholder } from '#src/stages/package/provenance.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { CheckContext, CheckEnd, Draft } from '../findings.ts';
import { rangeIn, type Subject, type SubjectPart } from '../subject.ts';
import type { ScannedSubject } from '../values/read-tensors.ts';
import { checkListedHashes } from './check-listed-hashes.ts';
import { tensorHashPlaces } from './tensor-hash-places.ts';

/** `scanned`: what reading the tensors gave; undefined when they were not read. */
export async function* checkTensorHashes(
  subject: Subject,
  context: CheckContext,
  scanned: ScannedSubject | undefined,
): AsyncGenerator<StageEvent | Draft, CheckEnd, void> {
  const told: string[] = [];
  const listed = entryValue(subject.metadata, provenanceKeys.tensorHashes);
  let allMet = false;
  if (listed !== undefined) {
    const total = subject.tensors.length;
    const isList = listed.type === 'array' && listed.elementType === 'string';
    const hashes = isList ? listed.value : [];
    const isSound = hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash) && hash !== tensorHashPlaceholder); // prettier-ignore
    const places = tensorHashPlaces(subject, hashes.length);
    if (!isList || !isSound || places.size === 0) yield* wrongList(subject, isList, hashes, total);
    else if (scanned !== undefined) {
      const { checked, wrong } = compareWithList(scanned, hashes, places);
      yield* tellWrong(wrong, checked, subject);
      const count = checked.length - wrong.length;
      allMet = wrong.length === 0 && count === total;
      if (count > 0) told.push(`${count} tensors have the SHA-256 that was written`);
    }
  }
  const lists = yield* checkListedHashes(subject, context, { allMet });
  if (lists !== undefined) told.push(lists);
  if (told.length === 0) {
    const summary =
      listed === undefined
        ? 'The file carries no hashes, and no list beside it names one.'
        : 'No hash of the file could be compared.';
    return { summary, skipped: true };
  }
  const text = told.join('; ');
  return { summary: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` };
}

type Scanned = ScannedSubject['tensors'][number];
type Wrong = Scanned & { readonly expected: string };

/** Names that a damaged record lost shift nothing: hashes go by the position of the record. */
function compareWithList(
  { tensors }: ScannedSubject,
  hashes: readonly string[],
  places: ReadonlyMap<SubjectPart, number>,
): { readonly checked: readonly Scanned[]; readonly wrong: readonly Wrong[] } {
  const checked: Scanned[] = [];
  const wrong: Wrong[] = [];
  for (const each of tensors) {
    const place = places.get(each.tensor.part);
    const expected = place === undefined ? undefined : hashes[place + each.tensor.index];
    if (expected === undefined) continue;
    checked.push(each);
    if (each.sha256 !== expected) wrong.push({ ...each, expected });
  }
  return { checked, wrong };
}

/** A part of a split none of whose weights are those that were built is another build's: one finding instead of many. */
function* tellWrong(
  wrong: readonly Wrong[],
  checked: readonly Scanned[],
  subject: Subject,
): Generator<Draft, void> {
  const foreign = new Set<SubjectPart>();
  for (const part of subject.parts) {
    const own = wrong.filter(({ tensor }) => tensor.part === part);
    const isMost = own.length >= 2 && own.length * 4 >= checked.filter(({ tensor }) => tensor.part === part).length * 3; // prettier-ignore
    const othersAreRight = checked.some(({ tensor }) => tensor.part !== part) && wrong.every(({ tensor }) => tensor.part === part); // prettier-ignore
    if (!isMost || !othersAreRight) continue;
    foreign.add(part);
    const number = (subject.split?.find(({ fileName }) => fileName === part.fileName)?.index ?? 0) + 1; // prettier-ignore
    const names = own.map(({ tensor }) => tensor.name);
    yield {
      code: 'split/part-foreign',
      message: `Part ${number} of ${subject.split?.length ?? subject.parts.length} (${part.fileName}) belongs to another build: ${own.length} of its tensors do not have the SHA-256 that was written, those of the other parts do.`,
      evidence: { part: number, fileName: part.fileName, tensors: names.slice(0, 20), expected: own[0]?.expected, found: own[0]?.sha256 }, // prettier-ignore
      tensors: names,
      ranges: own.map(({ tensor }) => rangeIn(part, tensor.data.offset, tensor.byteLength)),
      remedy:
        'Fetch the part again; repair derives its tensors from the source that the file names.',
      fix: { kind: 'recover-tensors', tensors: names.map((name) => ({ name })) },
    };
  }
  for (const { tensor, expected, sha256 } of wrong) {
    if (foreign.has(tensor.part)) continue;
    yield {
      code: 'hashes/tensor',
      message: `"${tensor.name}" is not what was written: its SHA-256 differs.`,
      evidence: { expected, found: sha256, bytes: tensor.byteLength },
      tensors: [tensor.name],
      ranges: [rangeIn(tensor.part, tensor.data.offset, tensor.byteLength)],
      fix: { kind: 'recover-tensors', tensors: [{ name: tensor.name }] },
    };
  }
}

function* wrongList(
  subject: Subject,
  isList: boolean,
  hashes: readonly string[],
  total: number,
): Generator<Draft, void> {
  // Where records are lost, the list may well be right.
  if (!subject.complete) return;
  const isPlaceholder = hashes.length === total && hashes.every((hash) => hash === tensorHashPlaceholder); // prettier-ignore
  yield {
    code: 'hashes/list',
    message: isPlaceholder
      ? `"${provenanceKeys.tensorHashes}" was never filled in.`
      : isList && hashes.length !== total
        ? `"${provenanceKeys.tensorHashes}" has ${hashes.length} hashes for ${total} tensors.`
        : `"${provenanceKeys.tensorHashes}" is not a list of SHA-256 hashes.`,
    evidence: { hashes: hashes.length, tensors: total },
    keys: [provenanceKeys.tensorHashes],
    fix: { kind: 'remove-metadata', key: provenanceKeys.tensorHashes },
    remedy: 'Repair removes the list: it says nothing about these tensors.',
  };
}
