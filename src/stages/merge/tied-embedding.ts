// Models that use one matrix as token embedding and output. PEFT changes only the side that an adapter names; in a GGUF
// both sides are one tensor, so a change is exact only where the adapter changed both alike.
import { StudioError } from '#src/errors/studio-error.ts';
import type { CheckpointTensor } from '#src/formats/checkpoint-tensor.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import type { AdapterBase } from './adapter-base.ts';
import type { MappedTensor } from './mapped-tensor.ts';

export const embeddingName = 'token_embd.weight';
export const outputName = 'output.weight';

/** Throws `adapter/unsupported` when `target` is one side of a tied matrix. */
export function refuseOneSideOfTied(
  adapter: LoraAdapter,
  base: AdapterBase,
  weightName: string,
  target: string,
): void {
  if (target !== embeddingName && target !== outputName) return;
  const other = target === embeddingName ? 'the output layer' : 'the token embedding';
  throw new StudioError(
    'adapter/unsupported',
    `${adapter.label} changes "${weightName}", but ${base.label} uses one matrix as token embedding and output: the change would also act on ${other}, which the adapter was not trained for.`,
    { hint: 'Use a base whose output is not tied, or an adapter without this module.' },
  );
}

/**
 * The saved tensors for a tied base. Embedding and output become one when the adapter kept them tied
 * (ensure_weight_tying) or stores both with the same bytes; otherwise they are refused as above.
 */
export async function savedForTiedBase(
  adapter: LoraAdapter,
  base: AdapterBase,
  saved: readonly MappedTensor[],
): Promise<readonly MappedTensor[]> {
  const embedding = saved.find(({ target }) => target === embeddingName);
  const output = saved.find(({ target }) => target === outputName);
  const side = embedding ?? output;
  if (side === undefined) return saved;
  const alike =
    embedding === undefined || output === undefined
      ? adapter.keepsTying
      : await haveSameBytes(embedding.tensor, output.tensor);
  if (!alike) refuseOneSideOfTied(adapter, base, side.tensor.name, side.target);
  const others = saved.filter((tensor) => tensor !== embedding && tensor !== output);
  return [...others, { ...side, target: embeddingName }];
}

const bytesPerRead = 1 << 22;

async function haveSameBytes(left: CheckpointTensor, right: CheckpointTensor): Promise<boolean> {
  if (left.dtype !== right.dtype || left.byteLength !== right.byteLength) return false;
  for (let offset = 0; offset < left.byteLength; offset += bytesPerRead) {
    const length = Math.min(bytesPerRead, left.byteLength - offset);
    const [ofLeft, ofRight] = [new Uint8Array(length), new Uint8Array(length)];
    await Promise.all([left.read(offset, ofLeft), right.read(offset, ofRight)]);
    if (ofLeft.some((byte, index) => byte !== ofRight[index])) return false;
  }
  return true;
}
