// Texts by the names of evaluation suites (`--suite NAME`), for every command that measures on text.
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import { chooseEvaluationSuites } from '#src/io/evaluation-suites.ts';
import { usageError } from './usage-error.ts';

/** In the order of their names. Throws `evaluation/unknown-suite`, and `usage/invalid` for a suite of questions. */
export async function suiteTexts(
  names: readonly string[],
  workspaceFolder: string | undefined,
): Promise<TextRequest[]> {
  if (names.length === 0) return [];
  const suites = await chooseEvaluationSuites(names, workspaceFolder);
  const tasks = suites.find(({ kind }) => kind === 'tasks');
  if (tasks !== undefined) {
    throw usageError(
      `Suite "${tasks.id}" has questions, not text.`,
      `Ask them: gguf-studio tasks --suite ${tasks.id}.`,
    );
  }
  return suites.map(({ id, title, domain, paths, parseSpecial }) => ({
    id,
    title,
    ...(domain === undefined ? {} : { domain }),
    paths: [...paths],
    parseSpecial,
  }));
}
