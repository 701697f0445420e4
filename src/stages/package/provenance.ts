// The `studio.*` entries that `build`, `package` and `repair` add behind all others (design section 4): where a file
// comes from, a hash per tensor, and the window it is meant to be used with. `convert` and `quantize` add none.
import { StudioError } from '#src/errors/studio-error.ts';
import { bundleKeys } from '#src/formats/bundle/bundle-entries.ts';
import {
  entryNumber,
  entryString,
  entryValue,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { ModelView } from '#src/model/model-view.ts';

export const provenanceKeys = {
  recipe: 'studio.recipe',
  library: 'studio.library',
  contextWindow: 'studio.context_window',
  /** One SHA-256 per tensor, in file order. */
  tensorHashes: 'studio.tensor.sha256',
} as const;

export interface Provenance {
  /** The output's own recipe, canonical JSON. */
  readonly recipe: string;
  /** Which library encoded the tensors: `llama.cpp v0.5.0`. */
  readonly library: string;
  readonly contextWindow?: number | undefined;
}

/** A hash before its tensor is written: of the same length, so that filling it in moves nothing. */
export const tensorHashPlaceholder = '0'.repeat(64);

/** The metadata without any entry of ours: what an input brings from an earlier build describes that build. */
export function withoutStudioEntries(metadata: readonly GgufEntry[]): GgufEntry[] {
  return metadata.filter(({ key }) => !key.startsWith('studio.'));
}

/**
 * A built model as the plain input of `quantize` and `merge`: its recipe, hashes and bundle list describe that file and
 * would be wrong about the next one; the context window stays right. `notice` says which adapters stay behind.
 */
export function withoutProvenance(model: ModelView): {
  readonly model: ModelView;
  readonly notice: string | undefined;
} {
  const names = entryValue(model.metadata, bundleKeys.names);
  const metadata = model.metadata.filter(
    ({ key }) => !key.startsWith('studio.') || key === provenanceKeys.contextWindow,
  );
  const adapters = names?.type === 'array' && names.elementType === 'string' ? names.value : [];
  return {
    model: metadata.length === model.metadata.length ? model : { ...model, metadata },
    notice:
      adapters.length === 0
        ? undefined
        : `${model.label} carries adapters (${adapters.join(', ')}); they stay there: build makes bundled parents.`,
  };
}

/** The provenance entries, in their fixed order, with placeholders for the tensors' hashes. */
export function provenanceEntries(provenance: Provenance, tensorCount: number): GgufEntry[] {
  return [
    ...(provenance.contextWindow === undefined
      ? []
      : [uint32Entry(provenanceKeys.contextWindow, provenance.contextWindow)]),
    stringEntry(provenanceKeys.library, provenance.library),
    stringEntry(provenanceKeys.recipe, provenance.recipe),
    tensorHashEntry(new Array<string>(tensorCount).fill(tensorHashPlaceholder)),
  ];
}

/** SHA-256 of every tensor's bytes (padding not counted), in the order of the tensors. */
export function tensorHashEntry(hashes: readonly string[]): GgufEntry {
  return stringArrayEntry(provenanceKeys.tensorHashes, hashes);
}

/** What a file says about its making, or undefined when it was not built by us. The recipe is not parsed here. */
export function readProvenance(
  metadata: readonly GgufEntry[],
): (Provenance & { readonly tensorHashes: readonly string[] }) | undefined {
  const recipe = entryString(metadata, provenanceKeys.recipe);
  const library = entryString(metadata, provenanceKeys.library);
  if (recipe === undefined || library === undefined) return undefined;
  const hashes = entryValue(metadata, provenanceKeys.tensorHashes);
  return {
    recipe,
    library,
    contextWindow: entryNumber(metadata, provenanceKeys.contextWindow),
    tensorHashes: hashes?.type === 'array' && hashes.elementType === 'string' ? hashes.value : [],
  };
}

/**
 * The context window to write: what a use case wants, at most what the model was trained for. `<arch>.context_length`
 * itself is never changed. `notice` says so when it was clamped.
 */
export function clampContextWindow(
  metadata: readonly GgufEntry[],
  architecture: string,
  wanted: number,
): { readonly contextWindow: number; readonly notice: string | undefined } {
  const trained = entryNumber(metadata, `${architecture}.context_length`);
  if (trained === undefined || !(trained >= 1) || wanted <= trained) {
    return { contextWindow: wanted, notice: undefined };
  }
  return {
    contextWindow: trained,
    notice: `The context window is ${trained} instead of ${wanted}: the model was trained for no more.`,
  };
}

/**
 * Refuses to bundle an adapter that the input's history says is merged already: at run time it would count twice.
 * Throws `build/conflict` naming both.
 */
export function refuseMergedTwice(
  adapters: readonly { readonly name: string; readonly sha256: string }[],
  merged: readonly { readonly name: string; readonly sha256: string }[],
  label: string,
): void {
  for (const adapter of adapters) {
    const twin = merged.find((other) => other.sha256 === adapter.sha256);
    if (twin === undefined) continue;
    throw new StudioError(
      'build/conflict',
      `${label} already holds the adapter "${twin.name}" in its weights, so it cannot also be bundled as "${adapter.name}".`,
      {
        hint: 'Bundle it on the base without the merge, or leave it out of the package.',
        details: { adapter: adapter.name, sha256: adapter.sha256 },
      },
    );
  }
}
