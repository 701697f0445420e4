// Three kinds of text may not share lines: what the importance matrix was made from, what the search looks at, and what is
// held out for the proof. Anything else flatters the result.
import { isAbsolute, join, dirname } from 'node:path';
import { readFile, stat } from 'node:fs/promises';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { findOverlap, type NamedText } from '#src/evaluation/suites/find-overlap.ts';
import { toIoError } from '#src/io/io-error.ts';
import { formatCount } from '#src/text/format-number.ts';
import { readText } from '../evaluate/read-text.ts';

export interface TextsOfAllocation {
  readonly held: readonly TextRequest[];
  readonly probed: readonly TextRequest[];
  /** Texts of the importance matrix that the user named. */
  readonly calibration: readonly string[];
  /** The matrix and the names that it gives its texts. */
  readonly imatrix?: { readonly path: string; readonly datasets: readonly string[] } | undefined;
}

/** Throws `evaluation/overlap` naming both texts and the first line that they share. */
export async function refuseOverlap(texts: TextsOfAllocation, emit: EventSink): Promise<void> {
  const held = await readAll(texts.held);
  const probed = await readAll(texts.probed);
  const calibration = await readCalibration(texts, emit);
  refuse(held, probed, 'the text of the search (--probe-text)');
  refuse(held, calibration, 'a text of the importance matrix');
  refuse(probed, calibration, 'a text of the importance matrix');
}

async function readAll(requests: readonly TextRequest[]): Promise<NamedText[]> {
  const texts: NamedText[] = [];
  for (const request of requests) {
    const { text } = await readText(request);
    texts.push({ name: request.title, text });
  }
  return texts;
}

function refuse(
  evaluation: readonly NamedText[],
  calibration: readonly NamedText[],
  what: string,
): void {
  const [first] = findOverlap(evaluation, calibration);
  if (first === undefined) return;
  const { evaluation: name, calibration: other, lines, line, lineNumber } = first;
  throw new StudioError(
    'evaluation/overlap',
    `"${name}" shares ${formatCount(lines)} line${lines === 1 ? '' : 's'} with ${what}, "${other}": line ${lineNumber} is "${line.slice(0, 120)}".`,
    {
      hint: 'Give texts that have nothing in common: a text that types were chosen by flatters them.',
      details: { evaluation: name, calibration: other, lines, lineNumber },
    },
  );
}

/** A matrix names its texts as they were typed; those that can still be found are compared, too. */
async function readCalibration(
  { calibration, imatrix }: TextsOfAllocation,
  emit: EventSink,
): Promise<NamedText[]> {
  const texts: NamedText[] = [];
  for (const path of calibration) texts.push({ name: path, text: await readFileText(path) });
  if (imatrix === undefined || calibration.length > 0) return texts;
  for (const name of imatrix.datasets) {
    const path = isAbsolute(name) ? name : join(dirname(imatrix.path), name);
    const isThere = await stat(path).then(
      (status) => status.isFile() && status.size < 1 << 30,
      () => false,
    );
    if (isThere) texts.push({ name, text: await readFileText(path) });
    else {
      emit({
        event: 'notice',
        level: 'warning',
        message: `The matrix was made from ${name}, which is not here: whether the texts of this run share lines with it cannot be told. Name it with --imatrix-text.`,
      });
    }
  }
  return texts;
}

async function readFileText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw toIoError(error, path);
  });
}
