// Is an output one of the inputs? Compared by device and inode, so that links of both kinds are seen through: writing
// over a source would destroy it while it is read.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';

/** Device and inode of an existing file, or undefined. */
async function identityOf(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );
}

/** Throws `output/is-input` when one of the output's files is one of the inputs, also through a link. */
export async function checkNotInput(
  outputs: readonly string[],
  inputs: readonly string[],
): Promise<void> {
  const sources = new Map<string, string>();
  for (const input of inputs) {
    const identity = await identityOf(input);
    if (identity !== undefined) sources.set(identity, input);
  }
  for (const output of outputs) {
    const input = sources.get((await identityOf(output)) ?? '');
    if (input === undefined) continue;
    throw new StudioError(
      'output/is-input',
      output === input
        ? `${output} is both input and output.`
        : `The output ${output} is the same file as the input ${input}.`,
      { hint: 'Give the output another name.' },
    );
  }
}

/** Throws `build/conflict` when two outputs would be the same file. */
export async function checkDistinct(outputs: readonly string[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const output of outputs) {
    const folder = await realpath(dirname(output)).catch(() => dirname(output));
    const place = join(folder, basename(output));
    const other = seen.get(place);
    if (other !== undefined) {
      throw new StudioError('build/conflict', `Two outputs have the same path: ${output}.`, {
        hint: 'Give each output a name of its own.',
      });
    }
    seen.set(place, output);
  }
}
