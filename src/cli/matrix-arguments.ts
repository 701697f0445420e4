// From what is typed after `matrix` to what the factory is asked: adapters by path or out of the workspace's mapping, and each
// adapter's own text.
import { basename, dirname, join, resolve } from 'node:path';
import type { MatrixParams } from '#src/contract/quality/matrix.ts';
import { qualityId, type TextRequest } from '#src/contract/quality/subjects.ts';
import type { FoundSuite } from '#src/contract/quality/suites.ts';
import { findEvaluationSuites, listTextFiles } from '#src/io/evaluation-suites.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { findWorkspace, type Workspace } from '#src/io/workspace.ts';
import { adapterNameOf, generalTextOf, ownTextOf, suiteOfAdapter } from '#src/jobs/matrix-texts.ts';
import { readWorkspaceMapping } from '#src/jobs/named-build.ts';
import type { ModelMapping } from '#src/recipe/model-mapping.ts';
import type { matrixDescriptor } from '#src/stages/matrix/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { newRunId } from './commands/eval.ts';
import { usageError } from './usage-error.ts';

export type MatrixOptions = OptionValues<typeof matrixDescriptor.options>;

interface NamedAdapter {
  readonly name: string;
  readonly path: string;
  readonly scale: number;
  readonly domain?: string;
}

/** Throws `usage/invalid` for what is missing, naming it; `recipe/invalid` for a broken mapping. `from` is the current folder. */
export async function matrixParamsOf(
  options: MatrixOptions,
  positionals: readonly string[],
  from: string,
): Promise<MatrixParams> {
  const { chunks, threads, imatrix, keep } = options;
  if (chunks === 0)
    throw usageError('--chunks got "0".', 'Give a number of chunks, or -1 for all.');
  const found = await findWorkspace(from);
  const typed = adaptersOf(options);
  const workspace = found ?? (typed.length === 0 ? await ensureSeedlingWorkspace() : undefined);
  const given = positionals[0] === undefined ? undefined : resolve(from, positionals[0]);
  const { base, adapters } = await chooseAdapters(given, typed, workspace);
  const suites = await findEvaluationSuites(workspace?.folder);
  const ownTexts = await textsOfAdapters(adapters, options, from);
  return {
    ...placeOf(options.output, workspace?.folder ?? from),
    title: options.name ?? `${basename(base)}, adapters × levels`,
    base,
    adapters: adapters.map((adapter) => {
      const domain = adapter.domain ?? suiteOfAdapter(adapter.name, suites)?.domain;
      const text = ownTexts.get(adapter.name) ?? ownTextOf(adapter.name, suites);
      return { ...adapter, ...(domain === undefined ? {} : { domain }), text };
    }),
    levels: [...options.levels],
    general: await generalText(options, suites),
    ...(imatrix === undefined ? {} : { imatrix }),
    calibrationTexts: (await Promise.all(options.calibration.map(listTextFiles))).flat(),
    contextSize: options['ctx-size'],
    ...(chunks === undefined || chunks < 0 ? {} : { chunks }),
    ...(threads === undefined ? {} : { threads }),
    ...(keep === undefined ? {} : { keep }),
  };
}

function adaptersOf(options: MatrixOptions): NamedAdapter[] {
  const paths = [...options.lora.map((path) => ({ path, scale: 1 })), ...options['lora-scaled']];
  return paths.map(({ path, scale }) => ({ name: adapterNameOf(path), path, scale }));
}

