// Tiny but complete tokenizers for test folders: byte-level BPE as tokenizer.json or vocab.json + merges.txt,
// SentencePiece models as protobuf bytes, WordPiece. Deterministic, a few hundred tokens each.
import { concatenate } from './build-pytorch-checkpoint.ts';

export type FolderFiles = Record<string, Uint8Array | string | object>;

/** Pairs that every small BPE here merges, in order. */
const merges = [
  ['t', 'h'], ['th', 'e'], ['Ġ', 'the'], ['i', 'n'], ['e', 'r'], ['a', 'n'], ['o', 'n'], ['Ġ', 'a'], ['Ġ', 's'],
  ['r', 'e'], ['Ġa', 'n'], ['an', 'd'], ['in', 'g'], ['Ġ', 'w'], ['o', 'r'], ['Ġw', 'or'], ['l', 'd'], ['Ġwor', 'ld'],
] as const; // prettier-ignore

/** GPT-2's printable stand-ins of the 256 bytes. */
function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(isPrintable(byte) ? byte : next++),
  );
}

/** Token to id: bytes, merged pairs; special tokens follow. */
function bytePairVocabulary(): Record<string, number> {
  const tokens = [...byteCharacters().sort(), ...merges.map(([left, right]) => left + right)];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** Tokens of a byte-level vocabulary before special ones. */
export const bytePairSize = 256 + merges.length;

export type BytePairStyle = 'gpt2' | 'llama3' | 'qwen2';

const splitPatterns: Record<Exclude<BytePairStyle, 'gpt2'>, string> = {
  llama3:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  qwen2:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};

/** tokenizer.json and tokenizer_config.json of a byte-level BPE with `special` tokens behind the vocabulary. */
export function bytePairTokenizer(style: BytePairStyle, special: readonly string[]): FolderFiles {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const added = special.map((content, index) => ({
    id: bytePairSize + index,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const [first = ''] = special;
  return {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: style === 'qwen2' ? { type: 'NFC' } : null,
      pre_tokenizer:
        style === 'gpt2'
          ? { ...byteLevel, use_regex: true }
          : {
              type: 'Sequence',
              pretokenizers: [
                {
                  type: 'Split',
                  pattern: { Regex: splitPatterns[style] },
                  behavior: 'Isolated',
                  invert: false,
                },
                { ...byteLevel, use_regex: false },
              ],
            },
      post_processor:
        style === 'llama3'
          ? {
              type: 'Sequence',
              processors: [
                { ...byteLevel, use_regex: true },
                templateProcessing(first, bytePairSize),
              ],
            }
          : { ...byteLevel, use_regex: true },
      decoder: { ...byteLevel, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: style === 'llama3',
        vocab: bytePairVocabulary(),
        merges: merges.map(([left, right]) => `${left} ${right}`),
      },
    },
    'tokenizer_config.json': {
      added_tokens_decoder: Object.fromEntries(
        added.map(({ id, ...token }) => [String(id), token]),
      ),
      ...(style === 'llama3' ? { bos_token: first } : {}),
      eos_token: special[1] ?? first,
      pad_token: special[2] ?? first,
      model_max_length: 1024,
      tokenizer_class: style === 'qwen2' ? 'Qwen2Tokenizer' : 'PreTrainedTokenizerFast',
      chat_template:
        "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}",
    },
  };
}

function templateProcessing(token: string, id: number): object {
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: name === 'A' ? 0 : 1 } });
  const start = (type: number) => ({ SpecialToken: { id: token, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [start(0), sequence('A')],
    pair: [start(0), sequence('A'), start(1), sequence('B')],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

/** vocab.json and merges.txt as GPT-2 and DialoGPT are published; the one special token is the last. */
export function slowBytePairTokenizer(): FolderFiles {
  return {
    'vocab.json': { ...bytePairVocabulary(), '<|endoftext|>': bytePairSize },
    'merges.txt': `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`,
    'tokenizer_config.json': { model_max_length: 1024 },
  };
}

const pieceKinds = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

/** Pieces of the small SentencePiece vocabulary: <unk>, <s>, </s>, 256 bytes, letters, some words. */
function sentencePieces(control: readonly string[]): [string, number, number][] {
  const bytes = Array.from({ length: 256 }, (_, byte): [string, number, number] => [
    `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    0,
    pieceKinds.byte,
  ]);
  const words = ['▁', '▁t', 'he', '▁the', 'in', '▁a', 'er', '▁w', 'or', '▁wor', 'ld', '▁world'];
  const letters = [...'etaoinshrdlucmfwypvbgkqjxz.,!?0123456789'];
  return [
    ...control.map((piece): [string, number, number] => [
      piece,
      0,
      piece === '<unk>' ? pieceKinds.unknown : pieceKinds.control,
    ]),
    ...bytes,
    ...words.map((word, index): [string, number, number] => [word, -index, pieceKinds.normal]),
    ...letters.map((letter, index): [string, number, number] => [
      letter,
      -(words.length + index),
      pieceKinds.normal,
    ]),
  ];
}

export interface SentencePieceOptions {
  /** In order of ids; one of them is `<unk>`. */
  readonly control?: readonly string[];
  readonly tokenizerClass: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Pieces in the model when `control` has three entries. */
export const sentencePieceSize = 3 + 256 + 12 + 40;

/** tokenizer.model and tokenizer_config.json. */
export function sentencePieceTokenizer(options: SentencePieceOptions): FolderFiles {
  const control = options.control ?? ['<unk>', '<s>', '</s>'];
  const pieces = sentencePieces(control).map(([text, score, kind]) =>
    message(1, [
      ...field(1, 2, lengthPrefixed(new TextEncoder().encode(text))),
      ...field(2, 5, [...new Uint8Array(Float32Array.of(score).buffer)]),
      ...field(3, 0, varint(kind)),
    ]),
  );
  const trainer = message(2, [
    ...field(3, 0, varint(2)),
    ...field(4, 0, varint(pieces.length)),
    ...field(35, 0, varint(1)),
    ...field(40, 0, varint(control.indexOf('<unk>'))),
    ...field(41, 0, varint(Math.max(0, control.indexOf('<s>'), control.indexOf('<bos>')))),
    ...field(42, 0, varint(Math.max(0, control.indexOf('</s>'), control.indexOf('<eos>')))),
  ]);
  const normalizer = message(3, [
    ...field(1, 2, lengthPrefixed(new TextEncoder().encode('identity'))),
    ...field(3, 0, varint(1)),
    ...field(4, 0, varint(0)),
  ]);
  return {
    'tokenizer.model': concatenate([...pieces, trainer, normalizer].map((part) => Uint8Array.from(part))), // prettier-ignore
    'tokenizer_config.json': {
      tokenizer_class: options.tokenizerClass,
      model_max_length: 4096,
      ...options.config,
    },
  };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function field(number: number, wireType: number, value: readonly number[]): number[] {
  return [...varint((number << 3) | wireType), ...value];
}

function lengthPrefixed(bytes: Uint8Array | readonly number[]): number[] {
  return [...varint(bytes.length), ...bytes];
}

function message(number: number, fields: readonly number[]): number[] {
  return field(number, 2, lengthPrefixed(fields));
}

const wordPieces = [
  '[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...'abcdefghijklmnopqrstuvwxyz0123456789.,!?',
  ...[...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `##${letter}`), 'the', 'and', 'world', '##ing', '##er', 'heart', '##s',
]; // prettier-ignore

export const wordPieceSize = wordPieces.length;

/** vocab.txt, tokenizer.json and tokenizer_config.json of a WordPiece tokenizer. */
export function wordPieceTokenizer(): FolderFiles {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const added = special.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const part = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const ids = (token: string) => ({ id: token, ids: [special.indexOf(token)], tokens: [token] });
  return {
    'vocab.txt': `${wordPieces.join('\n')}\n`,
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [part('[CLS]', 0), sequence('A', 0), part('[SEP]', 0)],
        pair: [
          part('[CLS]', 0),
          sequence('A', 0),
          part('[SEP]', 0),
          sequence('B', 1),
          part('[SEP]', 1),
        ],
        special_tokens: { '[CLS]': ids('[CLS]'), '[SEP]': ids('[SEP]') },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(wordPieces.map((token, id) => [token, id])),
      },
    },
    'tokenizer_config.json': {
      added_tokens_decoder: Object.fromEntries(
        added.map(({ id, ...token }) => [String(id), token]),
      ),
      cls_token: '[CLS]',
      do_lower_case: true,
      mask_token: '[MASK]',
      model_max_length: 64,
      pad_token: '[PAD]',
      sep_token: '[SEP]',
      strip_accents: null,
      tokenize_chinese_chars: true,
      tokenizer_class: 'BertTokenizer',
      unk_token: '[UNK]',
    },
  };
}
