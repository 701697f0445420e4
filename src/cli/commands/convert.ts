// `convert` and `convert-lora`.
import { basename, join } from 'node:path';
import { convertDescriptor, convertLoraDescriptor } from '#src/stages/convert/descriptor.ts';
import { defineCommand } from '../command.ts';
import { recordWriting } from '../record-command.ts';
import { renderWritten } from '../render-written.ts';
import { usageError } from '../usage-error.ts';

export const convertCommand = defineCommand(
  convertDescriptor,
  async ({ options, positionals: [target = ''] }, context) => {
    const folder = context.resolvePath(target);
    const written = await recordWriting(context, {
      kind: 'convert',
      params: {
        folder,
        output:
          options.outfile ?? join(folder, `${basename(folder)}-${nameOf(options.outtype)}.gguf`),
        outtype: options.outtype,
        ...(options.pre === undefined ? {} : { pre: options.pre }),
        ...(options['model-name'] === undefined ? {} : { modelName: options['model-name'] }),
        ...(options.threads === undefined ? {} : { threads: options.threads }),
        overwrite: options.overwrite ?? false,
        validate: options.validate ?? false,
      },
    });
    return { result: written, text: renderWritten(written) };
  },
);

export const convertLoraCommand = defineCommand(
  convertLoraDescriptor,
  async ({ options, positionals: [target = ''] }, context) => {
    const adapter = context.resolvePath(target);
    if (options.base === undefined) {
      throw usageError(
        'convert-lora needs the base that the adapter was trained on.',
        'Add --base FOLDER (its config.json is enough) or --base MODEL.gguf.',
      );
    }
    const written = await recordWriting(context, {
      kind: 'convert-lora',
      params: {
        adapter,
        base: options.base,
        output:
          options.outfile ??
          join(adapter, `${basename(adapter)}-${nameOf(options.outtype)}-LoRA.gguf`),
        outtype: options.outtype,
        overwrite: options.overwrite ?? false,
      },
    });
    return { result: written, text: renderWritten(written) };
  },
);

/** In file names types are upper case; what `auto` chooses is not known before the checkpoint is read. */
function nameOf(outtype: string): string {
  return outtype === 'auto' ? 'auto' : outtype.toUpperCase();
}
