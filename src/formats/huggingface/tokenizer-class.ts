// Which tokenizer class the transformers library would load, and the special tokens that the class adds when the files
// name none (transformers 4.57, models/*/tokenization_*_fast.py and models/auto/tokenization_auto.py). They matter:
// a default that is missing from the vocabulary is appended to it.
import { stringField, type JsonObject } from './json.ts';

/** In the order in which transformers adds them. */
export const specialTokenRoles = [
  'bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token',
] as const; // prettier-ignore

export type SpecialTokenRole = (typeof specialTokenRoles)[number];

export interface TokenizerClass {
  /** Without `Fast`. */
  readonly name: string;
  readonly defaults: Readonly<Partial<Record<SpecialTokenRole, string>>>;
}

type Defaults = TokenizerClass['defaults'];

const endOfText: Defaults = { bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>' }; // prettier-ignore
const bert: Defaults = { unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]' }; // prettier-ignore
const sentencePiece: Defaults = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };
const roberta: Defaults = { ...sentencePiece, sep_token: '</s>', pad_token: '<pad>', cls_token: '<s>', mask_token: '<mask>' }; // prettier-ignore

const defaultsByClass: Readonly<Record<string, Defaults>> = {
  PreTrainedTokenizer: {},
  GPT2Tokenizer: endOfText,
  CodeGenTokenizer: endOfText,
  GPTNeoXTokenizer: endOfText,
  Qwen2Tokenizer: { eos_token: '<|endoftext|>', unk_token: '<|endoftext|>', pad_token: '<|endoftext|>' },
  LlamaTokenizer: sentencePiece,
  CodeLlamaTokenizer: sentencePiece,
  GemmaTokenizer: { bos_token: '<bos>', eos_token: '<eos>', unk_token: '<unk>', pad_token: '<pad>' },
  CohereTokenizer: { bos_token: '<BOS_TOKEN>', eos_token: '<|END_OF_TURN_TOKEN|>', unk_token: '<UNK>' },
  BloomTokenizer: { ...sentencePiece, pad_token: '<pad>' },
  BertTokenizer: bert,
  DistilBertTokenizer: bert,
  ElectraTokenizer: bert,
  MobileBertTokenizer: bert,
  MPNetTokenizer: { ...roberta, unk_token: '[UNK]' },
  RobertaTokenizer: roberta,
  XLMRobertaTokenizer: roberta,
}; // prettier-ignore

const classByModelType: Readonly<Record<string, string>> = {
  llama: 'LlamaTokenizer',
  mistral: 'LlamaTokenizer',
  phi3: 'LlamaTokenizer',
  qwen2: 'Qwen2Tokenizer',
  qwen3: 'Qwen2Tokenizer',
  gpt2: 'GPT2Tokenizer',
  gemma: 'GemmaTokenizer',
  gemma2: 'GemmaTokenizer',
  gemma3: 'GemmaTokenizer',
  gemma3_text: 'GemmaTokenizer',
  bert: 'BertTokenizer',
  distilbert: 'DistilBertTokenizer',
  roberta: 'RobertaTokenizer',
  mpnet: 'MPNetTokenizer',
  'xlm-roberta': 'XLMRobertaTokenizer',
};

/**
 * The class by tokenizer_config.json's `tokenizer_class`, else config.json's, else its `model_type`. An unknown class is
 * taken as the plain one, which adds nothing.
 */
export function tokenizerClassOf(
  tokenizerConfig: JsonObject | undefined,
  config: JsonObject | undefined,
): TokenizerClass {
  const named =
    stringField(tokenizerConfig, 'tokenizer_class') ?? stringField(config, 'tokenizer_class');
  const modelType = stringField(config, 'model_type') ?? '';
  const byType = Object.hasOwn(classByModelType, modelType)
    ? classByModelType[modelType]
    : undefined;
  const name = (named ?? byType ?? 'PreTrainedTokenizer').replace(/Fast$/, '');
  const defaults = Object.hasOwn(defaultsByClass, name) ? defaultsByClass[name] : undefined;
  return { name, defaults: defaults ?? {} };
}
