// What a window asks of a hybrid, as the factory is asked: files get their paths, kinds of text that were not named get
// suites of their own, and an output that cannot be written is told before it becomes a job.
import { join } from 'node:path';
import type { ParamsOf } from '#src/contract/contract.ts';
import { allocateParams, type AllocateParams } from '#src/contract/quality/allocate.ts';
import type { StudioContract } from '#src/contract/studio.contract.ts';
import { allocationSuites } from '#src/evaluation/suites/allocation-suites.ts';
import { findEvaluationSuites, listTextFiles } from '#src/io/evaluation-suites.ts';
import { makeFolder } from '#src/io/make-folder.ts';
import { checkPlace } from '#src/io/output-file.ts';
import { measurementsFolderName } from '#src/io/run-store.ts';
import { textsOf } from './asked-texts.ts';
import { plainName } from './file-handlers.ts';
import { newRunId } from './run-ids.ts';
import type { StudioParts } from './studio-parts.ts';

type AskedAllocation = ParamsOf<StudioContract, 'startAllocation'>;
type Parts = Pick<StudioParts, 'files' | 'settings' | 'workspace'>;

/** Throws `file/*`, `io/*`, `output/exists` and `evaluation/unknown-suite`. */
export async function askedAllocation(
  asked: AskedAllocation,
  { files, settings, workspace }: Parts,
): Promise<AllocateParams> {
  const { folder } = workspace();
  const { title, budget, profile, contextSize, chunks, imatrix } = asked;
  const { probe, probeChunks, moves, tensorErrors } = asked;
  const { threads } = settings.current;
  const { search, proof } = await suitesOf(asked, folder);
  const calibration = await Promise.all((asked.imatrixTexts ?? []).map((id) => files.pathOf(id)));
  // Defaults stand in one place, the factory's contract.
  return allocateParams.parse({
    folder: join(folder, measurementsFolderName),
    id: newRunId(title),
    title,
    source: { path: await files.pathOf(asked.source) },
    budget,
    profile,
    ...(imatrix === undefined ? {} : { imatrix: await files.pathOf(imatrix) }),
    imatrixTexts: (await Promise.all(calibration.map(listTextFiles))).flat(),
    probeTexts: await textsOf({ suites: search, texts: asked.probeTexts }, files, folder),
    texts: await textsOf({ suites: proof, texts: asked.texts }, files, folder),
    contextSize,
    ...(chunks === undefined ? {} : { chunks }),
    probe,
    probeChunks,
    moves,
    tensorErrors: tensorErrors ?? true,
    output: await outputOf(asked.output, { files, workspace }),
    overwrite: asked.output.overwrite,
    ...(threads === undefined ? {} : { threads }),
  });
}

/** What was chosen, and for a kind without any text the suites that share nothing with the other kind. */
async function suitesOf(
  { suites = [], texts = [], probeSuites = [], probeTexts = [] }: AskedAllocation,
  folder: string,
): Promise<{ search: readonly string[]; proof: readonly string[] }> {
  return allocationSuites(await findEvaluationSuites(folder), {
    proof: suites.length + texts.length > 0 ? suites : undefined,
    search: probeSuites.length + probeTexts.length > 0 ? probeSuites : undefined,
  });
}

async function outputOf(
  { folder, name, overwrite = false }: AskedAllocation['output'],
  { files, workspace }: Pick<Parts, 'files' | 'workspace'>,
): Promise<string> {
  const parent = folder === undefined ? workspace().outputFolder : await files.pathOf(folder);
  const plain = plainName(name);
  await makeFolder(parent);
  const path = join(parent, /\.gguf$/i.test(plain) ? plain : `${plain}.gguf`);
  await checkPlace(path, overwrite);
  return path;
}
