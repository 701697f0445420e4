// BERT, as sentence embedding models use it. Reference: conversion/bert.py (BertModel); defaults: BertConfig of
// transformers 4.57.6.
import { boolEntry, stringArrayEntry } from '#src/formats/gguf/entries.ts';
import type { ArchitectureFamily } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configured } from './configured.ts';
import {
  findCount,
  invalidValue,
  isPlainObject,
  requireBlockCount,
  requireCount,
  withDefaults,
} from './hyperparameters.ts';
import { poolingMetadata } from './pooling.ts';
import { readRopeParameters } from './rope-parameters.ts';
import type { TensorRow } from './tensor-table.ts';
import { transformerMetadata } from './transformer-metadata.ts';
import { wordPieceVocabulary } from './vocabulary/word-piece-vocabulary.ts';

const defaults = {
  vocab_size: 30_522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3_072,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
};

const classifierName = 'BertForSequenceClassification';

export const bert: ArchitectureFamily = {
  name: 'bert',
  huggingFaceNames: ['BertModel', 'BertForMaskedLM', classifierName],
  configure(source) {
    const config = withDefaults(source, defaults);
    const rope = readRopeParameters(config);
    const blocks = requireBlockCount(config);
    const vocabulary = requireCount(config, 'vocab_size');
    const labels = outputLabels(config);
    const names: unknown = config['architectures'];
    const bare = Array.isArray(names) && names[0] === 'BertModel';
    return configured({
      ggufName: 'bert',
      blockCount: blocks,
      vocabularySize: vocabulary,
      hyperparameters: config,
      vocabulary: wordPieceVocabulary,
      readsPooling: true,
      table: {
        prefixes: bare ? ['', 'bert.'] : ['bert.', ''],
        rows: [
          ...encoderRows(config, vocabulary),
          ...classifierRows(config, labels, Array.isArray(names) && names[0] === classifierName),
        ],
        skip: isTrainingHead,
      },
      metadata: ({ fileType, poolingType }) => [
        ...transformerMetadata('bert', config, rope, fileType),
        boolEntry('bert.attention.causal', false),
        ...poolingMetadata('bert', poolingType),
        ...(labels.announced.length === 0
          ? []
          : [stringArrayEntry('bert.classifier.output_labels', labels.announced)]),
      ],
    });
  },
};

/** Only the encoder serves embeddings: no pooling layer, no masked-language or next-sentence head. */
function isTrainingHead(name: string): boolean {
  return (
    ['embeddings.position_ids', 'pooler.dense.weight', 'pooler.dense.bias'].includes(name) ||
    name.startsWith('cls.predictions') ||
    name.startsWith('cls.seq_relationship')
  );
}

function encoderRows(config: HuggingFaceConfig, vocabulary: number): TensorRow[] {
  const size = requireCount(config, 'hidden_size');
  const feedForward = requireCount(config, 'intermediate_size');
  const embedding = (name: string, checkpoint: string, rows: number): TensorRow => ({
    name: `${name}.weight`,
    checkpoint: `embeddings.${checkpoint}.weight`,
    shape: [size, rows],
  });
  const layer = 'encoder.layer.{b}';
  return [
    embedding('token_embd', 'word_embeddings', vocabulary),
    embedding(
      'position_embd',
      'position_embeddings',
      requireCount(config, 'max_position_embeddings'),
    ),
    embedding('token_types', 'token_type_embeddings', requireCount(config, 'type_vocab_size')),
    ...layerNorm('token_embd_norm', 'embeddings.LayerNorm', size),
    ...linear('blk.{b}.attn_q', `${layer}.attention.self.query`, size, size),
    ...linear('blk.{b}.attn_k', `${layer}.attention.self.key`, size, size),
    ...linear('blk.{b}.attn_v', `${layer}.attention.self.value`, size, size),
    ...linear('blk.{b}.attn_output', `${layer}.attention.output.dense`, size, size),
    ...layerNorm('blk.{b}.attn_output_norm', `${layer}.attention.output.LayerNorm`, size),
    ...linear('blk.{b}.ffn_up', `${layer}.intermediate.dense`, size, feedForward),
    ...linear('blk.{b}.ffn_down', `${layer}.output.dense`, feedForward, size),
    ...layerNorm('blk.{b}.layer_output_norm', `${layer}.output.LayerNorm`, size),
  ];
}

function linear(name: string, checkpoint: string, columns: number, rows: number): TensorRow[] {
  return [
    { name: `${name}.weight`, checkpoint: `${checkpoint}.weight`, shape: [columns, rows] },
    { name: `${name}.bias`, checkpoint: `${checkpoint}.bias`, shape: [rows] },
  ];
}

/** Checkpoints from TensorFlow call weight and bias gamma and beta. */
function layerNorm(name: string, checkpoint: string, size: number): TensorRow[] {
  const part = (own: string, old: string): TensorRow => ({
    name: `${name}.${own}`,
    checkpoint: `${checkpoint}.${own}`,
    aliases: [`${checkpoint}.${old}`],
    shape: [size],
  });
  return [part('weight', 'gamma'), part('bias', 'beta')];
}

/** The classifier of a re-ranker: `cls.output` when its labels are named, `cls` when transformers invented them. */
function classifierRows(
  config: HuggingFaceConfig,
  labels: Labels,
  announced: boolean,
): TensorRow[] {
  const name = labels.announced.length === 0 ? 'cls' : 'cls.output';
  const size = requireCount(config, 'hidden_size');
  return linear(name, 'classifier', size, labels.count).map((row) => ({
    ...row,
    unprefixed: true as const,
    ...(announced ? {} : { presence: 'optional' as const }),
  }));
}

interface Labels {
  readonly count: number;
  /** Names worth writing; empty when they are the two that transformers makes up. */
  readonly announced: readonly string[];
}

/** `id2label`, by number; without it transformers names `num_labels` (2) labels LABEL_0, LABEL_1, ... */
function outputLabels(config: HuggingFaceConfig): Labels {
  const declared = config['id2label'];
  if (declared === undefined || declared === null) {
    const count = findCount(config, ['num_labels'], 0) ?? 2;
    if (count === 2) return { count, announced: [] };
    if (count > 65_536) throw invalidValue(['num_labels'], count, 'at most 65536');
    return { count, announced: Array.from({ length: count }, (_, index) => `LABEL_${index}`) };
  }
  if (!isPlainObject(declared)) throw invalidValue(['id2label'], declared, 'an object');
  const names = Object.entries(declared)
    .map(([id, name]) => ({ id: Number(id), name }))
    .sort((left, right) => left.id - right.id)
    .map(({ name }) => {
      if (typeof name !== 'string') throw invalidValue(['id2label'], name, 'a name');
      return name;
    });
  const invented = names.length === 2 && names[0] === 'LABEL_0';
  return { count: names.length, announced: invented ? [] : names };
}
