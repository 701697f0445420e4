// Values and hashes from one reading of all tensors: what is not finite, magnitudes that no weight has, holes of zeros,
// tensors that are the same, and per tensor the SHA-256 where the file carries one.
import type { StageEvent } from '#src/contract/stage-events.ts';
import { readProvenance } from '#src/stages/package/provenance.ts';
import { slabsOf } from '#src/model/tensor-slabs.ts';
import type { Check, CheckContext } from '../findings.ts';
import { checkTensorHashes } from '../hashes/check-hashes.ts';
import type { Subject } from '../subject.ts';
import { compareTensors } from './compare-tensors.ts';
import { findDuplicates } from './find-duplicates.ts';
import { findingsOfTensor } from './tensor-findings.ts';
import { isReadable, slabBytes, type ScannedSubject } from './read-tensors.ts';
import { scanTensor } from './scan-tensor.ts';

/** Both checks; the values are read by the first, and the hashes told by the second. */
export function tensorChecks(): { readonly values: Check; readonly hashes: Check } {
  let scanned: ScannedSubject | undefined;
  return {
    async *values(subject, context) {
      if (subject.tensors.length === 0) return { summary: 'The file has no tensors.', skipped: true }; // prettier-ignore
      scanned = yield* scanAll(subject, context);
      const { tensors, unread } = scanned;
      if (tensors.length === 0) return { summary: 'No tensor can be read as a whole.', skipped: true }; // prettier-ignore
      for (const each of tensors) yield* findingsOfTensor(each.tensor, each.scanned, subject);
      yield* findDuplicates(tensors, subject);
      yield* compareTensors(tensors, subject, context);
      const left = unread === 0 ? '' : ` ${unread} could not be read.`;
      const with_ = context.source === undefined && context.sibling === undefined ? '' : ' and close to what they are compared with'; // prettier-ignore
      return {
        summary: `${unread === 0 ? 'All ' : ''}${tensors.length} tensors are finite, without holes${with_}.${left}`,
      };
    },
    hashes: (subject, context) => checkTensorHashes(subject, context, scanned),
  };
}

async function* scanAll(
  subject: Subject,
  { ports, signal }: CheckContext,
): AsyncGenerator<StageEvent, ScannedSubject, void> {
  const readable = subject.tensors.filter((tensor) => isReadable(tensor));
  const total = readable.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const isHashed = (readProvenance(subject.metadata)?.tensorHashes.length ?? 0) > 0 || hasHashes(subject); // prettier-ignore
  const littleEndian = subject.survey.byteOrder === 'little';
  const buffer = new Uint8Array(Math.min(slabBytes, Math.max(1, ...readable.map(({ byteLength }) => byteLength)))); // prettier-ignore
  const tensors: ScannedSubject['tensors'][number][] = [];
  let done = 0;
  yield { event: 'phase', phase: 'Reading tensors', detail: subject.label };
  for (const tensor of readable) {
    const { type, shape, part, data } = tensor;
    const scan = scanTensor({ type, shape, littleEndian, isFinite: (each, bytes) => ports.codec.isFinite(each, bytes) }); // prettier-ignore
    const hash = isHashed ? ports.createSha256() : undefined;
    for (const { offset, length } of slabsOf(tensor, slabBytes)) {
      signal.throwIfAborted();
      const bytes = buffer.subarray(0, length);
      await part.source.readInto(bytes, data.offset + offset);
      scan.feed(bytes);
      hash?.update(bytes);
      done += length;
      yield { event: 'progress', done, total, unit: 'bytes', detail: tensor.name };
    }
    tensors.push({ tensor, scanned: scan.finish(), sha256: hash?.digest() });
  }
  return { tensors, unread: subject.tensors.length - tensors.length };
}

function hasHashes({ metadata }: Subject): boolean {
  return metadata.some(({ key }) => key === 'studio.tensor.sha256');
}
