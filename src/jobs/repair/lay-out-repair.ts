// Lays the repaired file out: metadata with the chosen edits, tensors in the order of their records, adapters behind them.
// Nothing is written here; where nothing was damaged, everything keeps its bytes and its place.
import { editMetadata, insertEntry, type MetadataFix } from '#src/doctor/repair/edit-metadata.ts';
import type { PlannedStep, RowRange, StepAction } from '#src/doctor/repair/means.ts';
import type { SubjectTensor } from '#src/doctor/subject.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  bundleEntries,
  bundleKeys,
  placeMembers, type PlacedMember } from '#src/formats/bundle/bundle-entries.ts'; // prettier-ignore
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readAlignment } from '#src/formats/gguf/check-layout.ts';
import { entryString, entryValue, stringEntry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { encodeGgufHeader, type EncodedGgufHeader } from '#src/formats/gguf/write-header.ts';
import {
  provenanceEntries,
  provenanceKeys,
  readProvenance,
  withoutStudioEntries,
} from '#src/stages/package/provenance.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { splitKeys } from '#src/stages/quantize/quantized-metadata.ts';
import { memberId, targetTensors, type Preparation } from './prepare-repair.ts';
import type { RecoveryWay, TargetTensor } from './tensor-ways.ts';

/** What was done to a file beyond what its recipe says; JSON. */
export const repairKey = 'studio.repair';

/** Bytes of the damaged file that stay. */
export interface KeptData {
  readonly source: ByteSource;
  readonly offset: number;
  /** Met again when the place is only likely: undefined where the record says it. */
  readonly mustBe: string | undefined;
}

export interface LaidOutTensor {
  readonly target: TargetTensor;
  /** Where its bytes lie, or may lie; empty when none can be kept. */
  readonly kept: readonly KeptData[];
  /** Best first; empty when the bytes are surely kept. */
  readonly ways: readonly RecoveryWay[];
  /** Only these rows are damaged; all of them when absent. */
  readonly rows: readonly RowRange[] | undefined;
}

export interface LaidOutMember extends PlacedMember {
  readonly source: ByteSource;
  readonly from: number;
}

export interface RepairLayout {
  readonly metadata: readonly GgufEntry[];
  readonly header: EncodedGgufHeader;
  readonly tensors: readonly LaidOutTensor[];
  readonly members: readonly LaidOutMember[];
  /** Bytes behind everything that stay as they are. */
  readonly tail: { readonly source: ByteSource; readonly offset: number; readonly size: number } | undefined; // prettier-ignore
  readonly fileSize: number;
  readonly version: number;
  /** The list of hashes is there and is kept true. */
  readonly fillsHashes: boolean;
}

/** `marks` go into `studio.repair`. Throws `repair/impossible` and `repair/loss`. */
export function layOutRepair(
  preparation: Preparation,
  chosen: readonly StepAction[],
  marks: readonly string[],
): RepairLayout {
  const { subject, planned } = preparation;
  const isRebuilt = chosen.some(({ kind }) => kind === 'header') && preparation.built !== undefined;
  const records = [...targetTensors(subject, isRebuilt ? preparation.built : undefined).values()];
  const dropped = new Set(
    chosen.flatMap((action) => (action.kind === 'drop-tensors' ? action.names : [])),
  );
  const targets = records.filter(({ name }) => !dropped.has(name));
  if (!isRebuilt && records.length < subject.tensors.length) {
    throw new StudioError('repair/impossible', 'Records of tensors cannot be read.', {
      hint: 'Give the source that the file was built from, or fetch the file again.',
    });
  }
  refuseUnchosenLoss(planned.steps, chosen);
  const wanted = keptMembers(preparation, chosen);
  const entries = metadataOf(preparation, chosen, isRebuilt, marks, targets.length);
  const encode = (members: readonly PlacedMember[]) => {
    const metadata = withMembers(entries, members, wanted.length === 0 && preparation.members.length > 0); // prettier-ignore
    const header = encodeGgufHeader({
      version: 3,
      metadata,
      tensors: targets,
      alignment: readAlignment(subject.label, metadata),
    });
    return { metadata, header };
  };
  const { fileSize } = encode(placeMembers(wanted, 0).members).header;
  const placed = placeMembers(wanted, fileSize);
  const { metadata, header } = encode(placed.members);
  invariant(header.fileSize === fileSize, 'offsets do not change the size of the header');
  const tensors = targets.map((target, index) => {
    const at = header.dataOffset + (header.tensors[index]?.offset ?? 0);
    return tensorOf(target, at, preparation, chosen, isRebuilt);
  });
  refuseGone(tensors, preparation);
  const members = placed.members.map((member, index) => ({ ...member, ...wanted[index]!.data }));
  const tail = members.length > 0 ? undefined : tailOf(preparation, chosen, isRebuilt);
  const hashes = entryValue(metadata, provenanceKeys.tensorHashes);
  return {
    metadata,
    header,
    tensors,
    members,
    tail,
    fileSize: Math.max(placed.fileSize, header.fileSize + (tail?.size ?? 0)),
    version: subject.survey.version === 2 ? 2 : 3,
    fillsHashes: hashes?.type === 'array' && hashes.elementType === 'string' && hashes.value.length === targets.length, // prettier-ignore
  };
}

/** `at`: where the repaired file has it, which is where the damaged one had it unless bytes were inserted. */
function tensorOf(
  target: TargetTensor,
  at: number,
  preparation: Preparation,
  chosen: readonly StepAction[],
  isRebuilt: boolean,
): LaidOutTensor {
  const { subject, expected } = preparation;
  const record = subject.tensors.find(({ name }) => name === target.name);
  const recover = chosen.find(
    (action) => action.kind === 'recover' && action.tensors.has(target.name),
  );
  const rows = recover?.kind === 'recover' ? recover.tensors.get(target.name) : undefined;
  const isSame = record?.type === target.type && record.byteLength === target.byteLength;
  const own = isSame ? keptOf(record, rows) : undefined;
  const sha256 = expected.get(target.name);
  const kept: KeptData[] = [];
  if (recover === undefined && isRebuilt && sha256 !== undefined) {
    // By the record where it is sound, else where the header as built has it; the hash tells whether it is there.
    if (own !== undefined) kept.push({ ...own, mustBe: sha256 });
    const isInside = subject.parts.length === 1 && at + target.byteLength <= subject.source.size;
    if (isInside) kept.push({ source: subject.source, offset: at, mustBe: sha256 });
  } else if (own !== undefined && (recover === undefined || rows !== undefined)) kept.push(own);
  const isSure = recover === undefined && kept[0] !== undefined && kept[0].mustBe === undefined;
  const found = isSure ? [] : preparation.ways(target);
  return {
    target,
    kept,
    ways: typeof found === 'string' ? [] : found,
    rows: kept.length === 0 ? undefined : rows,
  };
}

/** Its bytes in the damaged file, when they are there; of a truncated tensor only with rows that make up for the rest. */
function keptOf(
  { data, present, byteLength, part, shape }: SubjectTensor,
  rows: readonly RowRange[] | undefined,
): KeptData | undefined {
  if (data === undefined || byteLength === undefined) return undefined;
  if (present < byteLength) {
    const last = rows?.at(-1);
    const rowCount = rowCountOf(shape);
    const rowBytes = byteLength / rowCount;
    const isMadeUp = last !== undefined && last.first + last.count >= rowCount && last.first * rowBytes <= present; // prettier-ignore
    if (!isMadeUp) return undefined;
  }
  return { source: part.source, offset: data.offset, mustBe: undefined };
}

/** A truncated file whose tensors nothing brings back: no file can be made of it that loads. */
function refuseGone(tensors: readonly LaidOutTensor[], { subject }: Preparation): void {
  const gone = tensors.filter(({ kept, ways }) => kept.length === 0 && ways.length === 0);
  const [first] = gone;
  if (first === undefined) return;
  throw new StudioError(
    'repair/impossible',
    `${subject.label}: ${gone.length === 1 ? `the tensor ${first.target.name} is` : `${gone.length} tensors are`} not in the file, and nothing that was found can bring ${gone.length === 1 ? 'it' : 'them'} back. No file can be made of it that loads.`,
    {
      hint: 'Give the model that it was made from with --source, another level with --sibling, or folders to look in with --look-in.',
      details: { tensors: gone.slice(0, 50).map(({ target }) => target.name) },
    },
  );
}

/** What is lost is never left out without a word: its step has to be chosen. */
function refuseUnchosenLoss(planned: readonly PlannedStep[], chosen: readonly StepAction[]): void {
  const isLoss = ({ kind }: StepAction) => kind === 'leave' || kind === 'drop-adapter' || kind === 'leave-header'; // prettier-ignore
  const missing = planned.filter(({ action }) => isLoss(action) && !chosen.includes(action));
  const [first] = missing;
  if (first === undefined) return;
  const impossible = missing.find(({ step }) => step.impossible !== undefined)?.step.impossible;
  if (impossible !== undefined) {
    throw new StudioError(
      'repair/impossible',
      `No file can be made of it that loads. ${impossible}`,
      {
        // prettier-ignore
        hint: 'Give the model that it was made from with --source, another level with --sibling, or folders to look in with --look-in.',
      },
    );
  }
  throw new StudioError(
    'repair/loss',
    `Nothing was found that brings this back: ${first.step.changes[0]?.what ?? first.step.title}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}. Going on without has to be chosen.`,
    {
      hint: 'Give a source (--source, --sibling, --look-in), or accept the loss with --allow-loss.',
    },
  );
}

function metadataOf(
  { subject, built, keyOrder }: Preparation,
  chosen: readonly StepAction[],
  isRebuilt: boolean,
  marks: readonly string[],
  tensorCount: number,
): GgufEntry[] {
  const provenance = readProvenance(subject.metadata);
  const isJoined = subject.parts.length > 1;
  const own = subject.metadata.filter(({ key }) => !isJoined || !splitKeys.includes(key));
  const rebuilt =
    isRebuilt && built !== undefined && provenance !== undefined
      ? [
          ...withoutStudioEntries(built.metadata),
          ...ofMatrix(own, built.metadata),
          ...provenanceEntries(provenance, tensorCount),
          ...own.filter(({ key }) => key.startsWith('studio.bundle.')),
        ]
      : isRebuilt && built !== undefined
        ? withMissing(own, built.metadata, keyOrder)
        : own;
  const fixes = chosen.flatMap((action): MetadataFix[] =>
    action.kind === 'metadata' ? [action.fix] : [],
  );
  // The header as it was built is right already; what reading the broken one suggested does not count.
  const metadata = isRebuilt && provenance !== undefined ? rebuilt : editMetadata(rebuilt, fixes, keyOrder); // prettier-ignore
  if (marks.length === 0) return metadata;
  const text = entryString(metadata, repairKey);
  const entry = stringEntry(repairKey, JSON.stringify([...earlierMarks(text), ...marks]));
  return text === undefined
    ? insertEntry(metadata, entry)
    : metadata.map((old) => (old.key === repairKey ? entry : old));
}

/** What the file says of a matrix that is kept no more: planning without it gives no such entries. */
function ofMatrix(own: readonly GgufEntry[], built: readonly GgufEntry[]): GgufEntry[] {
  const isAbout = ({ key }: GgufEntry) => key.startsWith('quantize.imatrix.');
  return built.some(isAbout) ? [] : own.filter(isAbout);
}

/** Entries that could not be read, as the source gives them; the others stay as they are. */
function withMissing(
  own: readonly GgufEntry[],
  built: readonly GgufEntry[],
  order: readonly string[],
): GgufEntry[] {
  const keys = new Set(own.map(({ key }) => key));
  const missing = built.filter(({ key }) => !keys.has(key) && !key.startsWith('studio.'));
  return missing.reduce((entries, entry) => insertEntry(entries, entry, order), [...own]);
}

function earlierMarks(text: string | undefined): string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}

