// The headline of a folder: a Hugging Face model as it would be converted, or a PEFT adapter. Configurations and the
// headers of the weights are read, tokenizers are not: a library of hundreds has to open at once.
import { configureArchitecture } from '#src/architectures/registry.ts';
import type { ConfiguredArchitecture } from '#src/architectures/architecture.ts';
import type { LibraryItem } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { openCheckpoint, type Checkpoint } from '#src/formats/checkpoint.ts';
import { entryNumber, stringEntry } from '#src/formats/gguf/entries.ts';
import {
  arrayField,
  objectField,
  stringField,
  type JsonObject,
} from '#src/formats/huggingface/json.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { peftConfigFileName } from '#src/formats/lora/peft-config.ts';
import { levels } from '#src/tensors/levels.ts';
import { nameEmotions, roleOfArchitecture } from './gguf-role.ts';
import { domainFields, given, itemOf, type LibraryPlace } from './library-place.ts';
import { estimateMemory } from './memory-estimate.ts';

/** A PEFT adapter. Throws what openPeftAdapter throws. */
export async function describePeftFolder(
  folder: FolderPort,
  place: LibraryPlace,
): Promise<LibraryItem> {
  const adapter = await openPeftAdapter(folder);
  try {
    const { modules, savedTensors, alpha, baseModel } = adapter;
    const config = await readJsonObject(folder, peftConfigFileName);
    const factors = modules.reduce(
      (sum, { rank, rows, columns }) => sum + rank * (rows + columns),
      0,
    );
    const saved = savedTensors.reduce((sum, { shape }) => sum + productOf(shape), 0);
    const named = {
      domain: stringField(config, 'domain'),
      subdomain: stringField(config, 'subdomain'),
    };
    return {
      ...itemOf(place, 'adapter', 'PEFT folder'),
      parameters: factors + saved,
      ...given('type', modules[0]?.storedTypes[0]),
      ...domainFields(place, named),
      adapter: {
        rank: Math.max(0, ...modules.map(({ rank }) => rank)),
        alpha,
        ...given('baseName', baseModel?.slice(0, 300)),
      },
    };
  } finally {
    await adapter.close();
  }
}

/**
 * A model folder. Throws `architecture/unsupported` for families that cannot be converted, `huggingface/invalid` for
 * missing or contradicting files, and what the readers of the weights throw.
 */
export async function describeModelFolder(
  folder: FolderPort,
  place: LibraryPlace,
): Promise<LibraryItem> {
  const config = await readJsonObject(folder, 'config.json');
  const role = roleOfConfig(config, place);
  let architecture: ConfiguredArchitecture;
  try {
    architecture = configureArchitecture(config);
  } catch (error) {
    const companion = companionOf(config, role, place);
    if (companion === undefined) throw error;
    return companion;
  }
  const checkpoint = await openCheckpoint(folder, 'model');
  try {
    const tensors = modelTensors(checkpoint, architecture);
    const weights = tensors.reduce((sum, { shape }) => sum + productOf(shape), 0);
    const bytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const metadata = [
      stringEntry('general.architecture', architecture.ggufName),
      ...architecture.metadata({ fileType: levels.F16.fileType }),
    ];
    const { ggufName } = architecture;
    return {
      ...itemOf(place, 'base', 'Hugging Face folder'),
      architecture: ggufName,
      parameters: weights,
      ...given('type', dominantDtype(checkpoint)),
      ...given('bitsPerWeight', weights > 0 ? (bytes * 8) / weights : undefined),
      ...given('contextLength', entryNumber(metadata, `${ggufName}.context_length`)),
      ...domainFields(place),
      ...given('memory', estimateMemory({ architecture: ggufName, metadata, tensors })),
      role,
    };
  } finally {
    await checkpoint.close();
  }
}

/** Speech and voice models and classifiers are listed, though they are not converted here. */
function companionOf(
  config: JsonObject,
  role: NonNullable<LibraryItem['role']>,
  place: LibraryPlace,
): LibraryItem | undefined {
  if (role === 'chat' || role === 'embedding') return undefined;
  return {
    ...itemOf(place, 'companion', 'Hugging Face folder'),
    ...given('architecture', architectureName(config)?.slice(0, 100)),
    role,
  };
}

/** Throws `architecture/unsupported` for a configuration that names no architecture. */
function roleOfConfig(config: JsonObject, place: LibraryPlace): NonNullable<LibraryItem['role']> {
  const name = architectureName(config);
  if (name === undefined) {
    throw new StudioError(
      'architecture/unsupported',
      `${place.path}: config.json names no architecture.`,
      { hint: 'It is not a model of the transformers library, or an old one: fetch it again.' },
    );
  }
  if (name.endsWith('Classification')) return classifierRole(config);
  return roleOfArchitecture(name) ?? 'chat';
}

function architectureName(config: JsonObject): string | undefined {
  const [name] = arrayField(config, 'architectures') ?? [];
  return typeof name === 'string' ? name : stringField(config, 'model_type');
}

function classifierRole(config: JsonObject): 'emotion' | 'other' {
  const labels = Object.values(objectField(config, 'id2label') ?? {});
  return nameEmotions(labels.filter((label) => typeof label === 'string')) ? 'emotion' : 'other';
}

/** The checkpoint's tensors that a GGUF would hold, each once, under their GGUF names and in ggml order. */
function modelTensors(checkpoint: Checkpoint, architecture: ConfiguredArchitecture) {
  const tensors = new Map<string, { name: string; shape: number[]; byteLength: number }>();
  const isTied = architecture.hyperparameters['tie_word_embeddings'] === true;
  for (const { name: source, shape, byteLength } of checkpoint.tensors) {
    const mapping = architecture.mapTensor(source);
    if (mapping.kind !== 'tensor' || (isTied && mapping.name === 'output.weight')) continue;
    const isTransposed = mapping.transforms.some(({ op }) => op === 'transpose');
    const ordered = isTransposed ? [...shape] : [...shape].reverse();
    tensors.set(mapping.name, { name: mapping.name, shape: ordered, byteLength });
  }
  return [...tensors.values()];
}

function dominantDtype({ tensors }: Checkpoint): string | undefined {
  const bytes = new Map<string, number>();
  for (const { dtype, byteLength } of tensors) {
    bytes.set(dtype, (bytes.get(dtype) ?? 0) + byteLength);
  }
  return [...bytes].sort(([, left], [, right]) => right - left)[0]?.[0];
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
