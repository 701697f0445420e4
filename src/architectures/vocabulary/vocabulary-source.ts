// What a vocabulary is made from, read once per conversion and handed to one of the functions of this folder, each of
// which stands for one `_set_vocab_*` method of the reference (llama.cpp v0.5.0, conversion/base.py).
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { readTokenizerFiles, type TokenizerFiles } from '#src/formats/huggingface/tokenizer-files.ts'; // prettier-ignore
import { StudioError } from '#src/errors/studio-error.ts';

export interface VocabularyOptions {
  /** `--pre NAME`: the pre-tokenizer's name, instead of recognizing it. */
  readonly pre?: string;
  /** Receives what the user should read but that does not stop the conversion. */
  readonly onNotice?: (message: string) => void;
}

export interface VocabularySource {
  readonly files: TokenizerFiles;
  /** The hyperparameters as the reference sees them: `text_config` merged in, class defaults filled in. */
  readonly config: HuggingFaceConfig;
  readonly options: VocabularyOptions;
}

export async function readVocabularySource(
  folder: FolderPort,
  config: HuggingFaceConfig,
  options: VocabularyOptions = {},
): Promise<VocabularySource> {
  return { files: await readTokenizerFiles(folder), config, options };
}

/** Far more than any vocabulary (262,208 in Gemma 3); the padding of a larger one would only exhaust memory. */
const maximumVocabularySize = 2 ** 21;

/** `vocab_size` of the configuration, or undefined. Throws `huggingface/invalid` when it is not a sensible number. */
export function configuredVocabularySize({ config, files }: VocabularySource): number | undefined {
  const size = config['vocab_size'];
  if (size === undefined || size === null) return undefined;
  if (
    typeof size !== 'number' ||
    !Number.isInteger(size) ||
    size < 1 ||
    size > maximumVocabularySize
  ) {
    throw new StudioError(
      'huggingface/invalid',
      `${files.label}/config.json has the vocab_size ${JSON.stringify(size)}.`,
    );
  }
  return size;
}
