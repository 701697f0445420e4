// A Hugging Face folder as a lazy model: metadata and tensors equal what convert_hf_to_gguf.py of llama.cpp v0.5.0
// writes, in its order. Nothing but headers and small files is read until someone asks for rows.
import type { ConfiguredArchitecture } from '#src/architectures/architecture.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import { mergeEntries } from '#src/architectures/vocabulary/merge-entries.ts';
import {
  readVocabularySource,
  type VocabularySource,
} from '#src/architectures/vocabulary/vocabulary-source.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { openCheckpoint } from '#src/formats/checkpoint.ts';
import { stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import {
  arrayField,
  objectField,
  stringField,
  type JsonObject,
} from '#src/formats/huggingface/json.ts';
import { readJsonObject, readOptionalJsonObject } from '#src/formats/huggingface/read-json.ts';
import { elementCountOf, type ModelView, type TensorView } from '#src/model/model-view.ts';
import type { GgmlType } from '#src/tensors/ggml-types.ts';
import { fitTensors, type FittedTensor } from './fit-tensors.ts';
import { authorshipOf } from './metadata/card-metadata.ts';
import { authorshipEntries, samplingEntries } from './metadata/general-metadata.ts';
import { readModelCard } from './metadata/model-card.ts';
import { sizeLabel } from './metadata/size-label.ts';
import {
  convertedType,
  fileTypeOf,
  plannedType,
  type ConvertedType,
  type Outtype,
} from './outtype.ts';
import { readPoolingType } from './read-pooling-type.ts';
import { refuseSpecialFolder } from './refuse-special-folder.ts';
import { convertedTensor, generatedTensorView, withRowLimit } from './tensors/converted-tensor.ts';
import { WholeTensorCache } from './tensors/transposed-rows.ts';

export interface OpenHuggingFaceOptions {
  readonly outtype: Outtype;
  /** `--pre NAME`: the pre-tokenizer, where it cannot be recognized. */
  readonly pre?: string;
  /** `--model-name`: written as `general.name`. */
  readonly modelName?: string;
  readonly signal?: AbortSignal;
}

export interface HuggingFaceModel extends ModelView {
  /** The type that `outtype` stands for. */
  readonly matrixType: ConvertedType;
  /** By tensor name: the type that the reference writes for `outtype`. */
  readonly plannedTypes: ReadonlyMap<string, GgmlType>;
  /** What the user should read but that stops nothing. */
  readonly notices: readonly string[];
}

/** `GGML_QNT_VERSION` of ggml.h. */
const quantizationVersion = 2;

/**
 * Opens a folder. The views give rows in the checkpoint's own precision; converting them to `plannedTypes` is the
 * writer's work. Throws `architecture/unsupported`, `architecture/mismatch`, `huggingface/invalid`,
 * `tokenizer/unknown-pre` and what the readers throw.
 */
export async function openHuggingFaceModel(
  folder: FolderPort,
  options: OpenHuggingFaceOptions,
): Promise<HuggingFaceModel> {
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  options.signal?.throwIfAborted();
  const config = await readConfig(folder);
  const architecture = configureArchitecture(config);
  await refuseSpecialFolder(folder, config, architecture.ggufName);
  const checkpoint = await openCheckpoint(folder, 'model');
  try {
    const source = await readVocabularySource(folder, architecture.hyperparameters, {
      onNotice,
      ...(options.pre === undefined ? {} : { pre: options.pre }),
    });
    const fitted = fitTensors(checkpoint, architecture, onNotice);
    const cache = new WholeTensorCache();
    const tensors = tensorViews(architecture, fitted, source, cache);
    const matrixType = convertedType(
      options.outtype,
      fitted.map(({ target, shape, tensor }) => ({
        name: target.name,
        shape,
        dtype: tensor.dtype,
      })),
    );
    const metadata = await metadataOf({
      folder, config, architecture, source, options, onNotice, matrixType,
      parameterCount: tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0),
    }); // prettier-ignore
    options.signal?.throwIfAborted();
    return {
      label: folder.label,
      architecture: architecture.ggufName,
      metadata,
      tensors,
      matrixType,
      plannedTypes: new Map(
        tensors.map(({ name, shape }) => [name, plannedType(name, shape, matrixType)]),
      ),
      notices,
      async close() {
        cache.clear();
        await checkpoint.close();
      },
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

async function readConfig(folder: FolderPort): Promise<JsonObject> {
  if (await folder.has('config.json')) return readJsonObject(folder, 'config.json');
  throw new StudioError('huggingface/invalid', `${folder.label}: there is no config.json.`, {
    hint: 'Give the folder of a model as Hugging Face publishes it: config.json, tokenizer files and weights.',
  });
}

/** Generated tensors first, then the checkpoint's in its order. */
function tensorViews(
  architecture: ConfiguredArchitecture,
  fitted: readonly FittedTensor[],
  source: VocabularySource,
  cache: WholeTensorCache,
): TensorView[] {
  return [
    ...architecture.generatedTensors.map(({ name, values }) => generatedTensorView(name, values)),
    ...fitted.map(({ tensor, target, expected }) => {
      const view = convertedTensor(tensor, target, { cache });
      return expected.rowLimit === undefined
        ? view
        : withRowLimit(view, vocabularyRows(architecture, source));
    }),
  ];
}

/** Rows that the reference keeps of a padded embedding (conversion/gemma.py, Gemma3Model.modify_tensors). */
function vocabularyRows(architecture: ConfiguredArchitecture, { files }: VocabularySource): number {
  if (files.sentencePiece !== undefined) return architecture.vocabularySize;
  const vocabulary = objectField(objectField(files.tokenizer, 'model'), 'vocab') ?? {};
  return Object.keys(vocabulary).length + arrayField(files.tokenizer, 'added_tokens').length;
}

interface MetadataSources {
  readonly folder: FolderPort;
  readonly config: JsonObject;
  readonly architecture: ConfiguredArchitecture;
  readonly source: VocabularySource;
  readonly options: OpenHuggingFaceOptions;
  readonly onNotice: (message: string) => void;
  readonly matrixType: ConvertedType;
  readonly parameterCount: number;
}

async function metadataOf(sources: MetadataSources): Promise<GgufEntry[]> {
  const { folder, config, architecture, source, options, onNotice } = sources;
  const authorship = authorshipOf({
    card: await readModelCard(folder, onNotice),
    nameOrPath: stringField(config, '_name_or_path'),
    folderName: folder.name,
    parameterCount: sources.parameterCount,
  });
  if (options.modelName !== undefined) authorship.fields.set('name', options.modelName);
  if (!authorship.fields.has('size_label')) {
    authorship.fields.set('size_label', sizeLabel(sources.parameterCount));
  }
  const entries = mergeEntries(
    [stringEntry('general.architecture', architecture.ggufName)],
    architecture.generatedMetadata,
    [stringEntry('general.type', 'model')],
    samplingEntries(await readGenerationConfig(folder, onNotice)),
    authorshipEntries(authorship),
    architecture.metadata({
      fileType: fileTypeOf(sources.matrixType),
      poolingType: architecture.readsPooling ? await readPoolingType(folder) : undefined,
    }),
    [uint32Entry('general.quantization_version', quantizationVersion)],
    await architecture.vocabulary(source),
  );
  return entries.map(asStored);
}

/** A broken generation_config.json is no reason to stop; the reference ignores it too. */
async function readGenerationConfig(
  folder: FolderPort,
  onNotice: (message: string) => void,
): Promise<JsonObject | undefined> {
  try {
    return await readOptionalJsonObject(folder, 'generation_config.json');
  } catch (error) {
    if (!(error instanceof StudioError) || error.code !== 'huggingface/invalid') throw error;
    onNotice(`${error.message} Its sampling settings are not taken over.`);
    return undefined;
  }
}

/** F32 values as they will be read back, so that metadata before and after writing is the same. */
function asStored(entry: GgufEntry): GgufEntry {
  if (entry.value.type !== 'float32') return entry;
  return { ...entry, value: { type: 'float32', value: Math.fround(entry.value.value) } };
}
