// Opens a file for a diagnosis: says what it is when it is no GGUF, else reads it tolerantly, with all parts of a split,
// and strictly where it is sound enough.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry, GgufHeader } from '#src/formats/gguf/types.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { FileKind } from '#src/contract/doctor/diagnosis.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Draft } from './findings.ts';
import { checkForeign } from './structure/check-foreign.ts';
import { findForeignParts } from './structure/find-foreign-parts.ts';
import { findParts, type FolderAccess, type FoundPart } from './structure/find-parts.ts';
import type { Subject, SubjectPart, SubjectTensor } from './subject.ts';
import { placeTensors } from './survey/place-tensors.ts';
import { readSurvey } from './survey/read-survey.ts';
import type { Survey } from './survey/survey.ts';

export type OpenedSubject =
  | { readonly subject: Subject; readonly close: () => Promise<void> }
  /** It is no GGUF. */
  | { readonly foreign: Draft; readonly title: string; readonly close: () => Promise<void> };

/**
 * Opens `source` (taken over: `close` closes it and all parts). Throws only what reading throws (`io/failed`).
 */
export async function openSubject(
  source: ByteSource,
  folder: FolderAccess,
): Promise<OpenedSubject> {
  const opened: ByteSource[] = [source];
  const close = async () => {
    await Promise.all(opened.map((part) => part.close()));
  };
  try {
    const head = await readBytes(source, 0, Math.min(source.size, 4096));
    const looked = await checkForeign(source, head);
    if ('foreign' in looked) return { ...looked, close };
    const survey = await readSurvey(source);
    const fileName = source.label.split(/[/\\]/).at(-1) ?? source.label;
    const found = await findParts({ fileName, source, survey }, folder, opened);
    const { slots, parts } = findForeignParts(found.slots, found.parts);
    const subject = await subjectOf(source, survey, parts, folder);
    // By their names all parts may open as one model, but it is none.
    const model = parts.length === found.parts.length ? subject.model : undefined;
    return { subject: { ...subject, model, split: slots, wrongMagic: looked.wrongMagic }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function subjectOf(
  source: ByteSource,
  survey: Survey,
  found: readonly FoundPart[],
  folder: FolderAccess,
): Promise<Omit<Subject, 'split' | 'wrongMagic'>> {
  const parts: SubjectPart[] = [];
  let base = 0;
  for (const part of found) {
    const header = await strictHeader(part);
    const layout = placeTensors(part.survey, dataEndOf(part));
    parts.push({ ...part, header, base, layout });
    base += part.source.size;
  }
  const first = parts[0]?.survey ?? survey;
  const metadata = firstOfEachKey(first.entries);
  const names = new Set<string>();
  const tensors = parts
    .flatMap((part) => tensorsOf(part))
    .filter(({ name }) => !names.has(name) && names.add(name));
  const architecture = entryString(metadata, 'general.architecture');
  const own = parts.find((part) => part.source === source);
  const header = own?.header;
  const bundle = bundleOf(source, survey, own);
  return {
    label: source.label,
    kind: kindOf(metadata, tensors.map(({ name }) => name)), // prettier-ignore
    source,
    survey,
    header,
    model: header === undefined ? undefined : await openModel(source, folder),
    parts,
    metadata,
    tensors,
    architecture: architecture === '' ? undefined : architecture,
    ...bundle,
    complete: parts.every(({ survey: each }) => isComplete(each)) && hasAllParts(metadata, parts),
  };
}

async function strictHeader({ source, survey }: FoundPart): Promise<GgufHeader | undefined> {
  if (survey.faults.length > 0 || survey.byteOrder === 'big') return undefined;
  return readGgufHeader(source).catch(undefinedForBadFile);
}

async function openModel(source: ByteSource, folder: FolderAccess): Promise<ModelView | undefined> {
  // Its owner closes the source.
  const shared: ByteSource = { ...source, close: () => Promise.resolve() };
  return openGgufModel(shared, (fileName) => folder.open(fileName)).catch(undefinedForBadFile);
}

function undefinedForBadFile(error: unknown): undefined {
  if (error instanceof StudioError && error.kind === 'input') return undefined;
  throw error;
}

/** Where the tensors end at the latest: where the first adapter is said to lie, else the file's end. */
function dataEndOf({ source, survey }: FoundPart): number {
  const listed = survey.entries.find(({ key }) => key === 'studio.bundle.offsets')?.value;
  if (listed?.type !== 'array' || listed.elementType !== 'uint64') return source.size;
  const first = Number(listed.value[0] ?? source.size);
  return first > 0 && first < source.size ? first : source.size;
}

function tensorsOf(part: SubjectPart): SubjectTensor[] {
  const { survey, layout, source } = part;
  return survey.tensors.map((tensor, index) => {
    const offset = layout?.offsets[index];
    if (layout === undefined || offset === undefined) {
      return { ...tensor, part, data: undefined, present: 0 };
    }
    const start = layout.dataOffset + offset;
    const next = layout.offsets[index + 1] ?? layout.end;
    // Where the record's size contradicts its neighbours, the space between them is what is there.
    const isMisfit = layout.kind === 'shape' && layout.wrong.includes(index);
    const space = next === undefined || next < offset ? 0 : next - offset;
    const size = isMisfit ? space : (tensor.byteLength ?? space);
    if (size === 0 || !Number.isSafeInteger(start + size)) {
      return { ...tensor, part, data: undefined, present: 0 };
    }
    const present = Math.max(0, Math.min(size, source.size - start));
    return { ...tensor, part, data: { offset: start, size }, present };
  });
}

function firstOfEachKey(entries: readonly GgufEntry[]): GgufEntry[] {
  const keys = new Set<string>();
  return entries.filter(({ key }) => !keys.has(key) && keys.add(key));
}

function bundleOf(
  source: ByteSource,
  survey: Survey,
  part: SubjectPart | undefined,
): Pick<Subject, 'members' | 'bundleProblem'> {
  const { layout } = part ?? {};
  if (layout === undefined) return { members: [], bundleProblem: undefined };
  const tensors = survey.tensors.flatMap((tensor, index) => {
    const { name, shape, type, byteLength } = tensor;
    const offset = layout.offsets[index];
    if (type === undefined || byteLength === undefined || offset === undefined) return [];
    const isLast = index === survey.tensors.length - 1;
    const size = isLast && layout.end !== undefined ? layout.end - offset : byteLength;
    return [{ name, shape, type, byteLength: size, offset }];
  });
  // The last in the file comes last, whatever the records' order is.
  tensors.sort((left, right) => left.offset - right.offset);
  const header = { metadata: survey.entries, tensors, dataOffset: layout.dataOffset };
  try {
    return { members: readBundle(source, header), bundleProblem: undefined };
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    return { members: [], bundleProblem: error };
  }
}

function isComplete({ headerEnd, faults, entries, claimed }: Survey): boolean {
  if (headerEnd === undefined) return false;
  const lostTensor = faults.some(({ kind, details }) => kind === 'tensor' && 'index' in details);
  const lostEntry = entries.length < claimed.entries && faults.some(({ kind }) => kind === 'entry');
  return !lostTensor && !lostEntry;
}

function hasAllParts(metadata: readonly GgufEntry[], parts: readonly SubjectPart[]): boolean {
  const value = metadata.find(({ key }) => key === 'split.count')?.value;
  const count = value?.type === 'uint16' ? value.value : 1;
  return count <= 1 || parts.length === count;
}

/** What the file says that it is; tensors decide where the metadata is silent. */
function kindOf(metadata: readonly GgufEntry[], names: readonly string[]): FileKind {
  const type = entryString(metadata, 'general.type');
  if (type === 'adapter') return 'adapter';
  if (type === 'imatrix') return 'imatrix';
  const architecture = entryString(metadata, 'general.architecture') ?? '';
  if (type === 'mmproj' || architecture === 'clip') return 'mmproj';
  const isModel = architecture !== '' || names.some((name) => /^(token_embd\.|blk\.\d+\.)/.test(name)); // prettier-ignore
  if (isModel) return names.some((name) => /\.lora_[ab]$/.test(name)) ? 'adapter' : 'model';
  return names.some((name) => name.endsWith('.in_sum2')) ? 'imatrix' : 'other-gguf';
}
