// What the files beside config.json say about a model that we cannot convert rightly.
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { stringField, type JsonObject } from '#src/formats/huggingface/json.ts';
import { readTextFile } from '#src/formats/huggingface/read-json.ts';

/** Throws `architecture/unsupported` for folders of quantized models and of Qwen 3 rerankers. */
export async function refuseSpecialFolder(
  folder: FolderPort,
  config: JsonObject,
  architecture: string,
): Promise<void> {
  if (await folder.has('hf_quant_config.json')) {
    throw new StudioError(
      'architecture/unsupported',
      `${folder.label}: this model is not supported: its weights are already quantized (hf_quant_config.json).`,
      { hint: 'Convert the original, unquantized model instead.' },
    );
  }
  if (architecture === 'qwen3' && (await isReranker(folder, config))) {
    throw new StudioError(
      'architecture/unsupported',
      `${folder.label}: Qwen 3 rerankers are not supported: their classifier has to be cut out of the output matrix.`,
      { hint: 'Qwen 3 chat and embedding models are supported.' },
    );
  }
}

/** As the reference recognizes them (conversion/qwen.py, _is_qwen3_reranker). */
async function isReranker(folder: FolderPort, config: JsonObject): Promise<boolean> {
  const names = [folder.name, stringField(config, '_name_or_path') ?? ''];
  if (names.some((name) => /qwen3-(?:vl-)?reranker/i.test(name))) return true;
  if (!(await folder.has('README.md'))) return false;
  return /# qwen3-(?:vl-)?reranker/i.test(await readTextFile(folder, 'README.md'));
}