type WantedMember = PlacedMember & { readonly data: { readonly source: ByteSource; readonly from: number } }; // prettier-ignore

function keptMembers(
  { subject, members, adapters }: Preparation,
  chosen: readonly StepAction[],
): WantedMember[] {
  const isNamed = (name: string, member: PlacedMember) => name === member.name || name === memberId(member); // prettier-ignore
  return members.flatMap((member): WantedMember[] => {
    const isDropped = chosen.some((action) => action.kind === 'drop-adapter' && isNamed(action.name, member)); // prettier-ignore
    if (isDropped) return [];
    const restored = chosen.some((action) => action.kind === 'restore-adapter' && isNamed(action.name, member)); // prettier-ignore
    const found = adapters.get(memberId(member));
    if (restored && found !== undefined && typeof found !== 'string') {
      return [{ ...member, data: { source: found.source, from: 0 } }];
    }
    const { source } = subject;
    // Not chosen, and not whole: it cannot be kept, and its place in the list would be a lie.
    if (!(member.offset + member.size <= source.size)) return [];
    return [{ ...member, data: { source, from: member.offset } }];
  });
}

/** The bundle's list with other places; the entries stay where they are. */
function withMembers(
  entries: readonly GgufEntry[],
  members: readonly PlacedMember[],
  isEmptied: boolean,
): GgufEntry[] {
  if (isEmptied) return entries.filter(({ key }) => !key.startsWith('studio.bundle.'));
  if (members.length === 0) return [...entries];
  return bundleEntries(members).reduce(
    (metadata, entry) => {
      const isThere = metadata.some(({ key }) => key === entry.key);
      return isThere
        ? metadata.map((old) => (old.key === entry.key ? entry : old))
        : insertEntry(metadata, entry, Object.values(bundleKeys));
    },
    [...entries],
  );
}

function tailOf(
  { subject }: Preparation,
  chosen: readonly StepAction[],
  isRebuilt: boolean,
): RepairLayout['tail'] {
  const isCut = chosen.some(({ kind }) => kind === 'cut-tail');
  if (isCut || isRebuilt || subject.parts.length !== 1 || subject.members.length > 0) return undefined; // prettier-ignore
  const { alignment } = subject.survey;
  const ends = subject.tensors.map(({ data, byteLength = 0 }) =>
    data === undefined ? Number.POSITIVE_INFINITY : data.offset + byteLength,
  );
  const end = Math.ceil(Math.max(0, ...ends) / alignment) * alignment;
  const { size } = subject.source;
  if (ends.length === 0 || !(end < size)) return undefined;
  return { source: subject.source, offset: end, size: size - end };
}
