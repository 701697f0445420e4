// What a build reports about a finished file, read back from the file itself, so that a reused file is described exactly
// as a new one.
import type { BuiltFile } from '#src/contract/build.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import { elementCountOf } from '#src/model/model-view.ts';
import { adapterName } from '#src/recipe/node-names.ts';
import type { PlannedOutput, PlannedPass } from '#src/recipe/plan.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { levels } from '#src/tensors/levels.ts';
import { readHeaderOf } from './existing-output.ts';

export interface FinishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly reused: boolean;
}

/** Adapters of an output, bundled or merged, in order. */
export function adaptersOf(pass: PlannedPass, output: PlannedOutput): readonly NodeOf<'adapter'>[] {
  return output.package?.form === 'bundled' ? output.adapters : (pass.model.merge?.adapters ?? []);
}

/** An adapter's route id: `domain/subdomain`. */
export function routeId(adapter: NodeOf<'adapter'>, output: PlannedOutput): string {
  const domain = adapter.domain ?? output.package?.domain;
  return domain === undefined ? adapterName(adapter) : `${domain}/${adapterName(adapter)}`;
}

/** Throws what reading the header throws. */
export async function describeOutput(
  pass: PlannedPass,
  output: PlannedOutput,
  file: FinishedFile,
): Promise<BuiltFile> {
  const { metadata, tensors } = await readHeaderOf(file.path);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
  const weights = tensors.reduce((sum, tensor) => sum + elementCountOf(tensor.shape), 0);
  const contextWindow = readProvenance(metadata)?.contextWindow;
  return {
    ...file,
    level:
      output.level === 'as-is' ? levelOf(entryNumber(metadata, 'general.file_type')) : output.level,
    bitsPerWeight: weights === 0 ? 0 : (bytes * 8) / weights,
    ...(output.package === undefined
      ? {}
      : { domain: output.package.domain, form: output.package.form }),
    adapters: adaptersOf(pass, output).map((adapter) => routeId(adapter, output)),
    ...(contextWindow === undefined ? {} : { contextWindow }),
  };
}

/** The level that a file says it has. */
function levelOf(fileType: number | undefined): string {
  const known = Object.entries(levels).find(([, info]) => info.fileType === fileType);
  return known?.[0] ?? 'as-is';
}
