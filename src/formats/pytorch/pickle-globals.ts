// The closed list: the only globals that a checkpoint may name, and what "calling" them means here. It is the part of
// torch's own weights_only list (torch/_weights_only_unpickler.py) that state dictionaries use.
import type { CheckpointDtype } from '#src/formats/checkpoint-tensor.ts';
import { limits } from '#src/formats/bytes/limits.ts';
import { invalidPickle, refusedPickle } from './invalid-pickle.ts';
import {
  isKind,
  kindOf,
  type PickledStorage,
  type PickledTensor,
  type PickleValue,
} from './pickle-values.ts';

/** Element type of each typed storage class; `UntypedStorage` has none. */
const storageDtypes: ReadonlyMap<string, CheckpointDtype | undefined> = new Map([
  ['FloatStorage', 'F32'], ['HalfStorage', 'F16'], ['BFloat16Storage', 'BF16'], ['DoubleStorage', 'F64'],
  ['LongStorage', 'I64'], ['IntStorage', 'I32'], ['ShortStorage', 'I16'], ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'], ['BoolStorage', 'BOOL'],
  ['ComplexFloatStorage', 'C64'], ['ComplexDoubleStorage', 'C128'],
  ['UntypedStorage', undefined],
] as const); // prettier-ignore

/** `torch.<name>` element types, which untyped storages' tensors carry. */
const torchDtypes: ReadonlyMap<string, CheckpointDtype> = new Map([
  ['torch.float32', 'F32'], ['torch.float16', 'F16'], ['torch.bfloat16', 'BF16'], ['torch.float64', 'F64'],
  ['torch.int64', 'I64'], ['torch.int32', 'I32'], ['torch.int16', 'I16'], ['torch.int8', 'I8'], ['torch.uint8', 'U8'],
  ['torch.uint16', 'U16'], ['torch.uint32', 'U32'], ['torch.uint64', 'U64'], ['torch.bool', 'BOOL'],
  ['torch.float8_e4m3fn', 'F8_E4M3'], ['torch.float8_e5m2', 'F8_E5M2'], ['torch.float8_e8m0fnu', 'F8_E8M0'],
  ['torch.float8_e4m3fnuz', 'F8_E4M3FNUZ'], ['torch.float8_e5m2fnuz', 'F8_E5M2FNUZ'],
  ['torch.complex64', 'C64'], ['torch.complex128', 'C128'],
] as const); // prettier-ignore

export interface PickleContext {
  readonly label: string;
  /** Counts work that grows with a value's size, so that repeating one value cannot keep us busy. */
  readonly spend: (steps: number) => void;
}

/** Keys are counters, or addresses in older files. */
const longestStorageKey = 64;

type Call = (args: readonly PickleValue[], context: PickleContext) => PickleValue;

const opaque =
  (name: string): Call =>
  () => ({ kind: 'opaque', name });

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTypedTensor],
  ['torch._utils._rebuild_parameter', ([tensor], { label }) => tensorArgument(tensor, label)],
  [
    'torch._utils._rebuild_parameter_with_state',
    ([tensor], { label }) => tensorArgument(tensor, label),
  ],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch.nn.parameter.Parameter', ([tensor], { label }) => tensorArgument(tensor, label)],
  ['torch.Size', ([items]) => items ?? { kind: 'tuple', items: [] }],
  ['torch.device', opaque('torch.device')],
  ['torch.serialization._get_layout', opaque('torch.layout')],
]);

/** Named as arguments, never called. */
const plainGlobals = new Set(['torch.Tensor', ...torchDtypes.keys()]);

/** A global, or `pickle/refused` when it is not on the list. Python 2's module names count as Python 3's. */
export function namedGlobal(module: string, name: string, label: string): PickleValue {
  const fullName = `${module}.${name}`;
  const isStorage =
    (module === 'torch' || module === 'torch.storage' || module === 'torch.cuda') &&
    storageDtypes.has(name);
  if (isStorage || calls.has(fullName) || plainGlobals.has(fullName)) {
    return { kind: 'global', name: fullName };
  }
  throw refusedPickle(
    label,
    `the checkpoint asks Python for "${fullName.slice(0, 200)}", which is not needed for weights`,
    {
      global: fullName.slice(0, 200),
    },
  );
}

/** REDUCE: what the global makes of its arguments. */
export function callGlobal(
  callable: PickleValue | undefined,
  args: PickleValue | undefined,
  context: PickleContext,
): PickleValue {
  const { label } = context;
  if (!isKind(callable, 'global')) {
    throw refusedPickle(label, `the checkpoint calls a ${kindOf(callable)}`);
  }
  const call = calls.get(callable.name);
  if (call === undefined) throw refusedPickle(label, `the checkpoint calls "${callable.name}"`);
  if (!isKind(args, 'tuple'))
    throw invalidPickle(label, `"${callable.name}" is called without a tuple`);
  return call(args.items, context);
}

