// Texts that a window asks to measure on: suites by their ids, the user's own files and folders by theirs.
import { basename } from 'node:path';
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { chooseEvaluationSuites, listTextFiles } from '#src/io/evaluation-suites.ts';
import { distinctIds } from './run-ids.ts';
import type { StudioFiles } from './studio-files.ts';

export interface AskedTexts {
  readonly suites?: readonly string[] | undefined;
  readonly texts?: readonly string[] | undefined;
}

/** `folder` is the workspace's. Throws `io/not-found` where there is no text, and `evaluation/unknown-suite`. */
export async function textsOf(
  { suites = [], texts = [] }: AskedTexts,
  files: StudioFiles,
  folder: string,
): Promise<TextRequest[]> {
  const chosen = await chooseEvaluationSuites(suites, folder);
  const fromSuites = chosen
    .filter(({ kind }) => kind !== 'tasks')
    .map(({ id, title, domain, paths, parseSpecial }) => ({
      id,
      title,
      paths,
      parseSpecial,
      ...(domain === undefined ? {} : { domain }),
    }));
  const own = await Promise.all(
    texts.map(async (file) => {
      const path = await files.pathOf(file);
      return { title: basename(path), paths: await listTextFiles(path), parseSpecial: false };
    }),
  );
  const all = [...fromSuites, ...own.map((text) => ({ ...text, id: text.title }))];
  const empty = own.find(({ paths }) => paths.length === 0);
  if (empty !== undefined || all.length === 0) {
    throw new StudioError(
      'io/not-found',
      empty === undefined ? 'No text was chosen.' : `There is no text file in ${empty.title}.`,
      { hint: 'Choose a suite, or files and folders with plain text.' },
    );
  }
  const ids = distinctIds(all.map(({ id }) => id));
  return all.map((text, index) => ({ ...text, id: ids[index] ?? `text-${index}` }));
}
