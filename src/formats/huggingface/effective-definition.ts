// tokenizer.json as the tokenizer class of transformers changes it when it loads: some classes replace the
// post-processor by their own bos and eos rule, BERT classes set the normalizer by tokenizer_config.json, and all apply
// `add_prefix_space` to a byte-level pre-tokenizer (transformers 4.57, models/*/tokenization_*_fast.py).
import type { FastTokenizer } from './fast-tokenizer.ts';
import { booleanField, isJsonObject, jsonField, stringField, type JsonObject, type JsonValue } from './json.ts'; // prettier-ignore

/** Classes with update_post_processor, and whether they add bos when nothing is said. */
const addsBosByDefault: Readonly<Record<string, boolean>> = {
  LlamaTokenizer: true,
  CodeLlamaTokenizer: true,
  GemmaTokenizer: true,
  CohereTokenizer: true,
  GPTNeoXTokenizer: false,
};

const bertClasses = new Set(['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer', 'MobileBertTokenizer']); // prettier-ignore

/** The definition with which texts are encoded. */
export function effectiveDefinition(tokenizer: FastTokenizer): JsonObject {
  const { definition, settings, tokenizerClass } = tokenizer;
  const isBert = bertClasses.has(tokenizerClass.name);
  return {
    ...definition,
    added_tokens: [...tokenizer.added].map(([id, token]) => ({
      id,
      content: token.content,
      special: token.special,
      normalized: token.normalized,
      single_word: token.singleWord,
      lstrip: token.leftStrip,
      rstrip: token.rightStrip,
    })),
    normalizer: isBert
      ? bertNormalizer(jsonField(definition, 'normalizer'), settings)
      : (jsonField(definition, 'normalizer') ?? null),
    pre_tokenizer: withPrefixSpace(jsonField(definition, 'pre_tokenizer'), tokenizer),
    post_processor: Object.hasOwn(addsBosByDefault, tokenizerClass.name)
      ? classPostProcessor(tokenizer)
      : (jsonField(definition, 'post_processor') ?? null),
    decoder: jsonField(definition, 'decoder') ?? null,
  };
}

function classPostProcessor({ tokenizerClass, settings, special }: FastTokenizer): JsonObject {
  const addsBos =
    booleanField(settings, 'add_bos_token') ?? addsBosByDefault[tokenizerClass.name] ?? false;
  const addsEos = booleanField(settings, 'add_eos_token') ?? false;
  const around = (role: 'bos_token' | 'eos_token', added: boolean, typeId: number): JsonValue[] => {
    const id = special.get(role);
    return added && id !== undefined ? [{ SpecialToken: { id, type_id: typeId } }] : [];
  };
  const text = (id: string, typeId: number): JsonValue[] => [
    ...around('bos_token', addsBos, typeId),
    { Sequence: { id, type_id: typeId } },
    ...around('eos_token', addsEos, typeId),
  ];
  return {
    type: 'TemplateProcessing',
    single: text('A', 0),
    pair: [...text('A', 0), ...text('B', 1)],
    special_tokens: {},
  };
}

function bertNormalizer(
  normalizer: JsonValue | undefined,
  settings: JsonObject | undefined,
): JsonValue {
  if (!isJsonObject(normalizer) || stringField(normalizer, 'type') !== 'BertNormalizer') {
    return normalizer ?? null;
  }
  return {
    ...normalizer,
    lowercase: booleanField(settings, 'do_lower_case') ?? true,
    strip_accents: booleanField(settings, 'strip_accents') ?? null,
    handle_chinese_chars: booleanField(settings, 'tokenize_chinese_chars') ?? true,
  };
}

/** Only a pre-tokenizer that is not inside a sequence is changed. Llama classes have no default for it. */
function withPrefixSpace(
  preTokenizer: JsonValue | undefined,
  { settings, tokenizerClass }: FastTokenizer,
): JsonValue {
  const isLlama = /^(?:Code)?LlamaTokenizer$/.test(tokenizerClass.name);
  const setting = booleanField(settings, 'add_prefix_space') ?? (isLlama ? undefined : false);
  if (
    setting === undefined ||
    !isJsonObject(preTokenizer) ||
    booleanField(preTokenizer, 'add_prefix_space') === undefined
  ) {
    return preTokenizer ?? null;
  }
  return { ...preTokenizer, add_prefix_space: setting };
}
