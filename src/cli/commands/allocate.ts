// `allocate`: hybrid quantization under a budget.
import { basename } from 'node:path';
import type { AllocateParams, Budget } from '#src/contract/quality/allocate.ts';
import { allocateDescriptor } from '#src/stages/allocate/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { levels, parseLevel } from '#src/tensors/levels.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import { recordAllocation } from '../record-command.ts';
import { renderAllocation } from '../render-allocation.ts';
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof allocateDescriptor.options>;

export const allocateCommand = defineCommand(
  allocateDescriptor,
  async ({ options, positionals }, context) => {
    const result = await recordAllocation(
      context,
      paramsOf(options, positionals[0] ?? '', context),
    );
    return { result, text: renderAllocation(result) };
  },
);

function paramsOf(options: Options, model: string, context: CommandContext): AllocateParams {
  const { budget, output, chunks, imatrix, threads } = options;
  if (budget === undefined) {
    throw usageError('allocate needs a budget.', 'Add --budget 3.2GB, a level, or kld:0.05.');
  }
  if (output === undefined) throw usageError('allocate needs an output.', 'Add -o OUT.gguf.');
  if (options.file.length === 0) {
    throw usageError('allocate needs held-out text for its proof.', 'Add -f TEXT.');
  }
  if (options['probe-text'].length === 0) {
    throw usageError('allocate needs text for its search.', 'Add --probe-text TEXT.');
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
  return {
    source: { path: context.resolvePath(model) },
    budget: parseBudget(budget),
    profile: options.profile,
    ...(imatrix === undefined ? {} : { imatrix }),
    imatrixTexts: [...options['imatrix-text']],
    probeTexts: texts(options['probe-text'], 'probe'),
    texts: texts(options.file, 'text'),
    contextSize: options['ctx-size'],
    probeChunks: options['probe-chunks'],
    ...(chunks === undefined || chunks < 0 ? {} : { chunks }),
    probe: options.probe,
    moves: options.moves,
    output,
    ...(typesPath === undefined ? {} : { tensorTypeFile: typesPath }),
    overwrite: options.overwrite ?? false,
    ...(threads === undefined ? {} : { threads }),
  };
}

const units: Readonly<Record<string, number>> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
}; // prettier-ignore

/** `3.2GB`, `900MiB`, `2155424`, `Q4_K_M`, `kld:0.05`. */
export function parseBudget(text: string): Budget {
  const kld = /^kld[:=](.+)$/i.exec(text)?.[1];
  if (kld !== undefined) {
    if (/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(kld) && Number(kld) > 0) {
      return { kind: 'kld', kld: Number(kld) };
    }
    throw usageError(`--budget got "${text}".`, 'Give a mean KLD above 0: kld:0.05.');
  }
  const level = parseLevel(text);
  if (level !== undefined) return { kind: 'level', level };
  const size = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/i.exec(text);
  const unit = units[(size?.[2] ?? '?').toLowerCase()];
  if (size !== null && unit !== undefined && Number(size[1]) > 0) {
    return { kind: 'bytes', bytes: Math.floor(Number(size[1]) * unit) };
  }
  const nearest = nearestName(text, Object.keys(levels));
  throw usageError(
    `--budget got "${text}".`,
    nearest === undefined
      ? 'Give a size (3.2GB), a level (Q4_K_M) or kld:0.05.'
      : `Did you mean ${nearest}?`,
  );
}
