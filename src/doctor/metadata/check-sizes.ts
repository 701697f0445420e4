// Sizes that the metadata state against the shapes of the tensors. Tensors have the last word: their bytes are of that
// shape. From here come the sizes that the list of expected tensors is made with, so that one wrong entry is one finding.
import type { Draft } from '../findings.ts';
import { entryValue, entryNumber } from '#src/formats/gguf/entries.ts';
import { stringCount } from '#src/formats/gguf/read-strings.ts';
import { numberFix } from './fix-value.ts';
import { findHeads, type HeadSizes } from './head-sizes.ts';
import { isStatedPerLayer, statedNumber, type ModelFacts, type ShownSizes } from './model-facts.ts';

export interface SizeCheck {
  readonly findings: readonly Draft[];
  /** Stated or shown; undefined where neither gives one number. */
  readonly blocks: number | undefined;
  readonly embedding: number | undefined;
  readonly vocabulary: number | undefined;
  readonly feedForward: number | undefined;
  readonly heads: HeadSizes | undefined;
  readonly context: number | undefined;
}

/** More than any model that llama.cpp loads has (LLAMA_MAX_LAYERS). */
const maximumBlocks = 512;

export function checkSizes(facts: ModelFacts, shown: ShownSizes, complete: boolean): SizeCheck {
  const findings: Draft[] = [];
  const compare = (name: string, shownValue: number | undefined, where: string) => {
    const stated = statedNumber(facts, name);
    if (shownValue === undefined) return stated;
    if (stated === undefined || stated === shownValue) return shownValue;
    findings.push(contradiction(`${facts.architecture}.${name}`, stated, shownValue, where));
    return shownValue;
  };
  const embedding = compare('embedding_length', shown.embedding, 'the rows of the embedding');
  const blocks = compareBlocks(facts, shown, complete, findings);
  const isPerLayer = isStatedPerLayer(facts, 'feed_forward_length');
  const feedForward = isPerLayer
    ? undefined
    : compare('feed_forward_length', shown.feedForward, 'the feed-forward matrices');
  const vocabulary = checkVocabulary(facts, shown, findings);
  const context = compare('context_length', shown.positions, 'the position embedding');
  const heads = findHeads(facts, shown, embedding);
  findings.push(...(heads?.findings ?? []));
  return { findings, blocks, embedding, vocabulary, feedForward, heads: heads?.sizes, context };
}

function contradiction(key: string, stated: number, shown: number, where: string): Draft {
  return {
    code: 'metadata/contradiction',
    message: `${key} is ${stated}, but ${where} say ${shown}.`,
    evidence: { stated, shown },
    keys: [key],
    remedy: `Sets ${key} to ${shown}.`,
    fix: numberFix(key, 'uint32', shown),
  };
}

/**
 * More blocks than stated are never loaded. Fewer are either lost tensors or a wrong entry: a wrong entry when the blocks
 * that are there have all that the first one has.
 */
function compareBlocks(
  facts: ModelFacts,
  shown: ShownSizes,
  complete: boolean,
  findings: Draft[],
): number | undefined {
  const key = `${facts.architecture}.block_count`;
  const stated = statedNumber(facts, 'block_count');
  if (stated === undefined || shown.blocks === undefined || stated === shown.blocks) {
    return shown.blocks ?? stated;
  }
  if (!complete && stated > shown.blocks) return stated;
  const counts = Array.from({ length: Math.min(shown.blocks, maximumBlocks) }, () => 0);
  for (const { name } of facts.tensors) {
    const block = Number(/^blk\.(\d{1,5})\./.exec(name)?.[1] ?? -1);
    if (block >= 0 && block < counts.length) counts[block] = (counts[block] ?? 0) + 1;
  }
  const areWhole = counts.length > 0 && counts.every((count) => count === counts[0]);
  if (stated > shown.blocks && !areWhole && stated <= maximumBlocks) return stated;
  findings.push({
    code: 'metadata/contradiction',
    message: `${key} is ${stated}, but the tensors are those of ${shown.blocks} blocks.`,
    evidence: { stated, shown: shown.blocks },
    keys: [key],
    remedy: `Sets ${key} to ${shown.blocks}.`,
    fix: numberFix(key, 'uint32', shown.blocks),
  });
  return shown.blocks;
}

/** `vocab_size` is only a statement; llama.cpp counts the tokens (tokenizer checks compare those). */
function checkVocabulary(
  facts: ModelFacts,
  shown: ShownSizes,
  findings: Draft[],
): number | undefined {
  const tokens = entryValue(facts.metadata, 'tokenizer.ggml.tokens');
  const count =
    tokens?.type === 'array' && tokens.elementType === 'string' ? stringCount(tokens) : undefined;
  const stated = entryNumber(facts.metadata, `${facts.architecture}.vocab_size`);
  const right = shown.vocabulary ?? count;
  if (stated !== undefined && right !== undefined && stated !== right) {
    const where =
      shown.vocabulary === undefined
        ? 'the tokens of the vocabulary'
        : 'the rows of the token embedding';
    findings.push(contradiction(`${facts.architecture}.vocab_size`, stated, right, where));
  }
  return right ?? stated;
}
