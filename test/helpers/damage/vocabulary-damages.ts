// Damages of tokenizers and chat templates.
import {
  float32ArrayEntry,
  stringArrayEntry,
  stringEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import type { DamageKind, DamageTable, ExpectedRepair } from './damage-kind.ts';
import { metadataDamage, withNumbers, without, withValue } from './metadata-damages.ts';

const edited: ExpectedRepair = { gives: 'sound', trust: 'edited' };
const original: ExpectedRepair = { gives: 'original', trust: 'edited' };
const fromSource: ExpectedRepair = { gives: 'sound', trust: 'edited', with: 'source' };
const originalFromSource: ExpectedRepair = { gives: 'original', trust: 'edited', with: 'source' };

const tokensKey = 'tokenizer.ggml.tokens';
const typesKey = 'tokenizer.ggml.token_type';
const mergesKey = 'tokenizer.ggml.merges';
const preKey = 'tokenizer.ggml.pre';
const endKey = 'tokenizer.ggml.eos_token_id';
const templateKey = 'tokenizer.chat_template';
const normal = 1;

/** Texts of an array entry, changed. */
function withTexts(key: string, change: (texts: readonly string[]) => readonly string[]) {
  return (entries: readonly GgufEntry[]) =>
    entries.map((entry) =>
      entry.key === key && entry.value.type === 'array' && entry.value.elementType === 'string'
        ? stringArrayEntry(key, change(entry.value.value))
        : entry,
    );
}

const replaced = (index: number, text: string) => (texts: readonly string[]) =>
  texts.map((old, at) => (at === index ? text : old));

function template(
  sentence: string,
  code: DamageKind['codes'][number],
  text: string,
  rest: Partial<DamageKind> = {},
): DamageKind {
  return metadataDamage(withValue(stringEntry(templateKey, text)), {
    sentence,
    codes: [code],
    keys: [templateKey],
    repair: originalFromSource,
    ...rest,
  });
}

const turns = (start: string, end: string) =>
  `{% for message in messages %}{{ '${start}' + message['role'] + '\n' + message['content'] + '${end}\n' }}{% endfor %}`;
const prompt = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export const vocabularyDamages: DamageTable = {
  'tokenizer-missing': metadataDamage(
    (entries) => entries.filter(({ key }) => !key.startsWith('tokenizer.')),
    {
      sentence: 'has no tokenizer',
      codes: ['tokenizer/missing'],
      repair: fromSource,
    },
  ),
  'tokens-missing': metadataDamage(without(tokensKey), {
    sentence: 'has a tokenizer without tokens',
    codes: ['tokenizer/missing'],
    keys: [tokensKey],
    repair: fromSource,
  }),
  'model-unknown': metadataDamage(withValue(stringEntry('tokenizer.ggml.model', 'gpt3')), {
    sentence: 'says a kind of tokenizer that does not exist',
    codes: ['tokenizer/model'],
    keys: ['tokenizer.ggml.model'],
    repair: original,
  }),
  'tokens-less': metadataDamage(
    (entries) =>
      withNumbers(typesKey, (types) => types.slice(0, 4_000))(
        withTexts(tokensKey, (tokens) => tokens.slice(0, 4_000))(entries),
      ),
    {
      sentence: 'has fewer tokens than embeddings',
      codes: ['tokenizer/token-count', 'tokenizer/merges'],
      repair: fromSource,
    },
  ),
  'tokens-more': metadataDamage(
    (entries) =>
      withNumbers(typesKey, (types) => Int32Array.from([...types, normal, normal]))(
        withTexts(tokensKey, (tokens) => [...tokens, 'more1', 'more2'])(entries),
      ),
    {
      sentence: 'has more tokens than embeddings',
      codes: ['tokenizer/token-count'],
      repair: fromSource,
    },
  ),
  'types-short': metadataDamage(
    withNumbers(typesKey, (types) => types.slice(0, 100)),
    {
      sentence: 'has types for the first 100 tokens only',
      codes: ['tokenizer/token-count'],
      keys: [typesKey],
      repair: fromSource,
    },
  ),
  'types-normal': metadataDamage(
    withNumbers(typesKey, (types) => types.fill(normal)),
    {
      sentence: 'has no control token',
      codes: ['tokenizer/token-types'],
      keys: [typesKey],
      repair: original,
    },
  ),
  'types-end-normal': metadataDamage(
    withNumbers(typesKey, (types) => {
      types[2] = normal;
      return types;
    }),
    {
      sentence: 'has the token that ends a turn as a normal one',
      codes: ['tokenizer/token-types'],
      keys: [typesKey],
      repair: original,
    },
  ),
  'types-unknown': metadataDamage(
    withNumbers(typesKey, (types) => {
      types[900] = 77;
      return types;
    }),
    {
      sentence: 'has a token of a type that does not exist',
      codes: ['tokenizer/token-types'],
      keys: [typesKey],
      repair: original,
    },
  ),
  'token-twice': metadataDamage(
    withTexts(tokensKey, (tokens) => replaced(601, tokens[600] ?? '')(tokens)),
    {
      sentence: 'has a token twice',
      codes: ['tokenizer/tokens'],
      keys: [tokensKey],
      repair: original,
    },
  ),
  'token-empty': metadataDamage(withTexts(tokensKey, replaced(601, '')), {
    sentence: 'has an empty token',
    codes: ['tokenizer/tokens'],
    keys: [tokensKey],
    repair: original,
  }),
  'byte-missing': metadataDamage(withTexts(tokensKey, replaced(40, 'zqzqzqzq')), {
    sentence: 'has no token for one of the letters',
    codes: ['tokenizer/tokens'],
    repair: original,
  }),
  'scores-missing': metadataDamage(without('tokenizer.ggml.scores'), {
    base: 'sentencepiece',
    sentence: 'has a SentencePiece vocabulary without scores',
    codes: ['tokenizer/scores'],
    keys: ['tokenizer.ggml.scores'],
    repair: 'none',
  }),
  'scores-not-finite': metadataDamage(
    (entries) =>
      entries.map((entry) =>
        entry.key === 'tokenizer.ggml.scores' && entry.value.type === 'array'
          ? float32ArrayEntry(entry.key, new Float32Array(entry.value.value.length).fill(NaN))
          : entry,
      ),
    {
      base: 'sentencepiece',
      sentence: 'has scores that are not numbers',
      codes: ['tokenizer/scores'],
      keys: ['tokenizer.ggml.scores'],
      repair: 'none',
    },
  ),
  'merges-missing': metadataDamage(without(mergesKey), {
    sentence: 'has no merges',
    codes: ['tokenizer/merges'],
    keys: [mergesKey],
    repair: fromSource,
  }),
  'merges-broken': metadataDamage(withTexts(mergesKey, replaced(700, 'nospace')), {
    sentence: 'has a merge of one half',
    codes: ['tokenizer/merges'],
    keys: [mergesKey],
    repair: originalFromSource,
  }),
  'merges-foreign': metadataDamage(withTexts(mergesKey, replaced(700, '世 界')), {
    sentence: 'has a merge of tokens that it does not have',
    codes: ['tokenizer/merges'],
    keys: [mergesKey],
    repair: originalFromSource,
  }),
  'end-outside': metadataDamage(withValue(uint32Entry(endKey, 99_999)), {
    sentence: 'ends turns with a token that does not exist',
    codes: ['tokenizer/special-id'],
    keys: [endKey],
    repair: original,
  }),
  'start-outside': metadataDamage(withValue(uint32Entry('tokenizer.ggml.bos_token_id', 4_096)), {
    sentence: 'begins texts with a token that does not exist',
    codes: ['tokenizer/special-id'],
    keys: ['tokenizer.ggml.bos_token_id'],
    repair: originalFromSource,
  }),
  'end-wrong': metadataDamage(withValue(uint32Entry(endKey, 0)), {
    sentence: 'ends turns with the end of texts though its template ends them with <|im_end|>',
    codes: ['tokenizer/end-token'],
    keys: [endKey],
    repair: original,
  }),
  'pre-missing': metadataDamage(without(preKey), {
    sentence: 'does not say how texts are cut before merging',
    codes: ['tokenizer/pre-missing'],
    keys: [preKey],
    repair: edited,
  }),
  'pre-unknown': metadataDamage(withValue(stringEntry(preKey, 'seedling-bpe')), {
    sentence: 'says a pre-tokenizer that llama.cpp does not know',
    codes: ['tokenizer/pre-unknown'],
    keys: [preKey],
    repair: original,
  }),
  'pre-wrong': metadataDamage(withValue(stringEntry(preKey, 'llama-bpe')), {
    sentence: 'says the pre-tokenizer of another family',
    compareWith: 'source',
    codes: ['tokenizer/pre-wrong'],
    keys: [preKey],
    repair: originalFromSource,
  }),
  'tokens-differ': metadataDamage(
    withTexts(tokensKey, (tokens) => {
      const changed = [...tokens];
      [changed[500], changed[501]] = [changed[501] ?? '', changed[500] ?? ''];
      return changed;
    }),
    {
      sentence: 'has two tokens in each other’s place, and its source is given',
      compareWith: 'source',
      codes: ['tokenizer/differs'],
      keys: [tokensKey],
      repair: originalFromSource,
    },
  ),

  'template-missing': metadataDamage(without(templateKey), {
    sentence: 'has no chat template though its source has one',
    compareWith: 'source',
    codes: ['template/missing'],
    keys: [templateKey],
    repair: fromSource,
  }),
  'template-syntax': template('has a chat template that does not parse', 'template/syntax', "{% for message in messages %}{{ message['content'] }"), // prettier-ignore
  'template-rendering': template('has a chat template that refuses every conversation', 'template/rendering', "{{ raise_exception('no') }}"), // prettier-ignore
  'template-ending': template(
    'has a chat template that ends no answer',
    'template/ending',
    `${turns('<|im_start|>', '')}${prompt}`,
  ),
  'template-no-prompt': template(
    'has a chat template that does not begin the answer',
    'template/ending',
    turns('<|im_start|>', '<|im_end|>'),
  ),
  'template-tokens': template(
    'has a chat template with marks that are no tokens',
    'template/tokens',
    `${turns('<|start|>', '<|end|>')}{% if add_generation_prompt %}{{ '<|start|>assistant\n' }}{% endif %}`,
  ),
  'template-differs': template(
    'has another chat template than its source',
    'template/differs',
    `${turns('<|im_start|> ', '<|im_end|>')}${prompt}`,
    { compareWith: 'source' },
  ),
};
