// A model view as the bytes of a GGUF file, for comparing with files of the reference tools.
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import { rowCountOf, type ModelView } from '#src/model/model-view.ts';

export async function modelBytes(model: ModelView): Promise<Uint8Array> {
  const { metadata, tensors } = model;
  const header = encodeGgufHeader({ version: 3, metadata, tensors, alignment: 32 });
  const file = new Uint8Array(header.fileSize);
  file.set(header.bytes);
  for (const [index, tensor] of tensors.entries()) {
    const placed = header.tensors[index];
    if (placed === undefined) throw new Error(`No place for ${tensor.name}`);
    const start = header.dataOffset + placed.offset;
    const target = file.subarray(start, start + placed.byteLength);
    await tensor.readRows(0, rowCountOf(tensor.shape), target);
  }
  return file;
}
