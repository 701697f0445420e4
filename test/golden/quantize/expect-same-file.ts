// Compares two GGUF files byte by byte; a difference is reported with the tensor or the part of the header it lies in.
import { readFile } from 'node:fs/promises';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';

/** Fails on the first byte that differs. */
export async function expectSameFile(actualPath: string, expectedPath: string): Promise<void> {
  const [actual, expected] = await Promise.all([readFile(actualPath), readFile(expectedPath)]);
  if (actual.equals(expected)) return;
  const length = Math.min(actual.length, expected.length);
  let at = 0;
  while (at < length && actual[at] === expected[at]) at++;
  throw new Error(
    `${actualPath} (${actual.length} bytes) differs from llama.cpp's file (${expected.length} bytes) at byte ${at}: ` +
      `${String(actual[at])} instead of ${String(expected[at])}, in ${await placeOf(expected, at)}`,
  );
}

async function placeOf(file: Uint8Array, at: number): Promise<string> {
  const header = await readGgufHeader(memoryByteSource(file, 'expected.gguf'));
  if (at < header.dataOffset) {
    const keys = header.metadata.map(({ key }) => key).join(', ');
    return `the header (entries: ${keys})`;
  }
  const place = at - header.dataOffset;
  const tensor = header.tensors.findLast(({ offset }) => offset <= place);
  if (tensor === undefined) return 'the data section';
  const inside = place - tensor.offset;
  return `tensor ${tensor.name} (${tensor.type}) at byte ${inside} of ${tensor.byteLength}`;
}
