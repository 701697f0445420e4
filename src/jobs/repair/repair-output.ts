// Where a repair writes: a name that nothing has, and the report beside the file. The report lies there as `X.md.partial` before
// the file gets its name, so a run that is killed between the two names leaves what the next one completes.
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { RepairReport } from '#src/contract/doctor/repair.ts';
import { describeRepair } from '#src/doctor/repair/describe-repair.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseSplitName } from '#src/formats/gguf/split-names.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';
import { partialPathOf, tidyFinished } from '#src/io/output-file.ts';
import { writeFileAtomically } from '#src/io/write-file-atomically.ts';

export function reportPathOf(output: string): string {
  return `${output.replace(/\.gguf$/i, '')}.md`;
}

/** Writes the report for people under the name it has until its file is there. */
export async function announceReport(report: RepairReport): Promise<void> {
  await writeFileAtomically(partialPathOf(report.report), describeRepair(report));
}

/** Takes the announced report of a file back that did not get its name. */
export async function withdrawReport({ report }: RepairReport): Promise<void> {
  await rm(partialPathOf(report), { force: true });
}

/** Gives the report of a finished file its name. */
export async function nameReport(output: string): Promise<void> {
  const report = reportPathOf(output);
  await rename(partialPathOf(report), report).catch((error: unknown) => {
    throw toIoError(error, report);
  });
}

/** Writes the report anew when something was added to it. */
export async function rewriteReport(report: RepairReport): Promise<void> {
  await writeFileAtomically(report.report, describeRepair(report));
}

/** Before anything is read: a file that is there may be one that a repair takes tensors from. Throws `output/exists`. */
export async function refuseTakenOutput(output: string, path: string): Promise<void> {
  if (output === path) return;
  if (await exists(output)) {
    await completeKilled(output);
    throw taken(output);
  }
  const report = reportPathOf(output);
  if (await exists(report)) throw taken(report, ' The report of the repair would go there.');
}

function taken(path: string, why = ''): StudioError {
  return new StudioError(
    'output/exists',
    `${path} is there already, and repair replaces nothing.${why}`,
    {
      hint: 'Give another name with --output, or leave it out: the next free one is taken.',
      details: { path },
    },
  );
}

/** `X.repaired.gguf`, or `X.repaired-2.gguf` and so on: a name that nothing has. */
export async function freeOutput(path: string): Promise<string> {
  const split = parseSplitName(path);
  const name = split?.prefix ?? basename(path, extname(path));
  const plain = name.replace(/\.repaired(?:-\d+)?$/, '');
  for (let number = 1; ; number++) {
    const output = join(dirname(path), `${plain}.repaired${number === 1 ? '' : `-${number}`}.gguf`);
    const isThere = await exists(output);
    if (isThere) await completeKilled(output);
    // A partial file of a run that was killed is written anew; it takes no name.
    if (!isThere && !(await exists(reportPathOf(output)))) return output;
  }
}

/** The run that made this file may have been killed right after: its report has no name yet, its lock was not given back. */
async function completeKilled(output: string): Promise<void> {
  const report = reportPathOf(output);
  const waiting = partialPathOf(report);
  if (!(await tidyFinished(output)) || !(await exists(waiting))) return;
  const text = await readFile(waiting, 'utf8');
  if (!text.includes(await hashFile(output))) return;
  if (await exists(report)) await rm(waiting, { force: true });
  else await nameReport(output);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
