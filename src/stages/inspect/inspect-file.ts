// Any single file: recognized by its first bytes, then read by its own reader.
import type { Inspection } from '#src/contract/inspection.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readImatrix } from '#src/formats/imatrix/read-imatrix.ts';
import { describeForeignFile, recognizeFile } from '#src/formats/recognize-file.ts';
import { inspectPytorch, inspectSafetensors } from './inspect-checkpoint.ts';
import { inspectGguf } from './inspect-gguf.ts';

/** `source` stays the caller's. Throws what the file's reader throws, `format/not-gguf` for files of no known kind. */
export async function inspectFile(
  source: ByteSource,
  path: string,
  openSibling: (fileName: string) => Promise<ByteSource>,
): Promise<Inspection> {
  const head = await readBytes(source, 0, Math.min(512, source.size));
  const { kind } = recognizeFile(head, source.size);
  if (kind === 'gguf' || /\.gguf(\.(partial|rejected))?$/i.test(path)) {
    return inspectGguf(source, path, openSibling);
  }
  if (kind === 'safetensors' || /\.safetensors$/i.test(path)) {
    return inspectSafetensors(source, path);
  }
  if (kind === 'zip' || kind === 'pickle') return inspectPytorch(source, path);
  if (kind === 'unknown') return inspectLegacyImatrix(source, path);
  const found = describeForeignFile(head, source.size);
  throw new StudioError('format/not-gguf', `${source.label}: this is ${found.description}.`, {
    hint:
      kind === 'json'
        ? 'Give the folder that it belongs to; "sizes" takes a config.json.'
        : found.hint,
    details: { kind },
  });
}

/** The older form of importance matrices has no magic number: what cannot be read as one is of no known kind. */
async function inspectLegacyImatrix(source: ByteSource, path: string): Promise<Inspection> {
  const imatrix = await readImatrix(source);
  const values = [...imatrix.values];
  return {
    path,
    kind: 'legacy-imatrix',
    bytes: source.size,
    facts: [
      { name: 'Format', value: 'importance matrix (.dat)' },
      { name: 'Entries', value: String(values.length) },
      { name: 'Chunks', value: String(imatrix.chunkCount) },
      { name: 'Calibration text', value: imatrix.datasets.join(', ') || 'not named' },
      { name: 'Tensors with zero channels', value: String(imatrix.zeroChannels.size) },
    ],
    types: [],
    metadata: [],
    tensors: values.map(([name, channels]) => ({
      name,
      shape: [channels.length],
      type: 'F32',
      bytes: channels.byteLength,
    })),
    adapters: [],
    problems: [],
    notices: [],
  };
}
