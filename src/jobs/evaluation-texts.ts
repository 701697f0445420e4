// The texts of evaluate steps, found before anything is computed: suites by their names, their content's hash, and whether they
// are held out from the calibration texts of the same recipe's matrices.
import { readFile, stat } from 'node:fs/promises';
import type { TaskRequest, TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { findOverlap, type NamedText } from '#src/evaluation/suites/find-overlap.ts';
import { chooseEvaluationSuites, requestsOfSuites } from '#src/io/evaluation-suites.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { toIoError } from '#src/io/io-error.ts';

export interface EvaluationTexts {
  readonly texts: readonly TextRequest[];
  /** Files of questions: asked, not read through. */
  readonly tasks: readonly TaskRequest[];
  /** Bytes of each text, in that order. */
  readonly bytes: readonly number[];
  /** What the texts are, for keys: hashes of their files, and how they are read. */
  readonly identity: readonly object[];
}

/** Throws `evaluation/unknown-suite`, `evaluation/suites` and I/O errors. */
export async function readEvaluationTexts(
  suites: readonly string[],
  workspaceFolder: string,
  signal?: AbortSignal,
): Promise<EvaluationTexts> {
  const found = await chooseEvaluationSuites(suites, workspaceFolder);
  const { texts, tasks } = requestsOfSuites(found);
  const identity: object[] = [];
  for (const { id, title, paths, parseSpecial } of texts) {
    const files: string[] = [];
    for (const path of paths)
      files.push(await hashFile(path, signal === undefined ? {} : { signal }));
    identity.push({ id, title, parseSpecial, files });
  }
  for (const { id, title, path } of tasks) {
    const file = await hashFile(path, signal === undefined ? {} : { signal });
    identity.push({ kind: 'tasks', id, title, file });
  }
  const bytes = found.filter(({ kind }) => kind !== 'tasks').map((suite) => suite.bytes);
  return { texts, tasks, bytes, identity };
}

/** More is no text that anybody compares line by line; measuring refuses such texts by itself. */
const maximumBytes = 1 << 29;

/**
 * Throws `evaluation/overlap` when a line of an evaluation text is also in a calibration text: such figures would flatter
 * what was calibrated.
 */
export async function refuseOverlap(
  evaluation: readonly TextRequest[],
  calibration: readonly TextRequest[],
): Promise<void> {
  if (evaluation.length === 0 || calibration.length === 0) return;
  const overlaps = findOverlap(await readAll(evaluation), await readAll(calibration));
  const [worst] = [...overlaps].sort((left, right) => right.lines - left.lines);
  if (worst === undefined) return;
  const lines = worst.lines === 1 ? 'one line' : `${worst.lines} lines`;
  throw new StudioError(
    'evaluation/overlap',
    `${worst.evaluation} and the calibration text ${worst.calibration} share ${lines}, first line ${worst.lineNumber}: "${worst.line.slice(0, 80)}".`,
    {
      hint: 'Calibrate on other text than you measure on, or the figures flatter the files.',
      details: { overlaps },
    },
  );
}

async function readAll(texts: readonly TextRequest[]): Promise<NamedText[]> {
  const named: NamedText[] = [];
  for (const name of new Set(texts.flatMap(({ paths }) => paths))) {
    const { size } = await stat(name).catch((error: unknown) => {
      throw toIoError(error, name);
    });
    if (size > maximumBytes) continue;
    const text = await readFile(name, 'utf8').catch((error: unknown) => {
      throw toIoError(error, name);
    });
    named.push({ name, text });
  }
  return named;
}
