// Texts that a window asks to measure on: suites by their ids, the user's own files and folders by theirs.
import { basename } from 'node:path';
import type { TaskRequest, TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import {
  chooseEvaluationSuites,
  listTextFiles,
  requestsOfSuites,
} from '#src/io/evaluation-suites.ts';
import { distinctIds } from './run-ids.ts';
import type { StudioFiles } from './studio-files.ts';

export interface AskedTexts {
  readonly suites?: readonly string[] | undefined;
  readonly texts?: readonly string[] | undefined;
}

/** `folder` is the workspace's. Throws `io/not-found` where there is no text, and `evaluation/unknown-suite`. */
export async function textsOf(
  asked: AskedTexts,
  files: StudioFiles,
  folder: string,
): Promise<TextRequest[]> {
  const { texts } = await textsAndTasksOf(asked, files, folder);
  if (texts.length > 0) return texts;
  throw nothingChosen();
}

/** The same with the questions among the suites; they alone are enough. */
export async function textsAndTasksOf(
  { suites = [], texts = [] }: AskedTexts,
  files: StudioFiles,
  folder: string,
): Promise<{ texts: TextRequest[]; tasks: TaskRequest[] }> {
  const chosen = requestsOfSuites(await chooseEvaluationSuites(suites, folder));
  const own = await Promise.all(
    texts.map(async (file) => {
      const path = await files.pathOf(file);
      const title = basename(path);
      const paths = await listTextFiles(path);
      if (paths.length > 0) return { id: title, title, paths, parseSpecial: false };
      throw new StudioError('io/not-found', `There is no text file in ${title}.`, {
        hint: 'Choose a suite, or files and folders with plain text.',
      });
    }),
  );
  const all = [...chosen.texts, ...own];
  if (all.length + chosen.tasks.length === 0) throw nothingChosen();
  const ids = distinctIds(all.map(({ id }) => id));
  const named = all.map((text, index) => ({ ...text, id: ids[index] ?? `text-${index}` }));
  return { texts: named, tasks: chosen.tasks };
}

function nothingChosen(): StudioError {
  return new StudioError('io/not-found', 'No text was chosen.', {
    hint: 'Choose a suite, or files and folders with plain text.',
  });
}
