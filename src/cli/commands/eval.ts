// `eval`: files against their unquantized model.
import { randomUUID } from 'node:crypto';
import { basename, join } from 'node:path';
import type { EvaluateParams } from '#src/contract/quality/evaluate.ts';
import type {
  SubjectAdapter,
  SubjectRequest,
  TextRequest,
} from '#src/contract/quality/subjects.ts';
import {
  chooseEvaluationSuites,
  listTextFiles,
  requestsOfSuites,
} from '#src/io/evaluation-suites.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import { evaluateDescriptor } from '#src/stages/evaluate/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { formatDuration } from '#src/text/format-number.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { recordEvaluation } from '../record-command.ts';
import { renderRun } from '../render-run.ts';
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof evaluateDescriptor.options>;

export const evalCommand = defineCommand(
  evaluateDescriptor,
  async ({ options, positionals }, context) => {
    const params = await evaluationParams(options, positionals, context);
    const result = await recordEvaluation(context, params);
    const text = `${renderRun(result.run, context.style)}\n${result.path}\n${formatDuration(result.seconds)}\n`;
    return { result, text };
  },
);

async function evaluationParams(
  options: Options,
  positionals: readonly string[],
  context: CommandContext,
): Promise<EvaluateParams> {
  const { reference, chunks, threads } = options;
  if (reference === undefined) {
    throw usageError('eval needs the unquantized model.', 'Add --reference FOLDER|GGUF.');
  }
  if (chunks === 0)
    throw usageError('--chunks got "0".', 'Give a number of chunks, or -1 for all.');
  const workspace = await findWorkspace(context.resolvePath('.'));
  const suites = await chooseEvaluationSuites(options.suite, workspace?.folder);
  const { texts: suiteTexts, tasks } = requestsOfSuites(suites);
  const texts = [
    ...options.file.map((path, index) => fileText(path, index, options['parse-special'] ?? false)),
    ...suiteTexts,
  ];
  if (texts.length + tasks.length === 0) {
    throw usageError('eval needs a text.', 'Add -f TEXT, or --suite NAME.');
  }
  const paths = positionals.map((path) => context.resolvePath(path));
  const subjects = subjectsOf(paths, options);
  const folder =
    options.outdir ?? join(workspace?.folder ?? context.resolvePath('.'), 'measurements');
  return {
    folder,
    id: newRunId(),
    title: options.name ?? titleOf(subjects, reference),
    reference: {
      path: reference,
      adapters: options['reference-lora'].map(({ path, scale }) => ({ path, scale })),
    },
    subjects,
    texts,
    tasks,
    maximumTokens: options['n-predict'],
    calibrationTexts: (await Promise.all(options.calibration.map(listTextFiles))).flat(),
    contextSize: options['ctx-size'],
    ...(chunks === undefined || chunks < 0 ? {} : { chunks }),
    mode: options.full === true ? 'full' : 'reference',
    ...(threads === undefined ? {} : { threads }),
    gpuLayers: options['gpu-layers'],
    fresh: options.fresh ?? false,
    tensorErrors: options['tensor-errors'] ?? false,
  };
}

function titleOf(subjects: readonly SubjectRequest[], reference: string): string {
  const labels = subjects.map(({ label }) => label);
  const names = labels.length > 3 ? `${labels.length} files` : labels.join(', ');
  return `${names} against ${basename(reference)}`.slice(0, 300);
}

/** Time first, so that names sort by age. */
export function newRunId(now = new Date()): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomUUID().slice(0, 8)}`;
}

function fileText(path: string, index: number, parseSpecial: boolean): TextRequest {
  return { id: `text-${index + 1}`, title: basename(path), paths: [path], parseSpecial };
}

function subjectsOf(paths: readonly string[], options: Options): SubjectRequest[] {
  const adapters: SubjectAdapter[] = [
    ...options.lora.map((path) => ({ path, scale: 1 })),
    ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
    ...options.bundled.map((bundled) => ({ bundled, scale: 1 })),
  ];
  const added = adapters.map((adapter) => ` + ${'path' in adapter ? adapterName(adapter.path) : adapter.bundled}`); // prettier-ignore
  const form = adapters.length > 0 ? 'run-time' : 'stock';
  return shortNames(paths.map((path) => basename(path))).map((label, index) => ({
    id: `${index + 1}-${label.replace(/[^A-Za-z0-9._+-]+/g, '-')}`.slice(0, 100),
    label: `${label}${added.join('')}`.slice(0, 300),
    form,
    path: paths[index] ?? '',
    adapters,
  }));
}

function adapterName(path: string): string {
  return basename(path).replace(/\.gguf$/i, '');
}

/** File names without what they all begin with: `tiny-Q4_K_M.gguf` and `tiny-Q8_0.gguf` are `Q4_K_M` and `Q8_0`. */
export function shortNames(names: readonly string[]): string[] {
  const bare = names.map((name) => name.replace(/\.gguf$/i, ''));
  const [first = ''] = bare;
  if (bare.length < 2) return bare;
  let common = 0;
  for (let at = 1; at <= first.length; at++) {
    if (!bare.every((name) => name.length > at && name.startsWith(first.slice(0, at)))) break;
    if (/[-_. ]/.test(first[at - 1] ?? '')) common = at;
  }
  return bare.map((name) => name.slice(common));
}
