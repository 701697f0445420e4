// Reads a GGUF LoRA (general.type "adapter", adapter.type "lora") into the form that PEFT folders are read into.
// Rules of llama.cpp's loader (src/llama-adapter.cpp): names X.lora_a / X.lora_b, norms ignored, token_embd flipped.
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { WeightDtype } from '#src/formats/checkpoint-tensor.ts';
import type { LoraAdapter, LoraModule } from '#src/formats/lora/lora-adapter.ts';
import { requireFinite, transposed } from '#src/formats/lora/read-weights.ts';
import { decodeBfloat16 } from '#src/tensors/bfloat16.ts';
import { decodeFloat16 } from '#src/tensors/float16.ts';
import { tensorByteLength } from '#src/tensors/ggml-types.ts';
import { rowCountOf, type ModelView, type TensorView } from './model-view.ts';

type Pair = { a?: TensorView; b?: TensorView };

/** True for a GGUF that says it is an adapter. */
export function isGgufAdapter(model: Pick<ModelView, 'metadata'>): boolean {
  return entryString(model.metadata, 'general.type') === 'adapter';
}

/**
 * Takes `model` over: closing the adapter closes it. Throws `adapter/invalid` when it is not a LoRA or its tensors do
 * not pair, `tensor/unsupported-type` for quantized factors.
 */
export function ggufAdapterOf(model: ModelView): LoraAdapter {
  const { label, metadata } = model;
  const type = entryString(metadata, 'general.type') ?? 'model';
  if (type !== 'adapter') {
    throw invalid(label, `is not an adapter: its general.type is "${type}"`);
  }
  const adapterType = entryString(metadata, 'adapter.type') ?? '';
  if (adapterType !== 'lora') {
    throw invalid(label, `is an adapter of type "${adapterType}"; only "lora" is supported`);
  }
  const fileAlpha = entryNumber(metadata, 'adapter.lora.alpha') ?? 0;
  const notices: string[] = [];
  const pairs = pairTensors(model, notices);
  const modules = [...pairs].map(([name, pair]) => moduleOf(label, name, pair, fileAlpha));
  if (modules.length === 0) throw invalid(label, 'holds no LoRA tensors');
  return {
    name: label.replace(/^.*[/\\]/, '').replace(/\.gguf$/i, ''),
    label,
    naming: 'gguf',
    architecture: model.architecture,
    baseModel: entryString(metadata, 'general.base_model.0.name'),
    alpha: fileAlpha,
    invocationTokens: invocationTokens(model),
    keepsTying: false,
    modules,
    savedTensors: [],
    notices,
    close: () => model.close(),
  };
}

function pairTensors(model: ModelView, notices: string[]): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  const norms: string[] = [];
  for (const tensor of model.tensors) {
    const match = /^(.+)\.lora_(a|b)$/.exec(tensor.name);
    if (match?.[1] === undefined) {
      if (!tensor.name.endsWith('_norm.weight')) {
        throw invalid(model.label, `holds the tensor "${tensor.name}", which no LoRA has`);
      }
      norms.push(tensor.name);
      continue;
    }
    const pair = pairs.get(match[1]) ?? {};
    pairs.set(match[1], pair);
    pair[match[2] === 'a' ? 'a' : 'b'] = tensor;
  }
  if (norms.length > 0) {
    notices.push(
      `${model.label}: ${norms.length} norm vectors are left out, as llama.cpp does (${norms.slice(0, 3).join(', ')}).`,
    );
  }
  return pairs;
}

function moduleOf(label: string, name: string, { a, b }: Pair, fileAlpha: number): LoraModule {
  if (a === undefined || b === undefined) {
    throw invalid(label, `has only the lora_${a === undefined ? 'b' : 'a'} of "${name}"`);
  }
  const isEmbedding = name === 'token_embd.weight';
  const sizeA = matrixSize(label, a);
  const sizeB = matrixSize(label, b);
  // Files store A as (rank, inputs) and B as (outputs, rank); for an embedding A as (tokens, rank), B as (length, rank).
  const rank = sizeB.columns;
  if (rank !== (isEmbedding ? sizeA.columns : sizeA.rows)) {
    throw invalid(
      label,
      `has factors of "${name}" that do not fit: lora_a is [${a.shape.join(', ')}], lora_b [${b.shape.join(', ')}]`,
    );
  }
  return {
    weightName: name,
    kind: isEmbedding ? 'embedding' : 'linear',
    rank,
    rows: isEmbedding ? sizeA.rows : sizeB.rows,
    columns: isEmbedding ? sizeB.rows : sizeA.columns,
    // llama.cpp reads alpha 0 (or none) as scale 1.
    alpha: fileAlpha === 0 ? rank : fileAlpha,
    storedTypes: [factorType(label, a), factorType(label, b)],
    async readFactors(signal) {
      const [valuesA, valuesB] = await Promise.all([
        readFactor(label, a, signal),
        readFactor(label, b, signal),
      ]);
      if (!isEmbedding) return { a: valuesA, b: valuesB };
      return { a: transposed(valuesB, sizeB.rows, rank), b: valuesA };
    },
  };
}

function matrixSize(label: string, tensor: TensorView): { rows: number; columns: number } {
  const [columns = 1, rows = 1, ...others] = tensor.shape;
  if (others.every((size) => size === 1) && rows * columns > 0) return { rows, columns };
  throw new StudioError(
    'adapter/unsupported',
    `${label}: "${tensor.name}" has the shape [${tensor.shape.join(', ')}]; only factors of two dimensions are supported.`,
    { hint: 'Keep this adapter at run time instead of merging it.' },
  );
}

function factorType(label: string, tensor: TensorView): WeightDtype {
  const { type } = tensor;
  if (type === 'F32' || type === 'F16' || type === 'BF16') return type;
  throw new StudioError(
    'tensor/unsupported-type',
    `${label}: "${tensor.name}" is stored as ${type}; adapters are read in F32, F16 and BF16.`,
    { hint: 'Convert the adapter again with --outtype f16 or f32.' },
  );
}

async function readFactor(
  label: string,
  tensor: TensorView,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const rows = rowCountOf(tensor.shape);
  const bytes = new Uint8Array(tensorByteLength(tensor.type, tensor.shape));
  await tensor.readRows(0, rows, bytes, signal);
  if (tensor.type === 'F32') {
    const values = new Float32Array(bytes.buffer);
    requireFinite(values, tensor.name, label);
    return values;
  }
  const values = new Float32Array(rows * (tensor.shape[0] ?? 1));
  (tensor.type === 'F16' ? decodeFloat16 : decodeBfloat16)(bytes, values);
  requireFinite(values, tensor.name, label);
  return values;
}

function invocationTokens(model: ModelView): readonly number[] | undefined {
  const value = entryValue(model.metadata, 'adapter.alora.invocation_tokens');
  if (value?.type !== 'array' || value.elementType !== 'uint32') return undefined;
  return value.value.length === 0 ? undefined : Array.from(value.value);
}

function invalid(label: string, problem: string): StudioError {
  return new StudioError('adapter/invalid', `${label} ${problem}.`, {
    hint: 'Give a LoRA adapter that convert-lora or convert_lora_to_gguf.py made.',
  });
}
