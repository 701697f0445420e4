// The ways in which a damaged tensor can be brought back, best first: the same bytes in another file (its hash says so), the
// file's own recipe, a source that the user gives, another level.
import type { Subject, SubjectTensor } from '#src/doctor/subject.ts';
import type { RowRange, TensorWay } from '#src/doctor/repair/means.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { ggmlShape } from '#src/formats/gguf/write-header.ts';
import { basename } from 'node:path';
import { rowCountOf, type ModelView } from '#src/model/model-view.ts';
import { isQuantizedType, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { Reference, ReferenceTensor } from './reference.ts';

/** Bytes of the tensor in another file that lists the same hash. */
export interface TensorCopy {
  readonly path: string;
  readonly source: ByteSource;
  readonly offset: number;
}

export type RecoveryWay = TensorWay &
  (
    | { readonly kind: 'copy'; readonly copy: TensorCopy }
    | { readonly kind: 'derive'; readonly reference: Reference | undefined; readonly tensor: ReferenceTensor } // prettier-ignore
  );

export interface WaySources {
  /** By tensor name. */
  readonly expected: ReadonlyMap<string, string>;
  readonly copies: ReadonlyMap<string, TensorCopy>;
  readonly references: readonly Reference[];
  readonly sibling: { readonly view: ModelView; readonly path: string } | undefined;
  /** Why there is no recipe reference. */
  readonly reason: string;
}

export type TargetTensor = Pick<SubjectTensor, 'name' | 'shape'> & {
  readonly type: GgmlType;
  readonly byteLength: number;
};

/** All ways, best first; the reason when there is none. */
export function waysOf(tensor: TargetTensor, sources: WaySources): RecoveryWay[] | string {
  const { name, type } = tensor;
  const { expected, references, sibling } = sources;
  const ways: RecoveryWay[] = [];
  const reasons: string[] = [];
  const copy = sources.copies.get(name);
  if (copy !== undefined) {
    ways.push({
      kind: 'copy',
      copy,
      trust: 'exact',
      verb: 'Copy',
      from: basename(copy.path),
      readBytes: () => tensor.byteLength,
    });
  }
  for (const reference of references) {
    const found = reference.tensor(name, type);
    const problem = typeof found === 'string' ? found : unfit(tensor, found);
    if (typeof found === 'string' || problem !== undefined) {
      reasons.push(`${basename(reference.label)}: ${problem ?? ''}`);
      continue;
    }
    const isExact = reference.kind === 'recipe' && expected.has(name);
    ways.push({
      kind: 'derive',
      reference,
      tensor: found,
      trust: isExact ? 'exact' : 'derived',
      verb: 'Derive',
      from: basename(reference.label),
      note: found.note,
      // Without a hash the whole tensor is compared.
      readBytes: (rows) => bytesOf(found, isExact ? rows : undefined),
    });
  }
  const level = sibling?.view.tensors.find((each) => each.name === name);
  if (sibling !== undefined && level !== undefined) {
    const found = { source: level, importance: undefined };
    const problem = unfit(tensor, found);
    if (problem === undefined) {
      ways.push({
        kind: 'derive',
        reference: undefined,
        tensor: found,
        trust: 'approximate',
        verb: isQuantizedType(type) ? 'Quantize' : 'Take',
        from: basename(sibling.path),
        readBytes: (rows) => bytesOf(found, rows),
      });
    } else reasons.push(`${basename(sibling.path)}: ${problem}`);
  }
  if (ways.length > 0) return ways;
  return reasons[0] ?? sources.reason;
}

/** The tensors of a file as they should be written; undefined for records that make no sense. */
export function targetOf({ name, shape, type, byteLength }: Subject['tensors'][number]): TargetTensor | undefined {
  if (type === undefined || byteLength === undefined) return undefined;
  return { name, shape, type, byteLength };
} // prettier-ignore

function unfit({ shape }: TargetTensor, { source }: ReferenceTensor): string | undefined {
  const [wanted, found] = [ggmlShape(shape), ggmlShape(source.shape)];
  if (wanted.length === found.length && wanted.every((size, index) => size === found[index])) {
    return undefined;
  }
  return `its tensor has the shape ${found.join(' × ')}, not ${wanted.join(' × ')}`;
}

function bytesOf({ source }: ReferenceTensor, rows: readonly RowRange[] | undefined): number {
  const count = rows?.reduce((sum, each) => sum + each.count, 0) ?? rowCountOf(source.shape);
  return count * rowByteLength(source.type, source.shape[0] ?? 1);
}
