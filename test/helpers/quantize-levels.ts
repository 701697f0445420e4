// A model at some levels, written in this process: what tests measure.
import { quantize } from '#electron/factory/methods/quantize.ts';
import type { Level } from '#src/tensors/levels.ts';

/** Writes `input` at every level of `paths`, in one pass. */
export async function quantizeLevels(
  input: string,
  paths: Readonly<Partial<Record<Level, string>>>,
): Promise<void> {
  const outputs = Object.entries(paths).map(([level, path]) => ({ level: level as Level, path }));
  await quantize(
    {
      input,
      outputs,
      tensorTypes: [],
      pure: false,
      leaveOutputTensor: false,
      pruneLayers: [],
      allowRequantize: false,
      overrides: [],
      dryRun: false,
      makeFolders: false,
      overwrite: false,
      validate: false,
    },
    { signal: new AbortController().signal, emit: () => undefined },
  );
}
