// `allocate`: hybrid quantization under a budget.
import { basename, join } from 'node:path';
import { budgetText } from '#src/allocation/budget-text.ts';
import { parseBudget } from '#src/allocation/parse-budget.ts';
import type { AllocateParams, Budget } from '#src/contract/quality/allocate.ts';
import { allocateDescriptor } from '#src/stages/allocate/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { measurementsFolderName } from '#src/io/run-store.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import { levels } from '#src/tensors/levels.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import { recordAllocation } from '../record-command.ts';
import { renderAllocation } from '../render-allocation.ts';
import { suiteTexts } from '../suite-texts.ts';
import { usageError } from '../usage-error.ts';
import { newRunId } from './eval.ts';

type Options = OptionValues<typeof allocateDescriptor.options>;

export const allocateCommand = defineCommand(
  allocateDescriptor,
  async ({ options, positionals }, context) => {
    const result = await recordAllocation(
      context,
      await paramsOf(options, positionals[0] ?? '', context),
    );
    return { result, text: renderAllocation(result) };
  },
);

async function paramsOf(
  options: Options,
  model: string,
  context: CommandContext,
): Promise<AllocateParams> {
  const { budget, output, chunks, imatrix, threads } = options;
  if (budget === undefined) {
    throw usageError('allocate needs a budget.', 'Add --budget 3.2GB, a level, or kld:0.05.');
  }
  if (output === undefined) throw usageError('allocate needs an output.', 'Add -o OUT.gguf.');
  if (options.file.length + options.suite.length === 0) {
    throw usageError(
      'allocate needs held-out text for its proof.',
      'Add -f TEXT or --suite NAME, for example --suite general.',
    );
  }
  if (options['probe-text'].length + options['probe-suite'].length === 0) {
    throw usageError(
      'allocate needs text for its search.',
      'Add --probe-text TEXT or --probe-suite NAME, for example --probe-suite language.',
    );
  }
  if (chunks === 0)
    throw usageError('--chunks got "0".', 'Give a number of chunks, or -1 for all.');
  if (options['imatrix-text'].length > 0 && imatrix === undefined) {
    throw usageError('--imatrix-text tells what a matrix was made from.', 'Add --imatrix FILE.');
  }
  const parseSpecial = options['parse-special'] ?? false;
  const texts = (paths: readonly string[], id: string) =>
    paths.map((path, index) => ({
      id: `${id}-${index + 1}`,
      title: basename(path).slice(0, 300),
      paths: [path],
      parseSpecial,
    }));
  const typesPath = options['tensor-type-file'];
  const workspace = await findWorkspace(context.resolvePath('.'));
  const chosen = budgetOf(budget);
  const source = context.resolvePath(model);
  return {
    folder:
      options.outdir ?? join(workspace?.folder ?? context.resolvePath('.'), measurementsFolderName),
    id: newRunId(),
    title:
      options.name ?? `Hybrid of ${basename(source)} within ${budgetText(chosen)}`.slice(0, 300),
    source: { path: source },
    budget: chosen,
    profile: options.profile,
    ...(imatrix === undefined ? {} : { imatrix }),
    imatrixTexts: [...options['imatrix-text']],
    probeTexts: [
      ...texts(options['probe-text'], 'probe'),
      ...(await suiteTexts(options['probe-suite'], workspace?.folder)),
    ],
    texts: [
      ...texts(options.file, 'text'),
      ...(await suiteTexts(options.suite, workspace?.folder)),
    ],
    contextSize: options['ctx-size'],
    probeChunks: options['probe-chunks'],
    ...(chunks === undefined || chunks < 0 ? {} : { chunks }),
    probe: options.probe,
    moves: options.moves,
    output,
    ...(typesPath === undefined ? {} : { tensorTypeFile: typesPath }),
    overwrite: options.overwrite ?? false,
    tensorErrors: options['tensor-errors'] ?? false,
    ...(threads === undefined ? {} : { threads }),
  };
}

/** `3.2GB`, `900MiB`, `2155424`, `Q4_K_M`, `kld:0.05`. */
function budgetOf(text: string): Budget {
  const budget = parseBudget(text);
  if (budget !== undefined) return budget;
  const message = `--budget got "${text}".`;
  if (/^kld[:=]/i.test(text)) throw usageError(message, 'Give a mean KLD above 0: kld:0.05.');
  const nearest = nearestName(text, Object.keys(levels));
  throw usageError(
    message,
    nearest === undefined
      ? 'Give a size (3.2GB), a level (Q4_K_M) or kld:0.05.'
      : `Did you mean ${nearest}?`,
  );
}
