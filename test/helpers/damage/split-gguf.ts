// A GGUF in parts, as llama-gguf-split writes them (tools/gguf-split/gguf-split.cpp): the metadata lie in the first part,
// the others hold `split.*` alone.
import { int32Entry, uint16Entry } from '#src/formats/gguf/entries.ts';
import { splitFileName } from '#src/formats/gguf/split-names.ts';
import { putTogether, takeApart } from './rewrite-gguf.ts';

/** The parts by their names: `count` of about the same number of tensors. */
export async function splitGguf(
  bytes: Uint8Array,
  prefix: string,
  count: number,
): Promise<Map<string, Uint8Array>> {
  const { metadata, tensors } = await takeApart(bytes);
  const each = Math.ceil(tensors.length / count);
  return new Map(
    Array.from({ length: count }, (_, index) => [
      splitFileName(prefix, index, count),
      putTogether({
        metadata: [
          ...(index === 0 ? metadata : []),
          uint16Entry('split.no', index),
          uint16Entry('split.count', count),
          int32Entry('split.tensors.count', tensors.length),
        ],
        tensors: tensors.slice(index * each, (index + 1) * each),
      }),
    ]),
  );
}
