// Measures the adapter × level matrix: every adapter at every level as the quantized base with the adapter at run time, and as
// the adapter merged at F32 and then quantized; both against the unquantized base with the adapter. One adapter's merged files
// exist at a time. Every finished chunk is kept, so that a broken matrix goes on where it stopped.
import { basename } from 'node:path';
import type { Measurement } from '#src/contract/quality/measurements.ts';
import type { MatrixParams } from '#src/contract/quality/matrix.ts';
import type { Conditions, MatrixCell, Run } from '#src/contract/quality/run.ts';
import type { MeasuredText, Subject, SubjectRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { chooseForm, type FormPair } from '#src/evaluation/matrix/choose-form.ts';
import {
  baseSubjectId,
  mergedSubjectId,
  referenceIdOf,
  runTimeSubjectId,
} from '#src/evaluation/matrix/matrix-names.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { listSourceFiles } from '#src/io/source-hash.ts';
import { openAdapter, openGgufFile, openPlainBase } from '#src/jobs/open-sources.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { mergeAdapters } from '#src/stages/merge/merge-adapters.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import {
  measureSubjects,
  type MeasuredPass,
  type MeasuredSubjects,
} from '../evaluate/measure-subjects.ts';
import { referenceFile, type ReferenceFile } from '../evaluate/reference-file.ts';
import { nativeLibrary } from '../native-library.ts';
import { checkMatrix, textsOf } from './check-matrix.ts';
import { writeLevels, type LeveledFiles } from './matrix-files.ts';
import { tensorRetention, type Retention } from './tensor-retention.ts';

export interface MatrixContext {
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Gets every finished pass: of the bases, then adapter after adapter. */
  readonly onMeasured: (pass: MeasuredPass) => Promise<void> | void;
}

/** What a run says about a matrix. */
export type MeasuredMatrix = Pick<
  Run,
  | 'conditions' | 'references' | 'referenceOf' | 'subjects' | 'texts' | 'measurements' | 'matrix' | 'notices'
>; // prettier-ignore

type AdapterOfMatrix = MatrixParams['adapters'][number];

/** What all adapters share. */
interface Matrix {
  readonly params: MatrixParams;
  readonly context: MatrixContext;
  readonly baseLabel: string;
  readonly reference: ReferenceFile;
  readonly importance: Importance | undefined;
  readonly bases: LeveledFiles;
}

/** One adapter's part. */
interface AdapterPart {
  readonly adapter: AdapterOfMatrix;
  readonly measured: MeasuredSubjects;
  /** One per level. */
  readonly retention: readonly Retention[];
  readonly adapterBytes: number;
}

/** Throws what checkMatrix, quantizing, merging and measuring throw. */
export async function measureMatrix(
  params: MatrixParams,
  context: MatrixContext,
): Promise<MeasuredMatrix> {
  const { signal, emit } = context;
  const base = await checkMatrix(params, context);
  const reference = referenceFile(base, { signal, emit, threads: params.threads });
  let bases: LeveledFiles | undefined;
  try {
    const importance = await readImportance(params.imatrix);
    const baseLabel = base.subject.label;
    emit({ event: 'phase', phase: 'Quantizing the base', detail: params.levels.join(', ') });
    bases = await quantizeBase(params, importance, context);
    const matrix: Matrix = { params, context, baseLabel, reference, importance, bases };
    const ofBase = await measureBases(matrix);
    const parts: AdapterPart[] = [];
    for (const [index, adapter] of params.adapters.entries()) {
      signal.throwIfAborted();
      const place = `adapter ${index + 1} of ${params.adapters.length}`;
      parts.push(await measureAdapter(adapter, place, matrix));
    }
    return joinParts(ofBase, parts, matrix);
  } finally {
    await bases?.remove();
    await reference.remove();
  }
}

async function quantizeBase(
  params: MatrixParams,
  importance: Importance | undefined,
  { signal, emit }: MatrixContext,
): Promise<LeveledFiles> {
  const base = await openPlainBase(params.base, { signal });
  try {
    for (const message of base.notices) emit({ event: 'notice', level: 'warning', message });
    return await writeLevels(base.content, {
      levels: params.levels,
      importance,
      inputs: base.inputs,
      keep: params.keep,
      name: nameOf(params.base),
      threads: params.threads,
      signal,
      emit,
    });
  } finally {
    await base.content.close();
  }
}

/** As context: what the levels cost without any adapter. */
function measureBases({ params, context, reference, bases }: Matrix): Promise<MeasuredSubjects> {
  const subjects = params.levels.map((level, index): SubjectRequest => ({
    id: baseSubjectId(level),
    label: level,
    form: 'stock',
    path: pathAt(bases, index),
    adapters: [],
  }));
  return measureSubjects({
    ...measuringOptions(params, context),
    reference: { path: params.base, adapters: [] },
    referenceFile: reference,
    subjects,
    texts: [params.general],
  });
}

