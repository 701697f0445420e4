// From planned outputs to files laid out byte for byte: llama.cpp's plan of each level, then, per file, provenance and
// the list of what it carries. Files of one level share their tensors, so the writer computes them once.
import type { ModelView } from '#src/model/model-view.ts';
import {
  bundleEntries,
  placeMembers,
  type BundleMember,
} from '#src/formats/bundle/bundle-entries.ts';
import type { NodeOf, RecipeLevel } from '#src/recipe/recipe-schema.ts';
import {
  provenanceEntries,
  withoutStudioEntries,
  type Provenance,
} from '#src/stages/package/provenance.ts';
import type { Importance } from '#src/stages/quantize/importance.ts';
import { replanMetadata, type OutputPlan } from '#src/stages/quantize/output-plan.ts';
import type {
  QuantizationRequest,
  QuantizeOptions,
} from '#src/stages/quantize/quantize-options.ts';
import { invariant } from '#src/errors/assert.ts';
import type { AppendedFile, FactoryPorts } from './ports.ts';

/** An adapter to carry, with the GGUF file that holds it. */
export interface PackedAdapter extends BundleMember {
  readonly path: string;
}

/** Plans each level once. Throws as planQuantizations does. */
export async function planLevels(
  model: ModelView,
  levels: readonly RecipeLevel[],
  quantize: NodeOf<'quantize'>,
  importance: Importance | undefined,
  ports: Pick<FactoryPorts, 'plan'>,
): Promise<ReadonlyMap<RecipeLevel, OutputPlan>> {
  const plans = await ports.plan(model, levelRequests(levels, quantize, importance));
  return new Map(
    levels.map((level, index) => {
      const plan = plans[index];
      invariant(plan !== undefined, 'one plan per level');
      return [level, plan] as const;
    }),
  );
}

/** What is asked of llama.cpp for each level. */
export function levelRequests(
  levels: readonly RecipeLevel[],
  quantize: NodeOf<'quantize'>,
  importance: Importance | undefined,
): QuantizationRequest[] {
  const options = quantizeOptions(quantize, importance);
  return levels.map((level) => ({ level, options: level === 'as-is' ? {} : options }));
}

/** Adds provenance and the bundle's list to a level's plan, and says where the adapters' files go. */
export function planFile(
  plan: OutputPlan,
  provenance: Provenance,
  adapters: readonly PackedAdapter[],
): { readonly plan: OutputPlan; readonly appended: readonly AppendedFile[] } {
  const own = [
    ...withoutStudioEntries(plan.metadata),
    ...provenanceEntries(provenance, plan.tensors.length),
  ];
  if (adapters.length === 0) return { plan: replanMetadata(plan, own), appended: [] };
  const members = adapters.map(({ name, domain, size, sha256, scale }) => ({
    name,
    domain,
    size,
    sha256,
    scale,
  }));
  const withOffsets = (fileSize: number) => {
    const placed = placeMembers(members, fileSize).members;
    return { placed, plan: replanMetadata(plan, [...own, ...bundleEntries(placed)]) };
  };
  // Entries have the same length at any offset: planned with none, the file's size is already the final one.
  const { fileSize } = withOffsets(0).plan.header;
  const final = withOffsets(fileSize);
  invariant(
    final.plan.header.fileSize === fileSize,
    'offsets do not change the size of the header',
  );
  return {
    plan: final.plan,
    appended: final.placed.map(({ offset, size, sha256 }, index) => ({
      path: adapters[index]?.path ?? '',
      offset,
      size,
      sha256,
    })),
  };
}

function quantizeOptions(
  quantize: NodeOf<'quantize'>,
  importance: Importance | undefined,
): QuantizeOptions {
  return {
    importance,
    tensorTypes: quantize.tensorTypes.map(({ pattern, type }) => [pattern, type] as const),
    outputTensorType: quantize.outputTensorType,
    tokenEmbeddingType: quantize.tokenEmbeddingType,
    pure: quantize.pure,
    leaveOutputTensor: quantize.leaveOutputTensor,
    pruneLayers: quantize.pruneLayers,
    allowRequantize: quantize.allowRequantize,
  };
}
