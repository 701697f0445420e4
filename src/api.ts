// The TypeScript API: the same builds as the command line, from a program. Every call starts the factory in a child
// process, as the command line does, so that a fault in native code becomes an error and never ends the program.
// See docs/api.md for examples.
import { randomUUID } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { budgetText } from './allocation/budget-text.ts';
import { parseBudget } from './allocation/parse-budget.ts';
import type { BuildResult } from './contract/build.ts';
import type { EventOf, ParamsOf, ResultOf } from './contract/contract.ts';
import { factoryContract, type FactoryContract } from './contract/factory.contract.ts';
import type { WrittenFile } from './contract/outputs.ts';
import {
  allocateParams,
  type AllocateParams,
  type AllocateResult,
  type Budget,
} from './contract/quality/allocate.ts';
import type { TextRequest } from './contract/quality/subjects.ts';
import type { StageEvent } from './contract/stage-events.ts';
import { StudioError } from './errors/studio-error.ts';
import { chooseEvaluationSuites, listTextFiles } from './io/evaluation-suites.ts';
import { openHost } from './io/open-host.ts';
import { measurementsFolderName } from './io/run-store.ts';
import { findWorkspace } from './io/workspace.ts';
import {
  prepareDomainBuild,
  prepareRecipeBuild,
  prepareUniversalBuild,
  type NamedBuildOptions,
  type PreparedBuild,
} from './jobs/named-build.ts';
import { recordBuild } from './jobs/record-build.ts';
import type { RecipeLevel } from './recipe/recipe-schema.ts';

export type { BuildResult, BuiltFile } from './contract/build.ts';
export type { WrittenFile } from './contract/outputs.ts';
export type { AllocateResult, Budget } from './contract/quality/allocate.ts';
export type { StageEvent } from './contract/stage-events.ts';
export { StudioError };
export type { RecipeLevel } from './recipe/recipe-schema.ts';

/** What every call takes. */
export interface CallOptions {
  /** Receives phases, progress, notices and finished files while the call runs. */
  readonly onEvent?: (event: StageEvent) => void;
  /** Aborting cancels; a build that is started again goes on at its last good tensor. */
  readonly signal?: AbortSignal;
  /** Worker threads. Default: the machine's cores. */
  readonly threads?: number;
}

/** Options of every build. */
export interface BuildOptions extends CallOptions {
  /**
   * Load every output in llama.cpp and ask it the validation prompts before it gets its name. Default true; without it
   * only structure and hashes are checked.
   */
  readonly validate?: boolean;
  /** Keep temporary files (converted adapters) in the studio's own folder. Default false. */
  readonly keepTemp?: boolean;
  /** Replace output files that GGUF Studio did not build. Default false: they are an error. */
  readonly overwrite?: boolean;
}

/** Options of builds from the model mapping. */
export interface NamedModelOptions extends BuildOptions {
  /** One level or several (all in one pass). Default: the level of the use case. */
  readonly level?: RecipeLevel | readonly RecipeLevel[];
  /** A use case of the model mapping (`production`, `mobile`, ...). Default: the domain's own, else `production`. */
  readonly useCase?: string;
  /** Written as `studio.context_window`. Default: the use case's; clamped to the trained window with a notice. */
  readonly contextWindow?: number;
  /**
   * `bundled` (default): the adapters ride inside the file and are switched at run time. `merged`: they are added to the
   * weights before quantizing; refused where subdomains of one parent have different bases.
   */
  readonly form?: 'bundled' | 'merged';
  /**
   * A folder, or a file name ending in `.gguf` (`{level}` stands for the level). Relative to the current folder.
   * Default: `outputs/<domain>` of the workspace.
   */
  readonly outputPath?: string;
  /** An importance matrix for quantizing. */
  readonly imatrix?: string;
  /** Accept a base that is already quantized, at a loss. Default false. */
  readonly allowRequantize?: boolean;
  /** Folder of the workspace whose model mapping counts. Default: found upward from the current folder, else Seedling. */
  readonly workspace?: string;
}

export interface UniversalModelOptions extends NamedModelOptions {
  /** List the emotion step in the manifest. Default true. */
  readonly emotion?: boolean;
}

export interface ConvertOptions extends CallOptions {
  /** Hugging Face folder. */
  readonly model: string;
  /** The GGUF to write. */
  readonly outputPath: string;
  /** Type of the weights; `auto` keeps the checkpoint's 16-bit type. Default `f16`, as the reference converter's. */
  readonly outtype?: 'f32' | 'f16' | 'bf16' | 'q8_0' | 'auto';
  /** Pre-tokenizer, where it cannot be recognized. */
  readonly preTokenizer?: string;
  /** Written as `general.name`. */
  readonly modelName?: string;
  /** Load the output in llama.cpp and ask it before it gets its name. Default true. */
  readonly validate?: boolean;
  /** Replace the output if it exists. Default false. */
  readonly overwrite?: boolean;
}

