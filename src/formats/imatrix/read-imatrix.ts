// Reads an importance matrix, as llama-imatrix writes it now (GGUF) and wrote it before (.dat), into the values that
// llama-quantize hands to the quantizer: common/imatrix-loader.cpp and load_imatrix of tools/quantize/quantize.cpp.
import { readBytes, type ByteSource } from '#src/formats/bytes/byte-source.ts';
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import { recognizeFile, type FileKind } from '#src/formats/recognize-file.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { invalidImatrix } from './invalid-imatrix.ts';
import type { ImatrixFile } from './imatrix-file.ts';
import { readGgufImatrix } from './read-gguf-imatrix.ts';
import { readLegacyImatrix } from './read-legacy-imatrix.ts';

export interface Imatrix extends ImatrixFile {
  readonly label: string;
  /** Channels whose value is 0, of the tensors that have any: quantizers give them no weight at all. */
  readonly zeroChannels: ReadonlyMap<string, number>;
}

/** Neither form looks like these; anything else is tried as the legacy form, which has no magic number. */
const foreignKinds: ReadonlySet<FileKind> = new Set<FileKind>([
  'empty', 'git-lfs', 'html', 'xml', 'json', 'text', 'zeros', 'zip', 'safetensors', 'old-ggml', 'hdf5',
]); // prettier-ignore

/**
 * Reads an importance matrix; `source` stays the caller's.
 * Throws `imatrix/invalid` (also for values that are not finite, which llama.cpp refuses, too), and what readGgufHeader
 * throws for the GGUF form.
 */
export async function readImatrix(source: ByteSource): Promise<Imatrix> {
  const file =
    (await checkIsImatrix(source)) === 'gguf'
      ? await readGgufImatrix(source)
      : await readLegacyImatrix(source);
  const names = [...file.values.keys()].sort(compareCodePoints);
  const values = new Map(names.map((name) => [name, file.values.get(name) ?? new Float32Array(0)]));
  return { ...file, values, label: source.label, zeroChannels: checkFinite(source.label, values) };
}

/** Which form the file has. Throws `imatrix/invalid` for what is plainly something else. */
export async function checkIsImatrix(source: ByteSource): Promise<'gguf' | 'legacy'> {
  const head = await readBytes(source, 0, Math.min(source.size, 512));
  const found = recognizeFile(head, source.size);
  if (foreignKinds.has(found.kind)) {
    throw new StudioError(
      'imatrix/invalid',
      `${source.label}: this is not an importance matrix but ${found.description}.`,
      { hint: found.hint, details: { kind: found.kind } },
    );
  }
  return found.kind === 'gguf' ? 'gguf' : 'legacy';
}

/** Counts the zeros of each tensor. Throws `imatrix/invalid` for values that are not finite. */
export function checkFinite(
  label: string,
  values: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, number> {
  const zeroChannels = new Map<string, number>();
  for (const [name, channels] of values) {
    let zeros = 0;
    for (let index = 0; index < channels.length; index++) {
      const value = channels[index] ?? 0;
      if (value === 0) zeros++;
      else if (!Number.isFinite(value)) {
        throw invalidImatrix(label, `channel ${index} of "${name}" is ${value}`, {
          tensor: name,
          channel: index,
        });
      }
    }
    if (zeros > 0) zeroChannels.set(name, zeros);
  }
  return zeroChannels;
}