async function measureAdapter(
  adapter: AdapterOfMatrix,
  place: string,
  matrix: Matrix,
): Promise<AdapterPart> {
  const { params, context, reference, bases } = matrix;
  const { emit } = context;
  emit({ event: 'phase', phase: `Merging ${adapter.name}`, detail: place });
  const [base, opened] = [
    await openPlainBase(params.base, context),
    await openAdapter(adapter.path),
  ];
  let files: LeveledFiles | undefined;
  try {
    const merged = await merge(base.content, opened, adapter);
    files = await writeLevels(merged, {
      levels: params.levels,
      importance: matrix.importance,
      inputs: [...base.inputs, ...opened.inputs],
      keep: params.keep,
      name: `${nameOf(params.base)}-${adapter.name}`,
      threads: params.threads,
      ...context,
    });
    const switchedOn = [{ path: adapter.path, scale: adapter.scale }];
    const measured = await measureSubjects({
      ...measuringOptions(params, context),
      reference: { path: params.base, adapters: switchedOn },
      referenceFile: reference,
      subjects: subjectsOf(adapter, params, bases, files),
      texts: textsOf({ ...params, adapters: [adapter] }),
    });
    emit({ event: 'phase', phase: 'Comparing weights', detail: adapter.name });
    const retention = await retentionOf(base.content, merged, [bases, files], matrix);
    return { adapter, measured, retention, adapterBytes: await bytesOf(adapter.path) };
  } finally {
    await files?.remove();
    await Promise.all([base.content.close(), opened.content.close()]);
  }
}

function merge(
  base: ModelView,
  { content }: Awaited<ReturnType<typeof openAdapter>>,
  { scale }: AdapterOfMatrix,
): Promise<ModelView> {
  return mergeAdapters(base, [{ adapter: content, weight: scale }], { method: 'sum' });
}

function subjectsOf(
  { name, path, scale }: AdapterOfMatrix,
  { levels }: MatrixParams,
  bases: LeveledFiles,
  merged: LeveledFiles,
): SubjectRequest[] {
  return levels.flatMap((level, index): SubjectRequest[] => [
    {
      id: runTimeSubjectId(name, level),
      label: `${level} + ${name}`,
      form: 'run-time',
      path: pathAt(bases, index),
      adapters: [{ path, scale }],
    },
    {
      id: mergedSubjectId(name, level),
      label: `${level}, ${name} merged`,
      form: 'merged',
      path: pathAt(merged, index),
      adapters: [],
    },
  ]);
}

/** `files` are the quantized bases and the quantized merged models. */
async function retentionOf(
  base: ModelView,
  merged: ModelView,
  [bases, files]: readonly [LeveledFiles, LeveledFiles],
  { params, context }: Matrix,
): Promise<Retention[]> {
  const opened: ModelView[] = [];
  const open = async (path: string) => {
    const model = await openGgufFile(path);
    opened.push(model);
    return model;
  };
  try {
    const pairs: { base: ModelView; merged: ModelView }[] = [];
    for (const index of params.levels.keys()) {
      pairs.push({
        base: await open(pathAt(bases, index)),
        merged: await open(pathAt(files, index)),
      });
    }
    return await tensorRetention(base, merged, pairs, { rows: nativeLibrary().rows, ...context });
  } finally {
    await Promise.all(opened.map((model) => model.close()));
  }
}

function measuringOptions(
  { contextSize, chunks, threads, calibrationTexts }: MatrixParams,
  { signal, emit, onMeasured }: MatrixContext,
) {
  return {
    contextSize,
    chunks,
    threads,
    calibrationTexts,
    mode: 'reference',
    signal,
    emit,
    onMeasured,
  } as const;
}

async function readImportance(path: string | undefined): Promise<Importance | undefined> {
  if (path === undefined) return undefined;
  const source = await openFileByteSource(path);
  try {
    const { values, datasets, chunkCount } = await readImatrix(source);
    return { path, datasets, chunkCount, weights: values };
  } finally {
    await source.close();
  }
}

async function bytesOf(adapter: string): Promise<number> {
  const files = await listSourceFiles(adapter, 'adapter');
  return files.reduce((sum, { size }) => sum + size, 0);
}

