// What the scan of one tensor tells. Zeros need care: some norms and biases may be zero as a whole, vocabularies are padded
// with rows of zeros, and a fresh LoRA has a factor of zeros; a hole of a broken download follows pages, not rows.
import { rowByteLength } from '#src/tensors/ggml-types.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import type { Draft } from '../findings.ts';
import { rangeIn, type Subject } from '../subject.ts';
import { bytesText } from '../structure/bytes-text.ts';
import { isWeightMatrix, type ReadTensor } from './read-tensors.ts';
import { magnitudesOf } from './magnitudes.ts';
import { rowsText, type RowRange } from './row-ranges.ts';
import type { ScannedTensor } from './scan-tensor.ts';

const pageBytes = 4096;
/** Rows that a finding lists one by one; a fix for more takes the whole tensor. */
const listedRanges = 1000;

/** A factor of zeros behind the sum of a block, or behind all of them, leaves nothing of what was computed. */
const isNormWeight = (name: string) =>
  /^(?:output_norm|blk\.\d+\.(?:attn|ffn)_norm)\.weight$/.test(name);

export function* findingsOfTensor(
  tensor: ReadTensor,
  { notFinite, absurd, zeroRuns, isZero }: ScannedTensor,
  { kind }: Subject,
): Generator<Draft, void> {
  const { name, type } = tensor;
  const areScales = magnitudesOf(type)?.areScales ?? type !== 'F64';
  if (notFinite.count > 0) {
    const { count, nan, rows } = notFinite;
    const what = nan === count ? 'NaN' : nan === 0 ? 'infinity' : 'NaN and infinity';
    yield {
      code: areScales ? 'values/scale-not-finite' : 'values/not-finite',
      message: areScales
        ? `"${name}" has ${count} ${type} ${count === 1 ? 'block whose scale is' : 'block scales that are'} ${what}, in ${rowsText(rows)}.`
        : `"${name}" holds ${count} ${count === 1 ? 'value that is' : 'values that are'} ${what}, in ${rowsText(rows)}.`,
      evidence: { count, nan, infinite: count - nan, type, rows: rows.slice(0, 100), rowCount: rowCountOf(tensor.shape) }, // prettier-ignore
      ...aboutRows(tensor, rows),
    };
  }
  if (absurd !== undefined) {
    const { count, largest, median, rows } = absurd;
    yield {
      code: 'values/scale-absurd',
      message: `"${name}" has ${areScales ? `${count === 1 ? 'a block scale that stands' : `${count} block scales that stand`} for weights` : `${count === 1 ? 'a weight' : `${count} weights`} of up`} ${areScales ? 'up ' : ''}to ${number(largest)}, ${number(largest / median)} times the tensor's median, in ${rowsText(rows)}.`,
      evidence: { count, largest, median, type, rows: rows.slice(0, 100) },
      ...aboutRows(tensor, rows),
    };
  }
  if (kind === 'adapter' || kind === 'imatrix') return;
  if (!isWeightMatrix(tensor) && !(isZero && isNormWeight(name))) return;
  if (isZero) {
    yield {
      code: 'values/all-zero',
      message: `"${name}" consists of zeros (${bytesText(tensor.byteLength)}).`,
      evidence: { bytes: tensor.byteLength, type, shape: tensor.shape },
      tensors: [name],
      ranges: [rangeIn(tensor.part, tensor.data.offset, tensor.byteLength)],
      fix: { kind: 'recover-tensors', tensors: [{ name }] },
    };
    return;
  }
  const holes = zeroRuns.filter((run) => isHole(tensor, run));
  if (holes.length === 0) return;
  const zeroBytes = holes.reduce((sum, { start, end }) => sum + end - start, 0);
  const rowBytes = rowByteLength(type, tensor.shape[0] ?? 1);
  const rows = holes.map(({ start, end }): RowRange => {
    const first = Math.floor(start / rowBytes);
    return { first, count: Math.ceil(end / rowBytes) - first };
  });
  yield {
    code: 'values/zero-range',
    message: `"${name}" has ${holes.length === 1 ? 'a hole' : `${holes.length} holes`} of ${bytesText(zeroBytes)} of zeros, in ${rowsText(rows)}.`,
    evidence: { zeroBytes, holes: holes.slice(0, 100).map(({ start, end }) => ({ offset: start, size: end - start })), rows: rows.slice(0, 100) }, // prettier-ignore
    ...aboutRows(tensor, rows),
    ranges: holes.slice(0, listedRanges).map(({ start, end }) => rangeIn(tensor.part, tensor.data.offset + start, end - start)), // prettier-ignore
  };
}

/**
 * Whole rows of zeros are how vocabularies are padded and neurons pruned. A hole covers at least one page of the file and
 * begins or ends inside a row; where rows and pages begin together, whole rows count only outside the vocabulary.
 */
function isHole(tensor: ReadTensor, { start, end }: { start: number; end: number }): boolean {
  const { type, shape, data, name } = tensor;
  const from = data.offset + start;
  const to = data.offset + end;
  const firstPage = Math.ceil(from / pageBytes) * pageBytes;
  if (firstPage + pageBytes > to) return false;
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  const isWholeRows = isNear(start, rowBytes) && isNear(end, rowBytes);
  if (!isWholeRows) return true;
  const isVocabulary = /^(token_embd|output|position_embd|token_types|per_layer_token_embd|cls)\b/.test(name); // prettier-ignore
  return !isVocabulary && isNear(from, pageBytes) && isNear(to, pageBytes);
}

/** At a boundary, or a few zeros of the neighbour away from it. */
function isNear(offset: number, unit: number): boolean {
  const rest = offset % unit;
  return Math.min(rest, unit - rest) <= Math.min(8, unit / 8);
}

function aboutRows(
  tensor: ReadTensor,
  rows: readonly RowRange[],
): Pick<Draft, 'tensors' | 'ranges' | 'fix'> {
  const { name, type, shape, part, data } = tensor;
  const rowBytes = rowByteLength(type, shape[0] ?? 1);
  const isWhole = rowCountOf(shape) <= 1 || rows.length > listedRanges;
  return {
    tensors: [name],
    ranges: rows.slice(0, listedRanges).map(({ first, count }) => rangeIn(part, data.offset + first * rowBytes, count * rowBytes)), // prettier-ignore
    fix: {
      kind: 'recover-tensors',
      tensors: isWhole ? [{ name }] : rows.map((each) => ({ name, rows: { ...each } })),
    },
  };
}

function number(value: number): string {
  return value >= 1e6 || value < 0.01 ? value.toExponential(1) : value >= 100 ? value.toFixed(0) : value.toPrecision(2); // prettier-ignore
}
