// Merging as a view over the base: tensors that an adapter touches say what has to be added to their rows, the others
// stay as they are. Nothing is read before someone asks for it.
import { StudioError } from '#src/errors/studio-error.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import type { ModelView, TensorView } from '#src/model/model-view.ts';
import { isQuantizedType } from '#src/tensors/ggml-types.ts';
import { levels } from '#src/tensors/levels.ts';
import { baseOfModel } from './adapter-base.ts';
import { planCombination, type TouchedBy } from './load-combination.ts';
import { mapAdapter } from './map-adapter.ts';
import type { MappedTensor } from './mapped-tensor.ts';
import type { MergeInput, MergeOptions, WeightedAdapter } from './merge-options.ts';

/**
 * The base with the adapters merged in, in the given order. Takes base and adapters over: closing the result closes them.
 * Throws `adapter/wrong-base` naming the first tensor that does not fit, `adapter/unsupported` for combinations that have
 * no exact meaning, `usage/invalid` for options out of range.
 */
export async function mergeAdapters(
  base: ModelView,
  adapters: readonly WeightedAdapter[],
  options: MergeOptions,
): Promise<ModelView> {
  checkOptions(adapters, options);
  const adapterBase = baseOfModel(base);
  const inputs: MergeInput[] = [];
  for (const [index, { adapter, weight }] of adapters.entries()) {
    refuseActivated(adapter);
    const earlier = adapters.slice(0, index).filter((other) => other.adapter.name === adapter.name);
    const key = earlier.length === 0 ? adapter.name : `${adapter.name}#${earlier.length}`;
    inputs.push({ ...(await mapAdapter(adapter, adapterBase)), weight, key });
  }
  const plan = touchedTensors(inputs);
  const tensors = base.tensors.map((tensor) => {
    const touched = plan.get(tensor.name);
    return touched === undefined ? tensor : planCombination(tensor, touched, options);
  });
  reportNotices(base, inputs, plan, options.report);
  return {
    label: base.label,
    architecture: base.architecture,
    metadata: withFileType(base.metadata, levels.F32.fileType),
    tensors,
    async close() {
      await Promise.all([base.close(), ...adapters.map(({ adapter }) => adapter.close())]);
    },
  };
}

function checkOptions(adapters: readonly WeightedAdapter[], options: MergeOptions): void {
  const { method, density = 0.5, seed = 0 } = options;
  const usage = (message: string) => new StudioError('usage/invalid', message);
  if (adapters.length === 0) throw usage('No adapter to merge.');
  for (const { adapter, weight } of adapters) {
    if (!Number.isFinite(weight)) throw usage(`The scale of ${adapter.label} is not a number.`);
  }
  if (method !== 'sum' && !(density > 0 && density <= 1)) {
    throw usage(`The density is ${density}; it has to be above 0 and at most 1.`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw usage(`The seed is ${seed}; it has to be a whole number from 0.`);
  }
}

function refuseActivated(adapter: LoraAdapter): void {
  if (adapter.invocationTokens === undefined) return;
  throw new StudioError(
    'adapter/unsupported',
    `${adapter.label} is an activated LoRA: it acts only from its invocation tokens on, which merged weights cannot do.`,
    { hint: 'Keep it apart and switch it on at run time (a bundled parent).' },
  );
}

function touchedTensors(inputs: readonly MergeInput[]): Map<string, TouchedBy> {
  const plan = new Map<string, { changes: TouchedBy['changes'][number][]; saved?: SavedBy }>();
  const entry = (target: string) => {
    const touched = plan.get(target) ?? { changes: [] };
    plan.set(target, touched);
    return touched;
  };
  for (const input of inputs) {
    for (const module of input.modules) entry(module.target).changes.push({ input, module });
    for (const saved of input.savedTensors) {
      const touched = entry(saved.target);
      if (touched.saved !== undefined) {
        throw new StudioError(
          'adapter/unsupported',
          `${touched.saved.input.adapter.label} and ${input.adapter.label} both replace ${saved.target} (modules_to_save); only one can.`,
          { hint: 'Merge one of them alone.' },
        );
      }
      touched.saved = { input, saved };
    }
  }
  return plan;
}

interface SavedBy {
  readonly input: MergeInput;
  readonly saved: MappedTensor;
}

/** The file type in its place; a writer that rounds or quantizes sets its own. */
function withFileType(metadata: readonly GgufEntry[], fileType: number): readonly GgufEntry[] {
  const entry = uint32Entry('general.file_type', fileType);
  return metadata.some(({ key }) => key === entry.key)
    ? metadata.map((existing) => (existing.key === entry.key ? entry : existing))
    : [...metadata, entry];
}

function reportNotices(
  base: ModelView,
  inputs: readonly MergeInput[],
  plan: ReadonlyMap<string, TouchedBy>,
  report: EventSink | undefined,
): void {
  const notice = (level: 'info' | 'warning', message: string) =>
    report?.({ event: 'notice', level, message });
  for (const { adapter } of inputs) {
    for (const message of adapter.notices) notice('warning', message);
  }
  const quantized = base.tensors.filter(
    (tensor: TensorView) => plan.has(tensor.name) && isQuantizedType(tensor.type),
  );
  if (quantized[0] !== undefined) {
    notice(
      'warning',
      `${quantized.length} of the merged tensors are already quantized in ${base.label} (${quantized[0].name}: ${quantized[0].type}); the errors of that rounding stay, and quantizing the result as low again rounds most of an adapter's change away. Merge into the F16 or F32 base, or keep the adapter at run time.`,
    );
  }
}
