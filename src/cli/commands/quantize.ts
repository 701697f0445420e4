// `quantize`: llama-quantize's two forms, and many levels into a folder.
import { basename, dirname, join } from 'node:path';
import type { ParamsOf } from '#src/contract/contract.ts';
import type { FactoryContract } from '#src/contract/factory.contract.ts';
import { quantizeDescriptor } from '#src/stages/quantize/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { levels } from '#src/tensors/levels.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import {
  parseLevelArgument,
  parseMetadataOverride,
  parsePruneLayers,
  parseTensorType,
  parseTypeArgument,
  readTensorTypeFile,
  type NamedLevel,
} from '../quantize-arguments.ts';
import { recordWriting } from '../record-command.ts';
import { renderPlanned, renderWritten } from '../render-written.ts';
import { usageError } from '../usage-error.ts';

type Options = OptionValues<typeof quantizeDescriptor.options>;

interface Target {
  readonly outputs: { level: NamedLevel['level']; path?: string }[];
  readonly threads: number | undefined;
}

export const quantizeCommand = defineCommand(
  quantizeDescriptor,
  async ({ options, positionals, given }, context) => {
    refuseUnsupported(options);
    const [input = ''] = positionals;
    const { outputs, threads } = readTarget(positionals, options, context);
    const imatrixText = given.get('imatrix')?.at(-1);
    const params: ParamsOf<FactoryContract, 'quantize'> = {
      input: context.resolvePath(input),
      outputs,
      ...(options.imatrix === undefined || imatrixText === undefined
        ? {}
        : {
            imatrix: {
              path: options.imatrix,
              givenAs: imatrixText,
              include: [...options['include-weights']],
              exclude: [...options['exclude-weights']],
            },
          }),
      tensorTypes: [
        ...options['tensor-type'].map((text) => parseTensorType(text, '--tensor-type')),
        ...options['tensor-type-file'].flatMap(readTensorTypeFile),
      ],
      ...typeOption('outputTensorType', '--output-tensor-type', options['output-tensor-type']),
      ...typeOption(
        'tokenEmbeddingType',
        '--token-embedding-type',
        options['token-embedding-type'],
      ),
      pure: options.pure ?? false,
      leaveOutputTensor: options['leave-output-tensor'] ?? false,
      pruneLayers:
        options['prune-layers'] === undefined ? [] : parsePruneLayers(options['prune-layers']),
      allowRequantize: options['allow-requantize'] ?? false,
      overrides: options['override-kv'].map(parseMetadataOverride),
      dryRun: options['dry-run'] ?? false,
      makeFolders: options.outdir !== undefined,
      overwrite: options.overwrite ?? false,
      validate: options.validate ?? false,
      ...(threads === undefined ? {} : { threads }),
    };
    if (params.dryRun === true) {
      // It writes nothing and is over at once: no job.
      const planned = await context.factory('quantize', params);
      return { result: planned, text: renderPlanned(planned) };
    }
    const written = await recordWriting(context, { kind: 'quantize', params });
    return { result: written, text: renderWritten(written) };
  },
);

function refuseUnsupported(options: Options): void {
  if (options['keep-split'] === true) {
    throw usageError(
      '--keep-split is not supported: outputs are single files, whatever the input is.',
      'Leave it out; llama-gguf-split splits the result.',
    );
  }
  if (options['include-weights'].length > 0 && options['exclude-weights'].length > 0) {
    throw usageError(
      '--include-weights and --exclude-weights cannot be used together.',
      'Use one of them.',
    );
  }
  const filters = [...options['include-weights'], ...options['exclude-weights']];
  if (filters.length > 0 && options.imatrix === undefined) {
    throw usageError(
      '--include-weights and --exclude-weights choose from an importance matrix.',
      'Add --imatrix FILE.',
    );
  }
}

function typeOption<Key extends string>(key: Key, flag: string, text: string | undefined) {
  return text === undefined
    ? {}
    : ({ [key]: parseTypeArgument(text, flag) } as Record<
        Key,
        ReturnType<typeof parseTypeArgument>
      >);
}

/** Which of the three forms it is: `IN OUT TYPE [nthreads]`, `IN TYPE [nthreads]`, `IN --outdir --levels`. */
function readTarget(
  positionals: readonly string[],
  options: Options,
  context: CommandContext,
): Target {
  const [input = '', ...rest] = positionals;
  const dryRun = options['dry-run'] === true;
  if (options.levels !== undefined || options.outdir !== undefined) {
    if (options.levels === undefined || (options.outdir === undefined && !dryRun)) {
      throw usageError(
        '--levels and --outdir belong together.',
        'Write: gguf-studio quantize IN --outdir FOLDER --levels Q4_K_M,Q5_K_M.',
      );
    }
    if (rest.length > 0) {
      throw usageError(
        `"${rest[0] ?? ''}" is one argument too many beside --levels.`,
        'Give either OUT and TYPE or --outdir and --levels.',
      );
    }
    const { outdir } = options;
    const outputs = options.levels.map((level) =>
      outdir === undefined
        ? { level }
        : { level, path: join(outdir, `${modelName(input)}-${level}.gguf`) },
    );
    return { outputs, threads: options.threads };
  }
  const [first, second, third] = rest;
  if (first === undefined) {
    throw usageError(
      'quantize needs a level.',
      'Write: gguf-studio quantize IN OUT TYPE, for example with TYPE Q4_K_M.',
    );
  }
  const direct = parseLevelArgument(first);
  if (direct !== undefined && third === undefined) {
    const path = join(dirname(context.resolvePath(input)), `ggml-model-${direct.name}.gguf`);
    return {
      outputs: [dryRun ? { level: direct.level } : { level: direct.level, path }],
      threads: readThreads(second, options),
    };
  }
  const named = second === undefined ? undefined : parseLevelArgument(second);
  if (named === undefined) throw noLevel(second ?? first);
  const path = context.resolvePath(first);
  return {
    outputs: [dryRun ? { level: named.level } : { level: named.level, path }],
    threads: readThreads(third, options),
  };
}

function noLevel(text: string) {
  const nearest = nearestName(text, Object.keys(levels));
  return usageError(
    `There is no level "${text}".`,
    nearest === undefined
      ? 'gguf-studio quantize --help lists the levels.'
      : `Did you mean ${nearest}?`,
  );
}

function readThreads(text: string | undefined, options: Options): number | undefined {
  if (text === undefined) return options.threads;
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1) return Number(text);
  throw usageError(`"${text}" is not a number of threads.`, 'Give a whole number from 1.');
}

/** `models/tiny-F16.gguf` -> `tiny`: the level in the name is about to change. */
function modelName(input: string): string {
  const name = basename(input)
    .replace(/\.gguf$/i, '')
    .replace(/-\d{5}-of-\d{5}$/, '');
  const types = [...Object.keys(levels), 'f32', 'f16', 'bf16'].join('|');
  return name.replace(new RegExp(`[-.](${types})$`, 'i'), '') || name;
}
