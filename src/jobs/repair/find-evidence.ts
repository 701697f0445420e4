// Is a source that nothing proves the right one? Sound tensors of the same file are derived from it, too: when they come out
// bit for bit, so do the others.
import { createHash } from 'node:crypto';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { rowCountOf } from '#src/model/model-view.ts';
import { formatCount } from '#src/text/format-number.ts';
import { isQuantizedType } from '#src/tensors/ggml-types.ts';
import type { Preparation } from './prepare-repair.ts';
import type { RowDeriver } from './ports.ts';
import { targetOf } from './tensor-ways.ts';
import type { RecoveredTensor } from './write-repaired.ts';

const mostTensors = 4;
const mostBytes = 64 * 1024 * 1024;

/** A sentence on how many sound tensors came out equal; undefined where none could be compared. */
export async function findEvidence(
  preparation: Preparation,
  recovered: ReadonlyMap<string, RecoveredTensor>,
  openDeriver: () => RowDeriver,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { subject, diagnosis } = preparation;
  const damaged = new Set(diagnosis.findings.flatMap(({ tensors }) => tensors));
  // Of the same types as the derived ones, and quantized: a norm that is only copied proves little.
  const types = new Set(
    subject.tensors.filter(({ name }) => recovered.has(name)).map(({ type }) => type),
  );
  const compared = subject.tensors
    .filter(
      ({ name, type, data, present, byteLength = 0 }) =>
        !damaged.has(name) &&
        !recovered.has(name) &&
        type !== undefined &&
        types.has(type) &&
        data !== undefined &&
        present === byteLength &&
        byteLength <= mostBytes,
    ) // prettier-ignore
    .sort(
      (left, right) =>
        quality(right.type) - quality(left.type) ||
        (left.byteLength ?? 0) - (right.byteLength ?? 0),
    ) // prettier-ignore
    .slice(0, mostTensors);
  let equal = 0;
  let count = 0;
  const deriver = openDeriver();
  try {
    for (const tensor of compared) {
      const target = targetOf(tensor);
      const found = target && preparation.ways(target);
      if (target === undefined || tensor.data === undefined || typeof found !== 'object') continue;
      const way = found.find((each) => each.kind === 'derive' && each.trust !== 'approximate');
      // What is derived without its weights differs, and proves nothing.
      if (way?.kind !== 'derive' || way.note !== undefined) continue;
      const hash = createHash('sha256');
      const request = {
        source: way.tensor.source,
        type: target.type,
        importance: way.tensor.importance,
        firstRow: 0,
        rowCount: rowCountOf(target.shape),
      };
      await deriver.derive(
        request,
        (_, bytes) => {
          hash.update(bytes);
          return Promise.resolve();
        },
        signal,
      );
      const own = await readBytes(tensor.part.source, tensor.data.offset, target.byteLength);
      count++;
      if (createHash('sha256').update(own).digest('hex') === hash.digest('hex')) equal++;
    }
  } finally {
    await deriver.close();
  }
  if (count === 0) return undefined;
  if (equal === count) {
    return `${formatCount(count)} sound tensors of this file come out bit for bit when they are derived from the same source, so the derived ones very likely equal those that were lost.`;
  }
  return `Only ${formatCount(equal)} of ${formatCount(count)} sound tensors come out equal when they are derived from the same source (another importance matrix, tool or model): the derived ones fit, but are not those that were lost.`;
}

function quality(type: Parameters<typeof isQuantizedType>[0] | undefined): number {
  return type !== undefined && isQuantizedType(type) ? 1 : 0;
}
