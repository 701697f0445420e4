// Tensors with the same bytes under two names: one of them is lost. Tied embeddings are the same by design, and models that
// repeat whole layers ("self-merges") are too: then all matrices of the layer are.
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { slabsOf } from '#src/model/tensor-slabs.ts';
import type { Draft } from '../findings.ts';
import type { Subject } from '../subject.ts';
import { isWeightMatrix, slabBytes, type ReadTensor, type ScannedSubject } from './read-tensors.ts';

/** Small tensors are alike by chance. */
const leastBytes = 16_384;
const vocabulary = /^(token_embd|output|per_layer_token_embd)\.weight$/;

export async function* findDuplicates(
  tensors: ScannedSubject['tensors'],
  { kind }: Subject,
): AsyncGenerator<Draft, void, void> {
  if (kind === 'adapter' || kind === 'imatrix') return;
  const groups = new Map<string, ReadTensor[]>();
  for (const { tensor, scanned } of tensors) {
    if (scanned.isZero || tensor.byteLength < leastBytes || !isWeightMatrix(tensor)) continue;
    const key = `${tensor.type} ${tensor.shape.join(' ')} ${scanned.mark}`;
    groups.set(key, [...(groups.get(key) ?? []), tensor]);
  }
  const pairs: (readonly [ReadTensor, ReadTensor])[] = [];
  for (const group of groups.values()) {
    for (const [index, second] of group.entries()) {
      for (const first of group.slice(0, index)) {
        if (vocabulary.test(first.name) && vocabulary.test(second.name)) continue;
        if (!(await areEqual(first, second))) continue;
        pairs.push([first, second]);
        break;
      }
    }
  }
  for (const [first, second] of pairs) {
    if (isRepeatedLayer(first, second, pairs, tensors)) continue;
    yield {
      code: 'values/duplicate',
      message: `"${first.name}" and "${second.name}" hold the same bytes: one of them is not what it should be.`,
      evidence: { tensors: [first.name, second.name], bytes: first.byteLength, type: first.type },
      tensors: [first.name, second.name],
      ranges: [first, second].map(({ part, data }) => ({ offset: part.base + data.offset, size: data.size })), // prettier-ignore
      fix: { kind: 'recover-tensors', tensors: [{ name: first.name }, { name: second.name }] },
    };
  }
}

async function areEqual(left: ReadTensor, right: ReadTensor): Promise<boolean> {
  for (const { offset, length } of slabsOf(left, slabBytes)) {
    const one = await readBytes(left.part.source, left.data.offset + offset, length);
    const other = await readBytes(right.part.source, right.data.offset + offset, length);
    for (let index = 0; index < length; index++) if (one[index] !== other[index]) return false;
  }
  return true;
}

/** All matrices of one layer equal those of the other. */
function isRepeatedLayer(
  first: ReadTensor,
  second: ReadTensor,
  pairs: readonly (readonly [ReadTensor, ReadTensor])[],
  tensors: ScannedSubject['tensors'],
): boolean {
  const layers = [layerOf(first.name), layerOf(second.name)];
  if (layers[0] === undefined || layers[1] === undefined || layers[0] === layers[1]) return false;
  if (first.name.replace(/\d+/, '') !== second.name.replace(/\d+/, '')) return false;
  const large = tensors.filter(
    ({ tensor }) =>
      layerOf(tensor.name) === layers[1] &&
      tensor.byteLength >= leastBytes &&
      isWeightMatrix(tensor),
  );
  const same = pairs.filter(
    ([one, other]) => layerOf(other.name) === layers[1] && layerOf(one.name) !== undefined,
  );
  return large.length > 1 && same.length === large.length;
}

function layerOf(name: string): string | undefined {
  return /^blk\.(\d+)\./.exec(name)?.[1];
}
