// `merge`: adapters in the order in which --lora and --lora-scaled were given, each kind by itself, as llama-export-lora.
import { mergeDescriptor } from '#src/stages/merge/descriptor.ts';
import { defineCommand } from '../command.ts';
import { recordWriting } from '../record-command.ts';
import { renderWritten } from '../render-written.ts';
import { usageError } from '../usage-error.ts';

export const mergeCommand = defineCommand(mergeDescriptor, async ({ options }, context) => {
  const { base, outfile, method, density, seed } = options;
  if (base === undefined) throw usageError('merge needs a base.', 'Add --base FOLDER|GGUF.');
  if (outfile === undefined) throw usageError('merge needs an output.', 'Add --outfile FILE.');
  const adapters = [
    ...options.lora.map((path) => ({ path, scale: 1 })),
    ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
  ];
  if (adapters.length === 0) {
    throw usageError(
      'merge needs an adapter.',
      'Add --lora ADAPTER or --lora-scaled ADAPTER:SCALE.',
    );
  }
  if (method === 'sum' && density !== undefined) {
    throw usageError('--density has no meaning for sum.', 'Use it with --method ties or dare.');
  }
  if (method !== 'dare' && seed !== undefined) {
    throw usageError(`--seed has no meaning for ${method}.`, 'Use it with --method dare.');
  }
  const written = await recordWriting(context, {
    kind: 'merge',
    params: {
      base,
      adapters,
      method,
      ...(density === undefined ? {} : { density }),
      ...(seed === undefined ? {} : { seed }),
      output: outfile,
      outtype: options.outtype,
      allowRequantize: options['allow-requantize'] ?? false,
      overwrite: options.overwrite ?? false,
      validate: options.validate ?? false,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    },
  });
  return { result: written, text: renderWritten(written) };
});
