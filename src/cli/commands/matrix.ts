// `matrix`: adapters × levels, at run time and merged.
import { matrixDescriptor } from '#src/stages/matrix/descriptor.ts';
import { formatDuration } from '#src/text/format-number.ts';
import { defineCommand } from '../command.ts';
import { matrixParamsOf } from '../matrix-arguments.ts';
import { recordMatrix } from '../record-command.ts';
import { renderMatrix } from '../render-matrix.ts';

export const matrixCommand = defineCommand(
  matrixDescriptor,
  async ({ options, positionals }, context) => {
    const params = await matrixParamsOf(options, positionals, context.resolvePath('.'));
    const result = await recordMatrix(context, params);
    const table = renderMatrix(result.run, context.style);
    return { result, text: `${table}\n${result.path}\n${formatDuration(result.seconds)}\n` };
  },
);