/** Texts of one purpose; at least one. */
export interface AllocateTexts {
  /** Evaluation suites: built-in ones, or the workspace's (`evaluation_suites.json`). */
  readonly suites?: readonly string[];
  /** Files, or folders whose text files are read. */
  readonly files?: readonly string[];
}

export interface AllocateOptions extends CallOptions {
  /** The unquantized model: a Hugging Face folder or a GGUF. */
  readonly model: string;
  /** A size (`3.2GB`), the size of a level (`Q4_K_M`), the largest mean KLD (`kld:0.05`), or any of them as an object. */
  readonly budget: string | Budget;
  /** The GGUF to write: the hybrid, or the stock level where that is not worse. */
  readonly outputPath: string;
  /** What the search chooses types by. */
  readonly search: AllocateTexts;
  /** Held out: what hybrid and stock level are measured on. May share no line with the search. */
  readonly proof: AllocateTexts;
  /** `fast` (default), `smallest`, or `attention-high`. */
  readonly profile?: AllocateParams['profile'];
  /** An importance matrix, for hybrid and stock level alike. */
  readonly imatrix?: string;
  /** What the matrix was made from: none of it may be in the other texts. */
  readonly imatrixTexts?: readonly string[];
  /** Tokens of a chunk. Default 512. */
  readonly contextSize?: number;
  /** Chunks of each text of the proof. Default: all. */
  readonly chunks?: number;
  /** Measure how much each group of tensors matters. Default true; published priors otherwise. */
  readonly probe?: boolean;
  /** Chunks of a probe, of all texts of the search together. Default 16. */
  readonly probeChunks?: number;
  /** Changes to try afterwards, each judged by its measured KLD. Default 0. */
  readonly moves?: number;
  /** Also the rounding error of every tensor. Default false. */
  readonly tensorErrors?: boolean;
  /** Also write the output's types as llama-quantize's `--tensor-type-file`. */
  readonly tensorTypeFile?: string;
  /** Read control tokens that `files` spell out (chat markers); suites know it themselves. Default false. */
  readonly parseSpecial?: boolean;
  /** What the run is called. */
  readonly title?: string;
  /** Folder of runs. Default: `measurements` of the workspace, or of the current folder. */
  readonly runsFolder?: string;
  /** Replace the output if it exists. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Builds one model for all domains of the model mapping, with its router manifest.
 * Rejects with a StudioError; its `code`, `hint` and `details` say what happened and what to do.
 */
export async function createUniversalModel(
  options: UniversalModelOptions = {},
): Promise<BuildResult> {
  const named = { ...namedOptions(options), emotion: options.emotion };
  return runBuild(await prepareUniversalBuild(named, process.cwd()), options);
}

/**
 * Builds one domain of the model mapping (`healthcare`, `business`, ...): a parent per base that its subdomains were
 * trained on, with a router manifest. Rejects with a StudioError.
 */
export async function createDomainSpecificModel(
  domain: string,
  options: NamedModelOptions = {},
): Promise<BuildResult> {
  return runBuild(await prepareDomainBuild(domain, namedOptions(options), process.cwd()), options);
}

/** Builds a recipe file (`*.recipe.json`). Rejects with a StudioError. */
export async function buildRecipeFile(
  path: string,
  options: BuildOptions = {},
): Promise<BuildResult> {
  return runBuild(await prepareRecipeBuild(resolve(path), path), options);
}

/** Converts a Hugging Face folder to GGUF, byte for byte as the reference converter. Rejects with a StudioError. */
export async function convertToGguf(options: ConvertOptions): Promise<WrittenFile> {
  const { outputs } = await callFactory(
    'convert',
    {
      folder: resolve(options.model),
      output: resolve(options.outputPath),
      outtype: options.outtype ?? 'f16',
      validate: options.validate ?? true,
      overwrite: options.overwrite ?? false,
      ...(options.preTokenizer === undefined ? {} : { pre: options.preTokenizer }),
      ...(options.modelName === undefined ? {} : { modelName: options.modelName }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    },
    options,
  );
  const [written] = outputs;
  if (written === undefined) throw new Error('Broken invariant: a conversion writes one file');
  return written;
}

/**
 * Chooses a type for every tensor under a budget, proves the hybrid against the stock level of the same size on held-out
 * text, writes the better of the two, and keeps the proof as a run. Rejects with a StudioError.
 */
export async function allocate(options: AllocateOptions): Promise<AllocateResult> {
  const workspace = await findWorkspace(process.cwd());
  const { imatrix, tensorTypeFile, runsFolder } = options;
  const budget = budgetOf(options.budget);
  const source = resolve(options.model);
  const texts = (chosen: AllocateTexts, id: string) =>
    textsOf(chosen, id, options.parseSpecial ?? false, workspace?.folder);
  const calibration = (options.imatrixTexts ?? []).map((path) => listTextFiles(resolve(path)));
  const given = {
    folder: resolve(runsFolder ?? join(workspace?.folder ?? '.', measurementsFolderName)),
    id: `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomUUID().slice(0, 8)}`,
    title: options.title ?? `Hybrid of ${basename(source)} within ${budgetText(budget)}`,
    source: { path: source },
    budget,
    profile: options.profile,
    imatrix: imatrix === undefined ? undefined : resolve(imatrix),
    imatrixTexts: (await Promise.all(calibration)).flat(),
    probeTexts: await texts(options.search, 'search'),
    texts: await texts(options.proof, 'proof'),
    contextSize: options.contextSize,
    probeChunks: options.probeChunks,
    chunks: options.chunks,
    probe: options.probe,
    moves: options.moves,
    output: resolve(options.outputPath),
    tensorTypeFile: tensorTypeFile === undefined ? undefined : resolve(tensorTypeFile),
    overwrite: options.overwrite,
    threads: options.threads,
    tensorErrors: options.tensorErrors,
  };
  const asked = Object.entries(given).filter(([, value]) => value !== undefined);
  const params = allocateParams.safeParse(Object.fromEntries(asked));
  if (!params.success) {
    const [issue] = params.error.issues;
    throw new StudioError(
      'usage/invalid',
      `allocate: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
      { hint: 'See docs/api.md.' },
    );
  }
  return callFactory('allocate', params.data, options);
}

function budgetOf(budget: string | Budget): Budget {
  if (typeof budget !== 'string') return budget;
  const parsed = parseBudget(budget);
  if (parsed !== undefined) return parsed;
  throw new StudioError('usage/invalid', `allocate: "${budget}" is no budget.`, {
    hint: 'Give a size (3.2GB), a level (Q4_K_M) or kld:0.05.',
  });
}

async function textsOf(
  { suites = [], files = [] }: AllocateTexts,
  id: string,
  parseSpecial: boolean,
  workspace: string | undefined,
): Promise<TextRequest[]> {
  const chosen = await chooseEvaluationSuites(suites, workspace);
  const ofFiles = files.map(async (path, index) => ({
    id: `${id}-${index + 1}`,
    title: basename(path),
    paths: await listTextFiles(resolve(path)),
    parseSpecial,
  }));
  return [
    ...chosen.map(({ id: suite, title, paths, parseSpecial: special }) => ({
      id: suite,
      title,
      paths,
      parseSpecial: special,
    })),
    ...(await Promise.all(ofFiles)),
  ];
}

function namedOptions(options: NamedModelOptions): NamedBuildOptions {
  const { level, outputPath, imatrix, workspace } = options;
  return {
    levels: level === undefined ? undefined : typeof level === 'string' ? [level] : level,
    useCase: options.useCase,
    contextWindow: options.contextWindow,
    merged: options.form === 'merged',
    outputPath: outputPath === undefined ? undefined : resolve(outputPath),
    imatrix: imatrix === undefined ? undefined : resolve(imatrix),
    allowRequantize: options.allowRequantize,
    workspace: workspace === undefined ? undefined : resolve(workspace),
  };
}

function runBuild(
  { document, folder, title, recipePath }: PreparedBuild,
  options: BuildOptions,
): Promise<BuildResult> {
  const { signal, onEvent } = options;
  const params = {
    recipe: document.text,
    label: document.label,
    folder,
    validate: options.validate ?? true,
    keepTemp: options.keepTemp ?? false,
    overwrite: options.overwrite ?? false,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  return recordBuild(
    { title, recipePath, origin: 'script', params },
    (emit, jobSignal) =>
      callFactory('build', params, {
        signal: jobSignal,
        onEvent(event) {
          emit(event);
          onEvent?.(event);
        },
      }),
    { signal, onNotice: onEvent },
  );
}

async function callFactory<Method extends Extract<keyof FactoryContract, string>>(
  method: Method,
  params: ParamsOf<FactoryContract, Method>,
  { onEvent, signal }: CallOptions,
): Promise<ResultOf<FactoryContract, Method>> {
  if (signal?.aborted === true) throw new StudioError('cancelled', 'Cancelled before it began.');
  const host = openHost(factoryContract, { name: 'factory' });
  try {
    return await host.call(method, params, {
      signal,
      onEvent: (event: EventOf<FactoryContract, Method>) => {
        if (event.event === 'item' || event.event === 'check' || event.event === 'finding') return;
        onEvent?.(event);
      },
    });
  } finally {
    await host.dispose();
  }
}
