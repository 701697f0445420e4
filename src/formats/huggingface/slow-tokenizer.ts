// Folders without tokenizer.json: the definition that transformers' convert_slow_tokenizer.py makes of vocab.json and
// merges.txt (GPT2Converter, Qwen2Converter) or of vocab.txt (BertConverter).
import { StudioError } from '#src/errors/studio-error.ts';
import { booleanField, integerField, jsonField, stringField, type JsonObject } from './json.ts';
import type { TokenizerClass } from './tokenizer-class.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

/** The split rule of Qwen2Converter. */
const qwen2Split =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Throws `tokenizer/unsupported` when the folder has no tokenizer of a known kind. */
export function buildTokenizerDefinition(
  files: TokenizerFiles,
  tokenizerClass: TokenizerClass,
): JsonObject {
  if (files.wordPieces !== undefined && isBertLike(tokenizerClass)) {
    return wordPieceDefinition(files, tokenizerClass);
  }
  if (files.vocabulary !== undefined && files.merges !== undefined) {
    return byteLevelDefinition(files, tokenizerClass);
  }
  throw new StudioError(
    'tokenizer/unsupported',
    `${files.label} has no tokenizer that can be converted: none of tokenizer.json, tokenizer.model, vocab.json with merges.txt, or vocab.txt.`,
    { hint: 'Put the tokenizer files of the model into the folder; they come with its weights.' },
  );
}

function isBertLike({ name }: TokenizerClass): boolean {
  return /^(?:Bert|DistilBert|Electra|MobileBert)Tokenizer$/.test(name);
}

function byteLevelDefinition(files: TokenizerFiles, tokenizerClass: TokenizerClass): JsonObject {
  const { name } = tokenizerClass;
  const isQwen2 = name === 'Qwen2Tokenizer';
  if (!isQwen2 && !/^(?:GPT2|CodeGen)Tokenizer$/.test(name)) {
    throw new StudioError(
      'tokenizer/unsupported',
      `${files.label}: vocab.json and merges.txt of a ${name} need a tokenizer.json beside them.`,
      {
        hint: 'Save the tokenizer once with transformers (save_pretrained) to get tokenizer.json.',
      },
    );
  }
  const addPrefixSpace = booleanField(files.tokenizerConfig, 'add_prefix_space') ?? false;
  const byteLevel = (useRegex: boolean) => ({
    type: 'ByteLevel',
    add_prefix_space: addPrefixSpace,
    trim_offsets: true,
    use_regex: useRegex,
  });
  return {
    added_tokens: [],
    normalizer: isQwen2 ? { type: 'NFC' } : null,
    pre_tokenizer: isQwen2
      ? {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Split', pattern: { Regex: qwen2Split }, behavior: 'Isolated', invert: false },
            byteLevel(false),
          ],
        }
      : byteLevel(true),
    post_processor: beginningOfText(files, tokenizerClass) ?? {
      type: 'ByteLevel',
      add_prefix_space: true,
      trim_offsets: false,
      use_regex: true,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: files.vocabulary ?? {},
      merges: mergePairs(files.merges ?? ''),
    },
  };
}

/** `add_bos_token` of a slow GPT-2 tokenizer: the text starts with its bos token. */
function beginningOfText(
  { tokenizerConfig, vocabulary }: TokenizerFiles,
  { name, defaults }: TokenizerClass,
): JsonObject | undefined {
  if (name !== 'GPT2Tokenizer' || !booleanField(tokenizerConfig, 'add_bos_token')) return undefined;
  const content =
    stringField(tokenizerConfig, 'bos_token') ??
    stringField(jsonField(tokenizerConfig, 'bos_token'), 'content') ??
    defaults.bos_token ??
    '';
  const id = integerField(vocabulary, content);
  if (id === undefined) return undefined;
  const first = { SpecialToken: { id: content, type_id: 0 } };
  const [a, b] = ['A', 'B'].map((sequence, typeId) => ({ Sequence: { id: sequence, type_id: typeId } })); // prettier-ignore
  return {
    type: 'TemplateProcessing',
    single: [first, a ?? null],
    pair: [first, a ?? null, b ?? null],
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  };
}

/** The first line is a comment and the last one empty, by the format's convention. */
function mergePairs(text: string): string[][] {
  return text
    .split(/\r\n|\r|\n/)
    .slice(1, -1)
    .map((line) => line.trim().split(/\s+/))
    .filter((pair) => pair.length === 2);
}

function wordPieceDefinition(files: TokenizerFiles, { defaults }: TokenizerClass): JsonObject {
  const lines = (files.wordPieces ?? '').split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocabulary = new Map(lines.map((token, id) => [token, id] as const));
  const config = files.tokenizerConfig;
  const special = (role: keyof typeof defaults) =>
    stringField(config, role) ?? defaults[role] ?? '';
  const id = (token: string) => vocabulary.get(token) ?? 0;
  const [classification, separator] = [special('cls_token'), special('sep_token')];
  const token = (content: string, typeId: number) => ({ SpecialToken: { id: content, type_id: typeId } }); // prettier-ignore
  return {
    added_tokens: [],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: booleanField(config, 'tokenize_chinese_chars') ?? true,
      strip_accents: jsonField(config, 'strip_accents') ?? null,
      lowercase: booleanField(config, 'do_lower_case') ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        token(classification, 0),
        { Sequence: { id: 'A', type_id: 0 } },
        token(separator, 0),
      ],
      pair: [
        token(classification, 0),
        { Sequence: { id: 'A', type_id: 0 } },
        token(separator, 0),
        { Sequence: { id: 'B', type_id: 1 } },
        token(separator, 1),
      ],
      special_tokens: Object.fromEntries(
        [classification, separator].map((content) => [
          content,
          { id: content, ids: [id(content)], tokens: [content] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: special('unk_token'),
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
}
