// What a checkpoint's pickle can hold, as plain data. There are no classes behind these: a global is only its name, and a
// "call" of one of the few known names makes one of these values (pickle-globals.ts).
import type { CheckpointDtype } from '#src/formats/checkpoint-tensor.ts';

/** The bytes behind one or more tensors. */
export interface PickledStorage {
  readonly kind: 'storage';
  /** Undefined for untyped storages, whose tensors carry the type. */
  readonly dtype: CheckpointDtype | undefined;
  /** Names the record in the archive. */
  readonly key: string;
  /** Elements (bytes for untyped storages). */
  readonly elementCount: number;
  /** First element, for the storage views of old files. */
  readonly firstElement: number;
}

export interface PickledTensor {
  readonly kind: 'tensor';
  readonly dtype: CheckpointDtype;
  readonly storage: PickledStorage;
  /** In elements. */
  readonly storageOffset: number;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly kind: 'tuple'; readonly items: readonly PickleValue[] }
  | { readonly kind: 'list'; readonly items: PickleValue[] }
  | { readonly kind: 'set'; readonly items: PickleValue[] }
  | { readonly kind: 'dict'; readonly entries: Map<PickleValue, PickleValue> }
  | { readonly kind: 'global'; readonly name: string }
  /** Something that a checkpoint may mention and that we have no use for (a device, a layout). */
  | { readonly kind: 'opaque'; readonly name: string }
  | PickledStorage
  | PickledTensor;

/** Structured values have a `kind`. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === null) return 'None';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? value.kind : typeof value;
}

type PickleKind = Extract<PickleValue, { kind: string }>['kind'];

/** True when the value is structured and of this kind. */
export function isKind<Kind extends PickleKind>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<PickleValue, { kind: Kind }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