async function chooseAdapters(
  base: string | undefined,
  adapters: readonly NamedAdapter[],
  workspace: Workspace | undefined,
): Promise<{ base: string; adapters: readonly NamedAdapter[] }> {
  if (adapters.length > 0) {
    if (base !== undefined) return { base, adapters };
    throw usageError('matrix needs the unquantized base.', 'Give it before --lora: BASE.');
  }
  if (workspace === undefined) throw usageError('matrix needs an adapter.', 'Add --lora ADAPTER.');
  const mapping = await readWorkspaceMapping(workspace);
  const mapped = mappedBases(mapping, workspace);
  const chosen = mapped.filter(
    ({ path, adapters: own }) => own.length > 0 && (base === undefined || path === base),
  );
  const names = mapped.map(({ path }) => path).join(', ');
  const [first, second] = chosen;
  if (first === undefined) {
    throw usageError(
      `The workspace ${workspace.folder} has no adapter for ${base ?? 'any base'}.`,
      `Add --lora ADAPTER${names === '' ? '' : `, or give a base of its model mapping: ${names}`}.`,
    );
  }
  if (second !== undefined) {
    throw usageError(
      `The workspace ${workspace.folder} has adapters for several bases.`,
      `Say which: gguf-studio matrix BASE, with one of ${names}.`,
    );
  }
  return { base: first.path, adapters: first.adapters };
}

function mappedBases(mapping: ModelMapping, { folder }: Workspace) {
  return Object.entries(mapping.bases).map(([baseName, { path }]) => ({
    path: resolve(folder, path),
    adapters: adaptersOfBase(mapping, baseName, folder),
  }));
}

/** A subdomain's name, with its domain's where two domains share it. */
function adaptersOfBase(mapping: ModelMapping, baseName: string, folder: string): NamedAdapter[] {
  const all = Object.entries(mapping.domains).flatMap(([domain, { subdomains }]) =>
    Object.entries(subdomains)
      .filter(([, { base }]) => base === baseName)
      .map(([name, { adapter, scale }]) => ({
        name,
        domain,
        path: resolve(folder, adapter),
        scale,
      })),
  );
  const isShared = (name: string) => all.filter((each) => each.name === name).length > 1;
  return all.map((each) =>
    isShared(each.name) ? { ...each, name: `${each.domain}-${each.name}` } : each,
  );
}

/** Texts of `-f`, by the adapter's name. */
async function textsOfAdapters(
  adapters: readonly NamedAdapter[],
  options: MatrixOptions,
  from: string,
): Promise<Map<string, TextRequest>> {
  const paths = new Map<string, string[]>();
  for (const typed of options.file) {
    const at = typed.indexOf('=');
    const name = typed.slice(0, Math.max(0, at));
    if (!adapters.some((adapter) => adapter.name === name)) {
      throw usageError(
        at < 1 ? `-f got "${typed}".` : `-f got a text for "${name}", which is no adapter here.`,
        `Write -f ADAPTER=TEXT, with one of: ${adapters.map((adapter) => adapter.name).join(', ')}.`,
      );
    }
    const files = await listTextFiles(resolve(from, typed.slice(at + 1)));
    paths.set(name, [...(paths.get(name) ?? []), ...files]);
  }
  const parseSpecial = options['parse-special'] ?? false;
  return new Map(
    [...paths].map(([name, files]): [string, TextRequest] => [
      name,
      { id: `own-${name}`, title: titleOf(files), paths: files, parseSpecial },
    ]),
  );
}

function titleOf(paths: readonly string[]): string {
  const [first = ''] = paths;
  return paths.length === 1 ? basename(first) : `${basename(first)} and ${paths.length - 1} more`;
}

async function generalText(
  { general, 'parse-special': parseSpecial = false }: MatrixOptions,
  suites: readonly FoundSuite[],
): Promise<TextRequest> {
  if (general === undefined) return generalTextOf(suites);
  const paths = await listTextFiles(general);
  return { id: 'general-text', title: titleOf(paths), paths, parseSpecial };
}

function placeOf(output: string | undefined, home: string): { folder: string; id: string } {
  if (output === undefined) return { folder: join(home, 'measurements'), id: newRunId() };
  const id = basename(output);
  if (qualityId.safeParse(id).success) return { folder: dirname(output), id };
  throw usageError(
    `-o got a folder whose name is no run's: "${id}".`,
    'Use letters, digits, dots, dashes and underscores; begin with a letter or digit.',
  );
}
