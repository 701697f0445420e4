// The tokenizer check: its lists, its types, the ids of tokens with a role, the end of an answer, the pre-tokenizer, and the
// source's tokenizer where one is given.
import type { Check, Draft } from '../findings.ts';
import { entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { copyFix, textFix } from '../metadata/fix-value.ts';
import { sourceOf } from '../metadata/same-model.ts';
import { fileTemplates, textAround, textBehindAnswer } from '../template/file-templates.ts';
import { marksIn } from '../template/marks.ts';
import { isLanguageModel } from '#src/stages/library/gguf-role.ts';
import { checkLists } from './check-lists.ts';
import { checkPreTokenizer } from './check-pre-tokenizer.ts';
import { checkSpecialIds } from './check-special-ids.ts';
import { checkTokenTypes } from './check-token-types.ts';
import { compareTokenizers } from './compare-tokenizers.ts';
import { findKnownTokenizer } from './known-tokenizers.ts';
import { mergeHalves } from './merge-halves.ts';
import { readVocabulary, tokenKeys, type Vocabulary } from './vocabulary.ts';

/** Vocabularies that llama.cpp v0.5.0 runs (llama_vocab::impl::load); the last two have none. */
const models = [
  'llama', 'bert', 'gpt2', 't5', 'rwkv', 'plamo2', 'gemma4', 'hybriddna', 'whitespace', 'test', 'no_vocab', 'none',
]; // prettier-ignore

export const checkTokenizer: Check = async function* (subject, context) {
  const skip = (summary: string) => ({ summary, skipped: true });
  if (subject.survey.byteOrder === 'big') return skip('Big-endian files are not looked into.');
  const { metadata } = subject;
  const hasTokenizer = metadata.some(({ key }) => key.startsWith('tokenizer.ggml.'));
  const isModel = subject.kind === 'model' && isLanguageModel(subject.architecture ?? '');
  if (!hasTokenizer && !isModel) return skip('Files of this kind have no tokenizer.');
  const source = sourceOf(subject, context.source)?.metadata;
  const model = entryString(metadata, tokenKeys.model);
  if (model === 'no_vocab' || model === 'none')
    return skip('The model works without a vocabulary.');
  const vocabulary = readVocabulary(metadata);
  const drafts: Draft[] = [];
  if (vocabulary === undefined || model === undefined) {
    if (subject.complete) drafts.push(...missing(metadata, source, vocabulary));
  } else {
    drafts.push(...checkModel(vocabulary));
  }
  yield* drafts;
  if (vocabulary !== undefined) {
    const rest = await checkVocabulary(vocabulary);
    drafts.push(...rest);
    yield* rest;
  }
  if (source !== undefined) {
    const known = new Set(drafts.flatMap(({ keys = [] }) => keys));
    yield* compareTokenizers(metadata, source, known);
  }
  const tokens = vocabulary?.tokens.length ?? 0;
  return { summary: `The tokenizer is whole: ${tokens} tokens of the kind "${model ?? ''}".` };

  async function checkVocabulary(given: Vocabulary): Promise<Draft[]> {
    const templates = await fileTemplates(subject, context);
    const { examination } = templates;
    const around = examination === undefined ? '' : textAround(examination);
    const behind = examination === undefined ? '' : (textBehindAnswer(examination) ?? '');
    const marks = new Set(marksIn(around, given).map((id) => given.tokens[id] ?? ''));
    return [
      ...checkLists(given, {
        rows: subject.tensors.find(({ name }) => name === 'token_embd.weight')?.shape[1],
        source,
      }),
      ...checkTokenTypes(given, marks),
      ...checkSpecialIds(given, {
        closing: marksIn(behind, given),
        known: await findKnownTokenizer(given.merges),
        source,
      }),
      ...(await checkPreTokenizer(given, source)),
    ];
  }
};

function missing(
  metadata: readonly GgufEntry[],
  source: readonly GgufEntry[] | undefined,
  vocabulary: Vocabulary | undefined,
): Draft[] {
  return [tokenKeys.model, tokenKeys.tokens].flatMap((key) => {
    if (entryValue(metadata, key) !== undefined) return [];
    const shown =
      key === tokenKeys.model && vocabulary !== undefined ? kindOf(vocabulary) : undefined;
    const known = source === undefined ? undefined : entryValue(source, key);
    const fix = copyFix(key, known) ?? (shown === undefined ? undefined : textFix(key, shown));
    const draft: Draft = {
      code: 'tokenizer/missing',
      message: `The file has no ${key}, without which llama.cpp cannot load the model.`,
      evidence: { key },
      keys: [key],
      remedy:
        fix === undefined
          ? 'Name the model that the file was made from (--source), or convert it again.'
          : known === undefined
            ? `Sets ${key} to "${shown ?? ''}", which the vocabulary shows.`
            : `Takes ${key} from the source.`,
      ...(fix === undefined ? {} : { fix }),
    };
    return [draft];
  });
}

/** An unknown name, or one of the three usual kinds while the lists are plainly of another. */
function checkModel(vocabulary: Vocabulary): Draft[] {
  const { model = '' } = vocabulary;
  const shown = kindOf(vocabulary);
  const isUsual = ['gpt2', 'llama', 'bert'].includes(model);
  if (models.includes(model) && (!isUsual || shown === undefined || shown === model)) return [];
  return [
    {
      code: 'tokenizer/model',
      message: models.includes(model)
        ? `${tokenKeys.model} is "${model}", but the vocabulary is one of "${shown ?? ''}".`
        : `llama.cpp v0.5.0 knows no tokenizer "${model.slice(0, 60)}" and refuses the file.`,
      evidence: { model, shown: shown ?? null },
      keys: [tokenKeys.model],
      remedy:
        shown === undefined
          ? 'Name the model that the file was made from (--source).'
          : `Sets ${tokenKeys.model} to "${shown}".`,
      ...(shown === undefined ? {} : { fix: textFix(tokenKeys.model, shown) }),
    },
  ];
}

/** What the lists show: merges over the byte alphabet, pieces with byte tokens and scores, or word pieces. */
function kindOf({
  merges,
  scores,
  tokens,
  idOf,
}: Vocabulary): 'gpt2' | 'llama' | 'bert' | undefined {
  const [merge] = merges ?? [];
  if (merge !== undefined) {
    const spaces = tokens.slice(0, 5_000).filter((token) => token.startsWith('\u0120')).length;
    const { left, right } = mergeHalves(merge);
    return spaces > 50 && idOf.has(left) && idOf.has(right) ? 'gpt2' : undefined;
  }
  if (scores !== undefined && idOf.has('<0x0A>') && idOf.has('\u2581')) return 'llama';
  return idOf.has('[CLS]') && idOf.has('[SEP]') && idOf.has('[UNK]') && scores === undefined
    ? 'bert'
    : undefined;
}
