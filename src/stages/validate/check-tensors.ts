// Reads every tensor once, in slabs: are all values finite, and does the SHA-256 fit where the file carries one.
import type { GgufPart } from '#src/model/gguf-parts.ts';
import { slabsOf } from '#src/model/tensor-slabs.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import type { StageRun } from '#src/contract/stage-events.ts';
import { failed, passed, type Finding } from './check-result.ts';
import { provenanceKeys } from '../package/provenance.ts';
import type { ValidationPorts } from './validation-ports.ts';

/** Bytes read at once: large enough for full disk speed, small beside any memory. */
const slabBytes = 4 << 20;
/** Wrong tensors that a report names; all are counted. */
const namedTensors = 20;

export interface TensorFindings {
  readonly tensors: Finding;
  /** Undefined when the file carries no hashes. */
  readonly hashes: Finding | undefined;
}

/** Checks the tensors of all parts. Throws what reading throws, and `signal.reason`. */
export async function* checkTensors(
  parts: readonly GgufPart[],
  metadata: readonly GgufEntry[],
  ports: Pick<ValidationPorts, 'engine' | 'createSha256'>,
  signal: AbortSignal,
): StageRun<TensorFindings> {
  const tensors = parts.flatMap((part) => part.header.tensors.map((tensor) => ({ part, tensor })));
  const buffer = new Uint8Array(slabBytes);
  const total = tensors.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  const carried = readTensorHashes(metadata, tensors.length);
  const expected = carried === 'misfit' ? undefined : carried;
  const notFinite: string[] = [];
  const wrongHash: string[] = [];
  let done = 0;

  for (const [index, { part, tensor }] of tensors.entries()) {
    const hash = expected === undefined ? undefined : ports.createSha256();
    let finite = true;
    for (const { offset, length } of slabsOf(tensor, slabBytes)) {
      signal.throwIfAborted();
      const bytes = buffer.subarray(0, length);
      await part.source.readInto(bytes, part.header.dataOffset + tensor.offset + offset);
      finite &&= ports.engine.isFinite(tensor.type, bytes);
      hash?.update(bytes);
      done += length;
      yield { event: 'progress', done, total, unit: 'bytes', detail: tensor.name };
    }
    if (!finite) notFinite.push(tensor.name);
    if (hash !== undefined && hash.digest() !== expected?.[index]) wrongHash.push(tensor.name);
  }

  return {
    tensors:
      notFinite.length === 0
        ? passed(`All ${tensors.length} tensors are finite.`, {
            tensors: tensors.length,
            bytes: total,
          })
        : failed(
            `${notFinite.length} of ${tensors.length} tensors hold NaN or infinity, ${notFinite[0] ?? ''} first.`,
            { count: notFinite.length, tensors: notFinite.slice(0, namedTensors) },
          ),
    hashes:
      carried === 'misfit'
        ? failed(
            `"${provenanceKeys.tensorHashes}" does not hold one hash for each of the ${tensors.length} tensors.`,
            { hint: 'A tool changed the tensors and kept the hashes: build the file again.' },
          )
        : carried === undefined
          ? undefined
          : hashFinding(tensors.length, wrongHash),
  };
}

function hashFinding(count: number, wrong: readonly string[]): Finding {
  if (wrong.length === 0) {
    return passed(`All ${count} tensors have the SHA-256 that was written.`, { tensors: count });
  }
  return failed(
    `${wrong.length} of ${count} tensors are not what was written, ${wrong[0] ?? ''} first.`,
    { count: wrong.length, tensors: wrong.slice(0, namedTensors) },
  );
}

/** The hashes, undefined without them, `misfit` when they cannot belong to these tensors. */
function readTensorHashes(
  metadata: readonly GgufEntry[],
  count: number,
): readonly string[] | 'misfit' | undefined {
  const value = entryValue(metadata, provenanceKeys.tensorHashes);
  if (value === undefined) return undefined;
  if (value.type === 'array' && value.elementType === 'string' && value.value.length === count) {
    return value.value;
  }
  return 'misfit';
}