/** BINPERSID: ('storage', class, key, location, element count, view?). */
export function storageOfPersistentId(id: PickleValue | undefined, label: string): PickledStorage {
  const items = isKind(id, 'tuple') ? id.items : [];
  const [tag, storageClass, key, , elementCount, view] = items;
  if (tag !== 'storage' || !isKind(storageClass, 'global') || typeof key !== 'string') {
    throw refusedPickle(
      label,
      `the checkpoint refers to an external object of an unknown kind (${kindOf(tag)})`,
    );
  }
  if (key.length > longestStorageKey)
    throw invalidPickle(label, 'the name of a storage is too long');
  const className = storageClass.name.split('.').at(-1) ?? '';
  if (!storageDtypes.has(className))
    throw refusedPickle(label, `"${storageClass.name}" is not a storage`);
  const storage = {
    kind: 'storage',
    dtype: storageDtypes.get(className),
    key,
    elementCount: countArgument(elementCount, 'element count of a storage', label),
    firstElement: 0,
  } as const;
  // Files of before 2018 name views of a storage: (view key, first element, element count).
  if (!isKind(view, 'tuple')) return storage;
  return {
    ...storage,
    firstElement: countArgument(view.items[1], 'offset of a storage view', label),
  };
}

function countArgument(value: PickleValue | undefined, what: string, label: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalidPickle(label, `the ${what} is not a count (${kindOf(value)})`);
}

function countTuple(
  value: PickleValue | undefined,
  what: string,
  label: string,
): readonly number[] {
  if (!isKind(value, 'tuple') || value.items.length > limits.checkpointDimensions) {
    throw invalidPickle(label, `the ${what} is not a short tuple`);
  }
  return value.items.map((item) => countArgument(item, what, label));
}

function tensorArgument(value: PickleValue | undefined, label: string): PickledTensor {
  if (isKind(value, 'tensor')) return value;
  throw invalidPickle(label, `a parameter wraps a ${kindOf(value)} instead of a tensor`);
}

/** OrderedDict(), or OrderedDict([(key, value), ...]) as Python 2 wrote it. */
function orderedDict(
  [pairs]: readonly PickleValue[],
  { label, spend }: PickleContext,
): PickleValue {
  const entries = new Map<PickleValue, PickleValue>();
  if (pairs !== undefined && !isKind(pairs, 'list')) {
    throw invalidPickle(label, `an OrderedDict is made from a ${kindOf(pairs)}`);
  }
  // A pair costs about as much as sixteen opcodes.
  spend(16 * (pairs?.items.length ?? 0));
  for (const pair of pairs?.items ?? []) {
    const items = isKind(pair, 'list') || isKind(pair, 'tuple') ? pair.items : [];
    const [key, value] = items;
    if (key === undefined || value === undefined)
      throw invalidPickle(label, 'an OrderedDict is made from a broken list');
    entries.set(key, value);
  }
  return { kind: 'dict', entries };
}

/** (storage, storage offset, size, stride, ...); hooks and gradients do not matter here. */
function rebuildTensor(args: readonly PickleValue[], { label }: PickleContext): PickledTensor {
  const { dtype } = storageArgument(args[0], label);
  if (dtype === undefined) throw invalidPickle(label, 'a tensor without an element type');
  return tensorOf(args, dtype, label);
}

/** (storage, storage offset, size, stride, requires grad, hooks, dtype, ...). */
function rebuildTypedTensor(args: readonly PickleValue[], { label }: PickleContext): PickledTensor {
  const global = args[6];
  const dtype = isKind(global, 'global') ? torchDtypes.get(global.name) : undefined;
  if (dtype === undefined) throw invalidPickle(label, 'a tensor without an element type');
  return tensorOf(args, dtype, label);
}

function tensorOf(
  args: readonly PickleValue[],
  dtype: CheckpointDtype,
  label: string,
): PickledTensor {
  const shape = countTuple(args[2], 'shape of a tensor', label);
  const strides = countTuple(args[3], 'stride of a tensor', label);
  if (shape.length !== strides.length)
    throw invalidPickle(label, 'a tensor whose shape and stride differ in length');
  return {
    kind: 'tensor',
    dtype,
    storage: storageArgument(args[0], label),
    storageOffset: countArgument(args[1], 'storage offset of a tensor', label),
    shape,
    strides,
  };
}

function storageArgument(value: PickleValue | undefined, label: string): PickledStorage {
  if (isKind(value, 'storage')) return value;
  throw invalidPickle(label, `a tensor is made from a ${kindOf(value)} instead of a storage`);
}

/** (function, type, arguments, state): a tensor with Python attributes, which weights do not need. */
function rebuildFromType(args: readonly PickleValue[], context: PickleContext): PickleValue {
  const [callable, , inner] = args;
  if (isKind(callable, 'global') && callable.name === 'torch._tensor._rebuild_from_type_v2') {
    throw invalidPickle(context.label, 'a tensor is rebuilt from itself');
  }
  return callGlobal(callable, inner, context);
}
