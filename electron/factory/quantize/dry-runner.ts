// Shows a model that exists only as a header to llama.cpp: the header is written to a temporary file whose body is a hole
// of the right length (a sparse file: no disk space), and llama_model_quantize dry-runs over it.
import { open, mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { toIoError } from '#src/io/io-error.ts';
import type { DryRunModel, DryRunOpener, DryRunRequest } from '#src/stages/quantize/dry-run.ts';
import { nativeReason } from '../ffi/native-failure.ts';
import type { LlamaLibrary, QuantizeRequest } from '../ffi/llama-library.types.ts';

let counter = 0;
/** What hasImportance stands for: mixtures only ask whether there is a matrix, not what is in it. */
const someImportance = new Map([['any', Float32Array.of(1)]]);

/** Opens dry runs with temporary files in `folder`, which is made when missing. */
export function dryRunnerIn(folder: string, library: LlamaLibrary): DryRunOpener {
  return async (header, fileSize) => {
    const path = join(folder, `plan-${process.pid}-${counter++}.gguf`);
    await writeHollow(path, header, fileSize).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    const model: DryRunModel = {
      run(request) {
        const { ok, lines } = library.quantizer.quantize(nativeRequest(path, request));
        return { ok, lines: lines.map(({ text }) => text), reason: nativeReason(lines) };
      },
      close: () => unlink(path).catch(() => undefined),
    };
    return model;
  };
}

async function writeHollow(path: string, header: Uint8Array, fileSize: number): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const file = await open(path, 'w');
  try {
    await file.writeFile(header);
    await file.truncate(fileSize);
  } finally {
    await file.close();
  }
}

function nativeRequest(input: string, request: DryRunRequest): QuantizeRequest {
  const { hasImportance, outputTensorType, tokenEmbeddingType, ...plain } = request;
  return {
    ...plain,
    input,
    output: '',
    threads: 1,
    allowRequantize: true,
    dryRun: true,
    ...(outputTensorType === undefined ? {} : { outputTensorType }),
    ...(tokenEmbeddingType === undefined ? {} : { tokenEmbeddingType }),
    ...(hasImportance ? { importance: someImportance } : {}),
  };
}