function joinParts(
  ofBase: MeasuredSubjects,
  parts: readonly AdapterPart[],
  matrix: Matrix,
): MeasuredMatrix {
  const { params, baseLabel } = matrix;
  const referenceOf: Record<string, string> = {};
  for (const { id } of ofBase.subjects) referenceOf[id] = ofBase.reference.id;
  const references: Subject[] = [ofBase.reference];
  for (const { adapter, measured } of parts) {
    const id = referenceIdOf(adapter.name);
    references.push({ ...measured.reference, id, label: `${baseLabel} + ${adapter.name}` });
    for (const subject of measured.subjects) referenceOf[subject.id] = id;
  }
  const all = [ofBase, ...parts.map(({ measured }) => measured)];
  const texts = new Map<string, MeasuredText>();
  for (const text of all.flatMap((each) => each.texts)) texts.set(text.id, text);
  const empty = parts.filter(({ retention }) => retention[0]?.retention === undefined);
  return {
    conditions: joinConditions(all.map(({ conditions }) => conditions)),
    references,
    referenceOf,
    subjects: all.flatMap(({ subjects }) => subjects),
    texts: [...texts.values()],
    measurements: all.flatMap(({ measurements }) => measurements),
    matrix: cellsOf(ofBase, parts, params),
    notices: [
      ...new Set(all.flatMap(({ notices }) => notices)),
      ...empty.map(({ adapter }) => `The adapter ${adapter.name} changes no weight.`),
      ...(params.keep === undefined
        ? ['The quantized files were temporary: single predictions cannot be looked at again.']
        : []),
    ],
  };
}

/** Sizes of the kept references are added up; all else is the same in every part. */
function joinConditions(all: readonly Conditions[]): Conditions {
  const [first] = all;
  invariant(first !== undefined, 'the bases were measured');
  const bytes = all.reduce((sum, { referenceBytes = 0 }) => sum + referenceBytes, 0);
  const theirs = all.reduce(
    (sum, { referenceBytes = 0, referenceShare = 0 }) =>
      sum + (referenceShare === 0 ? 0 : referenceBytes / referenceShare),
    0,
  );
  return { ...first, referenceBytes: bytes, referenceShare: theirs === 0 ? 0 : bytes / theirs };
}

function cellsOf(
  ofBase: MeasuredSubjects,
  parts: readonly AdapterPart[],
  { levels, general }: MatrixParams,
): MatrixCell[] {
  const adapterBytes = parts.reduce((sum, part) => sum + part.adapterBytes, 0);
  const sizesAt = (level: string) => {
    const bytes = (measured: MeasuredSubjects, id: string) =>
      measured.subjects.find((subject) => subject.id === id)?.bytes ?? 0;
    return {
      adapters: parts.length,
      runTimeBytes: bytes(ofBase, baseSubjectId(level)) + adapterBytes,
      mergedBytes: parts.reduce(
        (sum, { adapter, measured }) => sum + bytes(measured, mergedSubjectId(adapter.name, level)),
        0,
      ),
    };
  };
  return parts.flatMap(({ adapter, measured, retention }) =>
    levels.map((level, index): MatrixCell => {
      const { name, domain, text } = adapter;
      const runTimeSubject = runTimeSubjectId(name, level);
      const mergedSubject = mergedSubjectId(name, level);
      const pairOn = ({ id, title }: { id: string; title: string }): FormPair => ({
        title,
        runTime: measurementOf(measured, runTimeSubject, id),
        merged: measurementOf(measured, mergedSubject, id),
      });
      const isGeneral = text.id.toLowerCase() === general.id.toLowerCase();
      const ofGeneral = isGeneral ? undefined : pairOn(general);
      return {
        adapter: name,
        ...(domain === undefined ? {} : { domain }),
        level,
        runTimeSubject,
        mergedSubject,
        ownText: isGeneral ? general.id : text.id,
        generalText: general.id,
        // An adapter without any change loses none.
        retention: retention[index]?.retention ?? 1,
        cosine: retention[index]?.cosine ?? 1,
        retentionPerTensor: [...(retention[index]?.perTensor ?? [])],
        ...chooseForm(pairOn(isGeneral ? general : text), ofGeneral, sizesAt(level)),
      };
    }),
  );
}

function measurementOf(
  { measurements }: MeasuredSubjects,
  subject: string,
  text: string,
): Measurement {
  const found = measurements.find((each) => each.subject === subject && each.text === text);
  invariant(found !== undefined, `${subject} was measured on ${text}`);
  return found;
}

function pathAt({ paths }: LeveledFiles, index: number): string {
  const path = paths[index];
  invariant(path !== undefined, 'there is a file per level');
  return path;
}

/** Names kept files: of a folder its own name, of a GGUF the file's. */
function nameOf(base: string): string {
  return basename(base).replace(/\.gguf$/i, '');
}
