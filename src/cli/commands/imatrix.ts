// `imatrix`: collects an importance matrix, adds several together, or describes one.
import { existsSync } from 'node:fs';
import { imatrixDescriptor } from '#src/stages/imatrix/descriptor.ts';
import type { OptionValues } from '#src/stages/stage-descriptor.ts';
import { defineCommand, type CommandContext, type Invocation } from '../command.ts';
import { recordImatrix } from '../record-command.ts';
import { renderImatrix } from '../render-imatrix.ts';
import { usageError } from '../usage-error.ts';

type Options = typeof imatrixDescriptor.options;

export const imatrixCommand = defineCommand(imatrixDescriptor, async (invocation, context) => {
  const shown = invocation.options['show-statistics'];
  if (shown !== undefined) {
    const described = await context.factory('describeImatrix', { path: shown });
    return { result: described, text: renderImatrix(described) };
  }
  const result = await recordImatrix(context, paramsOf(invocation, context));
  return { result, text: renderImatrix(result) };
});

function paramsOf({ options, given }: Invocation<Options>, context: CommandContext) {
  const { model, chunks, floor, threads } = options;
  if (options.file.length > 0 && model === undefined) {
    throw usageError('imatrix has text but no model to read it.', 'Add -m MODEL.');
  }
  if (options.file.length === 0 && options['in-file'].length === 0) {
    throw usageError(
      'imatrix has nothing to do.',
      'Give a model and text (-m MODEL -f TEXT), or matrices to add together (--in-file FILE).',
    );
  }
  if (chunks === 0)
    throw usageError('--chunks got "0".', 'Give a number of chunks, or -1 for all.');
  if (floor === 0) throw usageError('--floor got "0".', 'Give a share above 0, such as 0.001.');
  // Both spellings reach the same option; the file names texts as they were typed, as llama-imatrix does.
  const typed = given.get('file') ?? [];
  return {
    ...(model === undefined ? {} : { model: { path: model, adapters: adaptersOf(options) } }),
    texts: options.file.map((path, index) => ({
      id: `text-${index + 1}`,
      title: (typed[index] ?? path).slice(0, 300),
      paths: [path],
      parseSpecial: options['parse-special'] ?? false,
    })),
    inputs: (given.get('in-file') ?? []).flatMap((text) => inputsOf(text, context)),
    output: options.output ?? context.resolvePath('imatrix.gguf'),
    overwrite: options.overwrite ?? false,
    contextSize: options['ctx-size'],
    ...(chunks === undefined || chunks < 0 ? {} : { chunks }),
    processOutput: options['process-output'] ?? false,
    ...(floor === undefined ? {} : { floor }),
    batchSize: options['batch-size'],
    microBatchSize: options['ubatch-size'],
    outputFrequency: options['output-frequency'],
    gpuLayers: options['gpu-layers'],
    ...(threads === undefined ? {} : { threads }),
  };
}

/** llama-imatrix separates files by commas; a file whose name has one is itself. */
function inputsOf(text: string, context: CommandContext): string[] {
  const whole = context.resolvePath(text);
  if (existsSync(whole)) return [whole];
  return text.split(',').map((part) => context.resolvePath(part));
}

function adaptersOf(options: OptionValues<Options>) {
  return [
    ...options.lora.map((path) => ({ path, scale: 1 })),
    ...options['lora-scaled'].map(({ path, scale }) => ({ path, scale })),
  ];
}
