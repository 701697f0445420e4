// Opens what users name as sources, whatever it is: a base as a GGUF (whole or split) or a Hugging Face folder, an adapter
// as a GGUF LoRA or a PEFT folder. With the list of files that are read, which outputs must not be written over.
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { toIoError } from '#src/io/io-error.ts';
import { listSourceFiles } from '#src/io/source-hash.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { ggufAdapterOf, isGgufAdapter } from '#src/model/open-gguf-adapter.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { losslessView } from '#src/stages/convert/lossless-view.ts';
import { openHuggingFaceModel } from '#src/stages/convert/open-hugging-face-model.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { withoutProvenance } from '#src/stages/package/provenance.ts';

export interface OpenedSource<Content> {
  readonly content: Content;
  /** Absolute paths of all files that are read. */
  readonly inputs: readonly string[];
  /** What the user should know; about adapters, the merge tells. */
  readonly notices: readonly string[];
}

export interface OpenBaseOptions {
  /** `--pre NAME`, for folders. */
  readonly pre?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a base: a GGUF as it is, a folder as its lossless conversion. The caller closes it.
 * Throws `io/not-found`, `gguf/invalid` for an adapter or matrix, and what the readers throw.
 */
export async function openBase(
  path: string,
  options: OpenBaseOptions = {},
): Promise<OpenedSource<ModelView>> {
  const inputs = await inputFiles(path, 'base');
  if (await isFolder(path)) {
    const { pre, signal } = options;
    const model = await openHuggingFaceModel(await openFolder(path), {
      outtype: 'lossless',
      ...(pre === undefined ? {} : { pre }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { content: losslessView(model), inputs, notices: model.notices };
  }
  const model = await openGgufFile(path);
  if (isGgufAdapter(model)) {
    await model.close();
    throw new StudioError('gguf/invalid', `${path} is a LoRA adapter, a base model was expected.`, {
      hint: 'Give the model that it was trained on; adapters are given with --lora.',
    });
  }
  return { content: model, inputs, notices: [] };
}

/** Opens a base for an output that carries no provenance of its own: that of the base would be wrong about it. */
export async function openPlainBase(
  path: string,
  options: OpenBaseOptions = {},
): Promise<OpenedSource<ModelView>> {
  const base = await openBase(path, options);
  const { model, notice } = withoutProvenance(base.content);
  return {
    ...base,
    content: model,
    notices: notice === undefined ? base.notices : [...base.notices, notice],
  };
}

/** Opens an adapter. The caller closes it. Throws `companion/mismatch` for a voice, a recognizer ..., `adapter/invalid` for anything else. */
export async function openAdapter(path: string): Promise<OpenedSource<LoraAdapter>> {
  const inputs = await inputFiles(path, 'adapter');
  if (await isFolder(path)) {
    return { content: await openPeftAdapter(await openFolder(path)), inputs, notices: [] };
  }
  const model = await openGgufFile(path);
  try {
    if (!isGgufAdapter(model)) refuseCompanion(path, model, 'an adapter');
    return { content: ggufAdapterOf(model), inputs, notices: [] };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** Opens a GGUF, with the other parts of a split found beside it. */
export async function openGgufFile(path: string): Promise<ModelView> {
  const source = await openFileByteSource(path);
  return openGgufModel(source, (name) => openFileByteSource(join(dirname(path), name)));
}

export async function isFolder(path: string): Promise<boolean> {
  const status = await stat(path).catch((error: unknown) => {
    throw toIoError(error, path);
  });
  return status.isDirectory();
}

/** Absolute paths of the files of a source; the path alone where they cannot be told. */
export async function inputFiles(path: string, role: 'base' | 'adapter'): Promise<string[]> {
  // A missing part of a split is the reader's to report: it knows which.
  const files = await listSourceFiles(path, role).catch((error: unknown) => {
    if (error instanceof StudioError && error.code === 'io/not-found') return undefined;
    throw error;
  });
  return files?.map((file) => file.path) ?? [path];
}
