// Checks a checkpoint against what its configuration announces and names every tensor: what is unknown, missing, twice
// there or of another shape is found before anything is written.
import type {
  ConfiguredArchitecture,
  ExpectedTensor,
  TensorTarget,
} from '#src/architectures/architecture.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Checkpoint } from '#src/formats/checkpoint.ts';
import {
  requireWeights,
  type CheckpointTensor,
  type WeightDtype,
} from '#src/formats/checkpoint-tensor.ts';

export interface FittedTensor {
  readonly tensor: CheckpointTensor<WeightDtype>;
  readonly target: TensorTarget;
  readonly expected: ExpectedTensor;
  /** In ggml order, after the transforms. */
  readonly shape: readonly number[];
}

/** The tensors to convert, in the checkpoint's order. Throws `architecture/mismatch` naming the first misfit. */
export function fitTensors(
  checkpoint: Pick<Checkpoint, 'label' | 'tensors'>,
  architecture: ConfiguredArchitecture,
  onNotice: (message: string) => void,
): FittedTensor[] {
  const expectedByName = new Map(
    architecture.expectedTensors.map((expected) => [expected.name, expected]),
  );
  const fitted = new Map<string, FittedTensor>();
  for (const tensor of checkpoint.tensors) {
    const mapping = architecture.mapTensor(tensor.name);
    if (mapping.kind === 'skip') continue;
    const expected = mapping.kind === 'tensor' ? expectedByName.get(mapping.name) : undefined;
    if (mapping.kind === 'unknown' || expected === undefined) {
      throw unknownTensor(checkpoint.label, tensor, architecture);
    }
    const other = fitted.get(mapping.name);
    if (other !== undefined) throw twice(checkpoint.label, other.tensor.name, tensor.name);
    const transposed = mapping.transforms.some(({ op }) => op === 'transpose');
    const shape = transposed ? tensor.shape : [...tensor.shape].reverse();
    checkShape(checkpoint.label, tensor, expected, transposed);
    fitted.set(mapping.name, { tensor: requireWeights(tensor), target: mapping, expected, shape });
  }
  for (const expected of architecture.expectedTensors) {
    if (expected.presence === 'optional' || fitted.has(expected.name)) continue;
    if (expected.name !== 'output.weight') throw missing(checkpoint.label, expected);
    onNotice(
      `${checkpoint.label}: there is no ${expected.checkpointName}; llama.cpp will use the token embedding as output.`,
    );
  }
  return [...fitted.values()];
}

function checkShape(
  label: string,
  tensor: CheckpointTensor,
  expected: ExpectedTensor,
  transposed: boolean,
): void {
  // Shapes are compared in ggml order and shown as the checkpoint stores them.
  const asStored = (shape: readonly number[]) => (transposed ? [...shape] : [...shape].reverse());
  const [columns, ...rows] = asStored(tensor.shape);
  const [expectedColumns, ...expectedRows] = expected.shape;
  const sameRows =
    expected.rowLimit === 'vocabulary' || rows.every((size, index) => size === expectedRows[index]);
  if (columns === expectedColumns && rows.length === expectedRows.length && sameRows) return;
  throw new StudioError(
    'architecture/mismatch',
    `${label}: the tensor "${tensor.name}" has the shape ${tensor.shape.join(' × ')}, but config.json asks for ${asStored(expected.shape).join(' × ')}.`,
    {
      hint: 'config.json and the weights are of different models: fetch both again.',
      details: { tensor: tensor.name, shape: tensor.shape, expected: expected.shape },
    },
  );
}

function unknownTensor(
  label: string,
  tensor: CheckpointTensor,
  architecture: ConfiguredArchitecture,
): StudioError {
  if (/visual|vision|audio|mm_projector|image_newline/.test(tensor.name)) {
    return new StudioError(
      'architecture/unsupported',
      `${label}: this model is not supported: it sees or hears (tensor "${tensor.name}").`,
      { hint: 'Text-only models of this family are supported.', details: { tensor: tensor.name } },
    );
  }
  if (/\.experts?\.|block_sparse_moe/.test(tensor.name)) {
    return new StudioError(
      'architecture/unsupported',
      `${label}: this model is not supported: it is a mixture of experts (tensor "${tensor.name}").`,
      { hint: 'Dense models of this family are supported.', details: { tensor: tensor.name } },
    );
  }
  return new StudioError(
    'architecture/mismatch',
    `${label}: no ${architecture.ggufName} model with ${architecture.blockCount} layers has the tensor "${tensor.name.slice(0, 200)}".`,
    {
      hint: 'config.json and the weights are of different models, or this is a variant that is not supported.',
      details: { tensor: tensor.name, architecture: architecture.ggufName },
    },
  );
}

function twice(label: string, first: string, second: string): StudioError {
  return new StudioError(
    'architecture/mismatch',
    `${label}: the tensors "${first}" and "${second}" are two names of the same weights.`,
    { hint: 'Save the model again; one of the two is left over.', details: { first, second } },
  );
}

function missing(label: string, expected: ExpectedTensor): StudioError {
  return new StudioError(
    'architecture/mismatch',
    `${label}: the tensor "${expected.checkpointName}" is missing.`,
    {
      hint: 'A part of the checkpoint is missing, or config.json is of another model.',
      details: { tensor: expected.checkpointName },
    },
  );
}
