// Tensors against the same tensors of the source or of another level, both decoded to F32: how far they are apart, as a
// whole and row by row. A level loses detail in known measure; damage is far outside of it.
import type { StageEvent } from '#src/contract/stage-events.ts';
import { rowCountOf, type ModelView, type TensorView } from '#src/model/model-view.ts';
import { ggmlTypes, rowByteLength, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { CheckContext, Draft } from '../findings.ts';
import { sourceOf } from '../metadata/same-model.ts';
import { rangeIn, type Subject } from '../subject.ts';
import type { ReadTensor, ScannedSubject } from './read-tensors.ts';
import { addRows, rowsText, type RowRange } from './row-ranges.ts';

/** F32 values of a slab; both models' slabs take twice that. */
const slabValues = 1 << 20;
/** Differences below this are a merge or a fine-tune as likely as anything. */
const leastBound = 0.25;

/** Yields a finding per tensor that is too far away, and per tensor with single rows that are. */
export async function* compareTensors(
  tensors: ScannedSubject['tensors'],
  subject: Subject,
  { ports, source, sibling, signal }: CheckContext,
): AsyncGenerator<StageEvent | Draft, void, void> {
  const other = sourceOf(subject, source) ?? sourceOf(subject, sibling);
  if (other === undefined || subject.survey.byteOrder === 'big') return;
  const byName = new Map(other.tensors.map((tensor) => [tensor.name, tensor]));
  const compared = tensors.flatMap(({ tensor, scanned }) => {
    const theirs = byName.get(tensor.name);
    const isSame = theirs !== undefined && theirs.shape.join(' ') === tensor.shape.join(' ');
    return isSame && scanned.notFinite.count === 0 && isFloatLike(tensor.type) && isFloatLike(theirs.type) ? [{ tensor, theirs }] : []; // prettier-ignore
  });
  const total = compared.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  let done = 0;
  yield { event: 'phase', phase: 'Comparing tensors', detail: other.label };
  for (const { tensor, theirs } of compared) {
    const difference = await compare(tensor, theirs, ports.codec, signal);
    done += tensor.byteLength;
    yield { event: 'progress', done, total, unit: 'bytes', detail: tensor.name };
    const bound = Math.max(leastBound, 3 * Math.hypot(lossOf(tensor.type), lossOf(theirs.type)));
    const draft = draftOf(tensor, difference, bound, other);
    if (draft !== undefined) yield draft;
  }
}

/**
 * Relative RMS error of rounding to a type, near enough: errors halve with each bit (a uniform quantizer's rule), and Q4_K
 * with its 4.5 bits a weight has about 0.08.
 */
function lossOf(type: GgmlType): number {
  const { kind, bytesPerBlock, blockSize } = ggmlTypes[type];
  return kind === 'float' ? 0.004 : 1.8 * 2 ** (-(bytesPerBlock * 8) / blockSize);
}

function isFloatLike(type: GgmlType): boolean {
  return ggmlTypes[type].kind !== 'integer' && type !== 'F64';
}

interface Difference {
  /** RMS of the difference over the RMS of theirs. */
  readonly relative: number;
  readonly cosine: number;
  /** Per row: RMS of the difference over the larger of the row's and the tensor's RMS. */
  readonly rows: Float64Array;
}

function draftOf(
  tensor: ReadTensor,
  { relative, cosine, rows }: Difference,
  bound: number,
  other: ModelView,
): Draft | undefined {
  const { name, type, shape, part, data } = tensor;
  const far: RowRange[] = [];
  for (let row = 0; row < rows.length; row++) {
    if ((rows[row] ?? 0) > 2 * Math.min(bound, 1)) addRows(far, row, 1);
  }
  // One bad row among thousands does not move the whole; a whole that is off is off in most rows.
  const isOff = relative > bound && !(cosine > 0.9 && bound >= 0.5);
  if (!isOff && far.length === 0) return undefined;
  const farRows = far.reduce((sum, { count }) => sum + count, 0);
  const isWhole = far.length === 0 || farRows * 2 > rows.length || rows.length <= 1;
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  return {
    code: 'values/differs',
    message: isWhole
      ? `"${name}" is ${percent(relative)} away from the same tensor of ${other.label} (cosine ${cosine.toFixed(3)}); at most ${percent(bound)} would be rounding.`
      : `"${name}" differs from the same tensor of ${other.label} in ${rowsText(far)} far more than in all others.`,
    evidence: { relativeDifference: relative, cosine, bound, type, comparedWith: other.label, rows: far.slice(0, 100) }, // prettier-ignore
    tensors: [name],
    ranges: isWhole
      ? [rangeIn(part, data.offset, data.size)]
      : far.slice(0, 1000).map(({ first, count }) => rangeIn(part, data.offset + first * rowBytes, count * rowBytes)), // prettier-ignore
    fix: {
      kind: 'recover-tensors',
      tensors: isWhole ? [{ name }] : far.map((each) => ({ name, rows: { ...each } })),
    },
  };
}

function percent(value: number): string {
  return value >= 100 ? `${value.toExponential(1)} times` : `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`; // prettier-ignore
}

async function compare(
  tensor: ReadTensor,
  theirs: TensorView,
  codec: CheckContext['ports']['codec'],
  signal: AbortSignal,
): Promise<Difference> {
  const columns = tensor.shape[0] ?? 1;
  const rowCount = rowCountOf(tensor.shape);
  const step = Math.max(1, Math.floor(slabValues / columns));
  const rowBytes = rowByteLength(tensor.type, columns);
  const squares = new Float64Array(rowCount);
  const norms = new Float64Array(rowCount);
  let product = 0;
  let ownNorm = 0;
  for (let first = 0; first < rowCount; first += step) {
    signal.throwIfAborted();
    const count = Math.min(step, rowCount - first);
    const ownBytes = new Uint8Array(count * rowBytes);
    await tensor.part.source.readInto(ownBytes, tensor.data.offset + first * rowBytes);
    const theirBytes = new Uint8Array(count * rowByteLength(theirs.type, columns));
    await theirs.readRows(first, count, theirBytes, signal);
    const own = new Float32Array(count * columns);
    const reference = new Float32Array(count * columns);
    codec.decode(tensor.type, ownBytes, own, own.length);
    codec.decode(theirs.type, theirBytes, reference, reference.length);
    for (let row = 0; row < count; row++) {
      let square = 0;
      let norm = 0;
      for (let index = row * columns; index < (row + 1) * columns; index++) {
        const a = own[index] as number;
        const b = reference[index] as number;
        square += (a - b) * (a - b);
        norm += b * b;
        product += a * b;
        ownNorm += a * a;
      }
      squares[first + row] = square;
      norms[first + row] = norm;
    }
  }
  const norm = norms.reduce((sum, value) => sum + value, 0);
  const square = squares.reduce((sum, value) => sum + value, 0);
  const mean = norm / rowCount;
  // Both zero are the same.
  const relative = norm === 0 ? (square === 0 ? 0 : Infinity) : Math.sqrt(square / norm);
  const cosine = norm === 0 || ownNorm === 0 ? (square === 0 ? 1 : 0) : product / Math.sqrt(norm * ownNorm); // prettier-ignore
  const rows = squares.map((value, row) => Math.sqrt(value / Math.max(norms[row] ?? 0, mean, Number.MIN_VALUE))); // prettier-ignore
  return { relative, cosine, rows };
}
