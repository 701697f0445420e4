// What an adapter has to fit: the names and shapes of a base's tensors and how checkpoint names map to them. The base
// is a model (a GGUF, or a Hugging Face folder seen as one) or only a configuration, which is enough for converting.
import type { TensorMapping } from '#src/architectures/architecture.ts';
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { architectureFromGguf } from '#src/architectures/from-gguf.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import type { ModelView } from '#src/model/model-view.ts';

export interface AdapterBase {
  /** For messages. */
  readonly label: string;
  /** `general.architecture`. */
  readonly architecture: string;
  /** The shape of a GGUF tensor in ggml order, or undefined when the base has none of this name. */
  shapeOf(ggufName: string): readonly number[] | undefined;
  mapTensor(checkpointName: string): TensorMapping;
  /** The output is the token embedding: neither can change alone. */
  readonly isTied: boolean;
}

/** Throws `architecture/unsupported` when a checkpoint name is mapped and the architecture is not known. */
export function baseOfModel(model: ModelView): AdapterBase {
  const shapes = new Map(model.tensors.map((tensor) => [tensor.name, tensor.shape]));
  let architecture: ReturnType<typeof architectureFromGguf> | undefined;
  return {
    label: model.label,
    architecture: model.architecture,
    shapeOf: (name) => shapes.get(name),
    mapTensor(name) {
      architecture ??= architectureFromGguf(model);
      return architecture.mapTensor(name);
    },
    isTied: isTied(model.architecture, shapes),
  };
}

/** A base of which only config.json is at hand. */
export function baseOfConfig(config: HuggingFaceConfig, label: string): AdapterBase {
  const architecture = configureArchitecture(config);
  // Of the optional tensors only the output matrix of a tied model may be missed: the others are biases.
  const shapes = new Map(
    architecture.expectedTensors
      .filter(({ name, presence }) => presence === 'required' || name !== 'output.weight')
      .map(({ name, shape }) => [name, shape]),
  );
  return {
    label,
    architecture: architecture.ggufName,
    shapeOf: (name) => shapes.get(name),
    mapTensor: (name) => architecture.mapTensor(name),
    isTied: isTied(architecture.ggufName, shapes),
  };
}

function isTied(architecture: string, shapes: ReadonlyMap<string, unknown>): boolean {
  return architecture !== 'bert' && !shapes.has('output.weight');
}
