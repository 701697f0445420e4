// Folders: a Hugging Face model as it would be converted, or a PEFT adapter.
import type { Inspection } from '#src/contract/inspection.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { peftConfigFileName } from '#src/formats/lora/peft-config.ts';
import { jsonField, type JsonObject } from '#src/formats/huggingface/json.ts';
import { readJsonObject } from '#src/formats/huggingface/read-json.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import { tensorByteLength } from '#src/tensors/ggml-types.ts';
import { openHuggingFaceModel } from '../convert/open-hugging-face-model.ts';
import { describeMetadata } from './describe-metadata.ts';
import { problemOf } from './inspect-gguf.ts';
import { describeCount, totalsByType, weightCount } from './summarize-tensors.ts';

/** Throws `huggingface/invalid` when the folder is neither. What keeps a model from being converted is in `problems`. */
export async function inspectFolder(folder: FolderPort, path: string): Promise<Inspection> {
  if (await folder.has(peftConfigFileName)) return inspectPeft(folder, path);
  if (await folder.has('config.json')) return inspectHuggingFace(folder, path);
  throw new StudioError(
    'huggingface/invalid',
    `${folder.label} holds neither a config.json nor an ${peftConfigFileName}.`,
    { hint: 'Give the folder of a Hugging Face model or of a PEFT adapter, or a file.' },
  );
}

async function inspectHuggingFace(folder: FolderPort, path: string): Promise<Inspection> {
  const config = await readJsonObject(folder, 'config.json');
  const empty = await emptyInspection(folder, path, 'huggingface-folder');
  const facts = configFacts(config);
  try {
    const model = await openHuggingFaceModel(folder, { outtype: 'lossless' });
    try {
      const tensors = model.tensors.map(({ name, shape, type }) => ({
        name,
        shape: [...shape],
        type,
        bytes: tensorByteLength(type, shape),
      }));
      const weights = tensors.reduce((sum, { shape }) => sum + weightCount(shape), 0);
      const chatTemplate = entryString(model.metadata, 'tokenizer.chat_template');
      const pre = entryString(model.metadata, 'tokenizer.ggml.pre');
      return {
        ...empty,
        facts: [
          ...facts,
          { name: 'Converts to', value: `${model.architecture}, ${model.matrixType} without loss` },
          {
            name: 'Tokenizer',
            value: `${entryString(model.metadata, 'tokenizer.ggml.model') ?? ''}${pre === undefined ? '' : `, ${pre}`}`,
          },
          { name: 'Weights', value: describeCount(weights) },
        ],
        types: totalsByType(tensors),
        metadata: describeMetadata(model.metadata),
        tensors,
        ...(chatTemplate === undefined ? {} : { chatTemplate }),
        notices: [...model.notices],
      };
    } finally {
      await model.close();
    }
  } catch (error) {
    return { ...empty, facts, problems: [problemOf(error)] };
  }
}

async function inspectPeft(folder: FolderPort, path: string): Promise<Inspection> {
  const adapter = await openPeftAdapter(folder);
  try {
    const ranks = [...new Set(adapter.modules.map(({ rank }) => rank))].sort((a, b) => a - b);
    const dora = adapter.modules.some(({ readMagnitude }) => readMagnitude !== undefined);
    const tensors = adapter.modules.flatMap(({ weightName, rank, rows, columns, storedTypes }) => [
      factor(`${weightName} A`, [rank, columns], storedTypes[0]),
      factor(`${weightName} B`, [rows, rank], storedTypes[1]),
    ]);
    return {
      ...(await emptyInspection(folder, path, 'peft-folder')),
      facts: [
        { name: 'Adapter', value: `${adapter.name}, LoRA${dora ? ' with DoRA magnitudes' : ''}` },
        { name: 'Base model', value: adapter.baseModel ?? 'not named' },
        { name: 'Rank', value: ranks.join(', ') },
        { name: 'Alpha', value: String(adapter.alpha) },
        { name: 'Changed weights', value: String(adapter.modules.length) },
        { name: 'Whole tensors', value: String(adapter.savedTensors.length) },
        {
          name: 'Weights',
          value: describeCount(tensors.reduce((sum, { shape }) => sum + weightCount(shape), 0)),
        },
      ],
      types: totalsByType(tensors),
      tensors,
      notices: [...adapter.notices],
    };
  } finally {
    await adapter.close();
  }
}

function factor(name: string, shape: number[], type: 'F32' | 'F16' | 'BF16') {
  return { name, shape, type, bytes: weightCount(shape) * (type === 'F32' ? 4 : 2) };
}

async function emptyInspection(
  folder: FolderPort,
  path: string,
  kind: Inspection['kind'],
): Promise<Inspection> {
  let bytes = 0;
  for (const name of await folder.list()) {
    const source = await folder.open(name);
    bytes += source.size;
    await source.close();
  }
  const empty = { types: [], metadata: [], tensors: [], adapters: [], problems: [], notices: [] };
  return { path, kind, bytes, facts: [], ...empty };
}

function configFacts(config: JsonObject): Inspection['facts'] {
  const names: readonly (readonly [string, string])[] = [
    ['architectures', 'Architecture'],
    ['model_type', 'Model type'],
    ['num_hidden_layers', 'Layers'],
    ['n_layer', 'Layers'],
    ['hidden_size', 'Embedding length'],
    ['n_embd', 'Embedding length'],
    ['max_position_embeddings', 'Trained window'],
    ['n_positions', 'Trained window'],
    ['vocab_size', 'Vocabulary'],
    ['dtype', 'Stored as'],
    ['torch_dtype', 'Stored as'],
  ];
  return names.flatMap(([key, name]) => {
    const value = jsonField(config, key);
    if (typeof value === 'string' || typeof value === 'number') {
      return [{ name, value: String(value).slice(0, 100) }];
    }
    if (Array.isArray(value) && typeof value[0] === 'string') {
      return [{ name, value: value[0].slice(0, 100) }];
    }
    return [];
  });
}
