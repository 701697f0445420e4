// Several references in one run: a build measures files whose unquantized models differ (bundles with one adapter or another).
// Groups of one base share its converted file.
import type { Measurement } from '#src/contract/quality/measurements.ts';
import { runVersion, type Conditions, type Run } from '#src/contract/quality/run.ts';
import type { Subject } from '#src/contract/quality/subjects.ts';
import { invariant } from '#src/errors/assert.ts';
import { isFolder } from '#src/jobs/open-sources.ts';
import type { MeasuredRun, MeasureGroup, MeasureSettings } from '#src/jobs/ports.ts';
import { askedText, askGroup } from '../tasks/ask-group.ts';
import { readTaskFiles } from '../tasks/read-task-file.ts';
import { measureSubjects, type MeasuredSubjects } from './measure-subjects.ts';
import { referenceId } from './prepare-measurement.ts';
import { referenceFile, type ReferenceFile } from './reference-file.ts';
import { openRunFolder } from './run-folder.ts';

/** As `eval` asks without options. */
const defaultAsking = { maximumTokens: 64, gpuLayers: 0 };

/** One group's figures; nothing is written but kept chunks. Throws what measuring throws. */
export async function measureGroup(
  group: MeasureGroup,
  settings: MeasureSettings,
): Promise<readonly Measurement[]> {
  const { measurements } = await measureSubjects({
    ...group,
    ...settings,
    lookForCalibration: true,
  });
  return measurements;
}

/** Measures every group into one run. Throws `output/exists` and what measuring throws; then no run is left. */
export async function measureRun(
  groups: readonly MeasureGroup[],
  { folder, id, title }: { readonly folder: string; readonly id: string; readonly title: string },
  settings: MeasureSettings,
): Promise<MeasuredRun> {
  const output = await openRunFolder(folder, id);
  const files = new Map<string, ReferenceFile>();
  try {
    const taskFiles = await readTaskFiles(settings.tasks ?? []);
    const measured: MeasuredSubjects[] = [];
    for (const [index, group] of groups.entries()) {
      const { path } = group.reference;
      let file = files.get(path);
      if (file === undefined) {
        file = referenceFile({ path, isFolder: await isFolder(path) }, settings);
        files.set(path, file);
      }
      const onChunk = (done: number, total: number) =>
        settings.onChunk?.((index + done / total) / groups.length, 1);
      measured.push(
        await measureSubjects({
          ...group,
          ...settings,
          lookForCalibration: true,
          onChunk,
          referenceFile: file,
          asked: taskFiles.map(askedText),
          onMeasured: (pass) => output.write(pass),
        }),
      );
    }
    const run = joinRun({ id, title }, measured);
    for (const [index, { subjects }] of measured.entries()) {
      const reference = run.references[index];
      const file = files.get(groups[index]?.reference.path ?? '');
      invariant(reference !== undefined && file !== undefined, 'every group has its reference');
      const options = { ...settings, ...defaultAsking };
      run.tasks.push(...(await askGroup(reference, file, subjects, taskFiles, options)));
    }
    return { path: await output.finish(run), run };
  } catch (error) {
    await output.abandon();
    throw error;
  } finally {
    for (const file of files.values()) await file.remove();
  }
}

function joinRun(
  { id, title }: { readonly id: string; readonly title: string },
  measured: readonly MeasuredSubjects[],
): Run {
  const [first] = measured;
  invariant(first !== undefined, 'an evaluation has subjects');
  const references: Subject[] = measured.map(({ reference }, index) => ({
    ...reference,
    id: index === 0 ? referenceId : `${referenceId}-${index + 1}`,
  }));
  const referenceOf = measured.flatMap(({ subjects }, index) =>
    subjects.map((subject) => [subject.id, references[index]?.id ?? referenceId] as const),
  );
  return {
    version: runVersion,
    id,
    title,
    createdAt: Date.now(),
    conditions: joinConditions(measured.map(({ conditions }) => conditions)),
    references,
    referenceOf: Object.fromEntries(referenceOf),
    subjects: measured.flatMap(({ subjects }) => subjects),
    texts: [...first.texts],
    measurements: measured.flatMap(({ measurements }) => measurements),
    speed: [],
    tasks: [],
    tensors: [],
    matrix: [],
    notices: [...new Set(measured.flatMap(({ notices }) => notices))],
  };
}

/** Equal but for what is kept of the references: their sizes add up, shares are of all logits together. */
function joinConditions(all: readonly Conditions[]): Conditions {
  const [first] = all;
  invariant(first !== undefined, 'an evaluation has subjects');
  if (first.referenceBytes === undefined) return first;
  let bytes = 0;
  let logits = 0;
  for (const { referenceBytes = 0, referenceShare = 0 } of all) {
    bytes += referenceBytes;
    logits += referenceShare === 0 ? 0 : referenceBytes / referenceShare;
  }
  return { ...first, referenceBytes: bytes, referenceShare: logits === 0 ? 0 : bytes / logits };
}
