// The evaluation suites of this machine: those that ship with the studio (configs/evaluation_suites.json) and those of the
// workspace (`evaluation_suites.json` beside gguf-studio.json). Found and checked here; read by whoever measures.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { suiteFileSchema, type FoundSuite, type Suite } from '#src/contract/quality/suites.ts';
import type { TaskRequest, TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { packageRoot } from './package-root.ts';

export const suiteFileName = 'evaluation_suites.json';

/** A suite file is written by hand; more than this is something else. */
const maximumFileBytes = 1 << 20;
const maximumFiles = 10_000;
/** What is read of a folder that is named as a text: prose, code, tasks. */
const textExtensions = new Set(
  '.txt .md .rst .tex .csv .json .jsonl .ts .tsx .js .mjs .py .c .h .cpp .hpp .rs .go .java .kt .swift .rb .php .sh .sql .html .css .yaml .yml .toml'.split(
    ' ',
  ),
);

/**
 * Built-in suites, then the workspace's; a workspace's suite replaces a built-in one of the same id. A suite whose files
 * cannot be found is listed with the reason. Throws `evaluation/suites` for a suite file that is wrong.
 */
export async function findEvaluationSuites(workspaceFolder?: string): Promise<FoundSuite[]> {
  const root = packageRoot();
  const builtIn = await readSuiteFile(join(root, 'configs', suiteFileName));
  const own =
    workspaceFolder === undefined ? [] : await readSuiteFile(join(workspaceFolder, suiteFileName));
  const ownIds = new Set(own.map(({ id }) => id));
  return Promise.all([
    ...builtIn
      .filter(({ id }) => !ownIds.has(id))
      .map((suite) => findSuite(suite, root, 'built in')),
    ...own.map((suite) => findSuite(suite, workspaceFolder ?? root, 'workspace')),
  ]);
}

/** The suites of these ids, in that order. Throws `evaluation/unknown-suite`, naming the known ones. */
export async function chooseEvaluationSuites(
  ids: readonly string[],
  workspaceFolder?: string,
): Promise<FoundSuite[]> {
  const suites = await findEvaluationSuites(workspaceFolder);
  return ids.map((id) => {
    const suite = suites.find((one) => one.id === id);
    if (suite === undefined) {
      throw new StudioError('evaluation/unknown-suite', `There is no evaluation suite "${id}".`, {
        hint: `Known are: ${suites.map((one) => one.id).join(', ')}. More can be named in ${suiteFileName} of the workspace.`,
      });
    }
    if (suite.problem !== undefined) {
      throw new StudioError('evaluation/unknown-suite', `Suite "${id}": ${suite.problem}`, {
        hint: 'Correct its paths, or put the files there.',
      });
    }
    return suite;
  });
}

/** Suites as what is measured: texts, and files of questions. A suite of several question files has one for each. */
export function requestsOfSuites(suites: readonly FoundSuite[]): {
  texts: TextRequest[];
  tasks: TaskRequest[];
} {
  const texts = suites
    .filter(({ kind }) => kind !== 'tasks')
    .map(({ id, title, domain, paths, parseSpecial }) => ({
      id,
      title,
      ...(domain === undefined ? {} : { domain }),
      paths: [...paths],
      parseSpecial,
    }));
  const tasks = suites
    .filter(({ kind }) => kind === 'tasks')
    .flatMap(({ id, title, paths }) =>
      paths.map((path, index) =>
        paths.length === 1
          ? { id, title, path }
          : { id: `${id}-${index + 1}`, title: `${title}, ${basename(path)}`.slice(0, 300), path },
      ),
    );
  return { texts, tasks };
}

/** Text files of a path: itself, or those below it when it is a folder, by name. Throws `io/not-found`. */
export async function listTextFiles(path: string): Promise<string[]> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  if (!status.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && textExtensions.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((left, right) => (left < right ? -1 : 1))
    .slice(0, maximumFiles);
}

async function readSuiteFile(path: string): Promise<Suite[]> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return [];
  const problem = (reason: string, cause?: unknown) =>
    new StudioError('evaluation/suites', `${path} is no list of evaluation suites: ${reason}.`, {
      hint: 'Correct the file; configs/schemas/evaluation-suites.schema.json describes it.',
      cause,
    });
  if (status.size > maximumFileBytes) throw problem(`it has ${status.size} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw problem((error as Error).message, error);
  }
  const parsed = suiteFileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw problem(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong form'}`);
  }
  const ids = parsed.data.suites.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw problem(`suite "${twice}" stands there twice`);
  return parsed.data.suites;
}

async function findSuite(
  { texts, ...suite }: Suite,
  folder: string,
  origin: FoundSuite['origin'],
): Promise<FoundSuite> {
  const paths: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    try {
      const files = await listTextFiles(resolve(folder, text));
      paths.push(...files);
      for (const file of files) bytes += (await stat(file)).size;
    } catch (error) {
      return { ...suite, paths, bytes, origin, problem: (error as Error).message };
    }
  }
  const problem = bytes === 0 ? { problem: 'Its files are empty.' } : {};
  return { ...suite, paths, bytes, origin, ...problem };
}
