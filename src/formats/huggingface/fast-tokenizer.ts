// The tokenizer that `AutoTokenizer.from_pretrained` of transformers 4.57 makes of a folder, as data: which token has
// which id and flags, and tokenizer.json's rules. The reference converter asks that library, so its numbering of added
// tokens and its reading order of tokenizer_config.json, special_tokens_map.json and added_tokens.json are kept
// (tokenization_utils_base.py, _from_pretrained; tokenization_utils_fast.py, __init__).
import { StudioError } from '#src/errors/studio-error.ts';
import { createAddedVocabulary, plainAddedToken, type AddedToken } from './added-vocabulary.ts';
import { booleanField, isJsonObject, jsonField, objectField, stringField, type JsonObject, type JsonValue } from './json.ts'; // prettier-ignore
import { buildTokenizerDefinition } from './slow-tokenizer.ts';
import { specialTokenRoles, tokenizerClassOf, type SpecialTokenRole, type TokenizerClass } from './tokenizer-class.ts'; // prettier-ignore
import type { TokenizerFiles } from './tokenizer-files.ts';

export interface FastTokenizer {
  /** How messages name the folder. */
  readonly label: string;
  readonly tokenizerClass: TokenizerClass;
  /** tokenizer_config.json */
  readonly settings?: JsonObject;
  /** In the shape of tokenizer.json; made from vocab.json and merges.txt or from vocab.txt where there is none. */
  readonly definition: JsonObject;
  /** The model's own tokens (`vocab_size` of transformers is its size). */
  readonly modelVocabulary: ReadonlyMap<string, number>;
  /** Added tokens by id; an id may be inside the model's vocabulary. */
  readonly added: ReadonlyMap<number, AddedToken>;
  /** Contents of bos_token, eos_token and so on, defaults of the class included. */
  readonly special: ReadonlyMap<SpecialTokenRole, string>;
  /** All contents that transformers counts as special. */
  readonly allSpecial: ReadonlySet<string>;
  readonly cleanUpSpaces: boolean;
}

/** More than any real id; a larger one in a file would only serve to exhaust memory. */
const maximumTokenId = 2 ** 21;

/** Throws `tokenizer/unsupported` when no tokenizer file is there or its model is not BPE or WordPiece. */
export function loadFastTokenizer(files: TokenizerFiles): FastTokenizer {
  const tokenizerClass = tokenizerClassOf(files.tokenizerConfig, files.config);
  const definition = files.tokenizer ?? buildTokenizerDefinition(files, tokenizerClass);
  const modelVocabulary = readModelVocabulary(definition, files.label);
  const vocabulary = createAddedVocabulary(modelVocabulary);
  vocabulary.add(addedTokensOf(definition, files.label));

  const specials = readSpecialTokens(files, tokenizerClass);
  vocabulary.add(tokensToAdd(vocabulary.byId, specials));
  return {
    label: files.label,
    tokenizerClass,
    ...(files.tokenizerConfig === undefined ? {} : { settings: files.tokenizerConfig }),
    definition,
    modelVocabulary,
    added: vocabulary.byId,
    special: specials.byRole,
    allSpecial: new Set(specials.all.map(({ content }) => content)),
    // Slow BERT tokenizers, which fast ones are made from without tokenizer.json, clean up by default.
    cleanUpSpaces:
      booleanField(files.tokenizerConfig, 'clean_up_tokenization_spaces') ??
      (files.tokenizer === undefined && files.wordPieces !== undefined),
  };
}

/** All tokens: the model's and the added ones, content by id. Throws when two share an id. */
export function tokensById(tokenizer: FastTokenizer): Map<number, string> {
  const contents = new Map<string, number>(tokenizer.modelVocabulary);
  for (const [id, { content }] of tokenizer.added) contents.set(content, id);
  const byId = new Map<number, string>();
  for (const [content, id] of contents) {
    const other = byId.get(id);
    if (other !== undefined) {
      throw new StudioError(
        'huggingface/invalid',
        `${tokenizer.label}: tokens ${JSON.stringify(other)} and ${JSON.stringify(content)} both have id ${id}.`,
        { details: { id, tokens: [other, content] } },
      );
    }
    byId.set(id, content);
  }
  return byId;
}

function readModelVocabulary(definition: JsonObject, label: string): Map<string, number> {
  const model = objectField(definition, 'model');
  const type = stringField(model, 'type');
  const vocabulary = jsonField(model, 'vocab');
  if ((type !== 'BPE' && type !== 'WordPiece') || !isJsonObject(vocabulary)) {
    throw new StudioError(
      'tokenizer/unsupported',
      `${label}: the tokenizer's model is ${JSON.stringify(type ?? null)}; only BPE and WordPiece are converted.`,
      { hint: 'Unigram tokenizers (XLM-RoBERTa, T5) are not supported.' },
    );
  }
  const entries = Object.entries(vocabulary).map(([content, id]) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > maximumTokenId) {
      throw new StudioError(
        'huggingface/invalid',
        `${label}: token ${JSON.stringify(content)} has the id ${JSON.stringify(id)}.`,
      );
    }
    checkText(content, label);
    return [content, id] as const;
  });
  return new Map(entries);
}

/** JSON may hold half of a surrogate pair, which no file can: two such tokens would become one. */
function checkText(content: string, label: string): void {
  if (!/\p{Surrogate}/u.test(content)) return;
  throw new StudioError(
    'huggingface/invalid',
    `${label}: the token ${JSON.stringify(content)} is not valid Unicode text.`,
  );
}

function addedTokensOf(definition: JsonObject, label: string): AddedToken[] {
  const added = jsonField(definition, 'added_tokens');
  if (!Array.isArray(added)) return [];
  return (added as readonly JsonValue[]).map((token) => toAddedToken(token, label));
}

function toAddedToken(value: JsonValue, label: string, special?: boolean): AddedToken {
  const content = typeof value === 'string' ? value : stringField(value, 'content');
  if (content === undefined) {
    throw new StudioError('huggingface/invalid', `${label}: an added token has no content.`);
  }
  checkText(content, label);
  const plain = plainAddedToken(content, special ?? booleanField(value, 'special') ?? false);
  return {
    ...plain,
    normalized: booleanField(value, 'normalized') ?? plain.normalized,
    singleWord: booleanField(value, 'single_word') ?? false,
    leftStrip: booleanField(value, 'lstrip') ?? false,
    rightStrip: booleanField(value, 'rstrip') ?? false,
  };
}

interface SpecialTokens {
  readonly byRole: ReadonlyMap<SpecialTokenRole, string>;
  /** Named special tokens in transformers' order. A plain string is added only when it is not an added token yet. */
  readonly all: readonly { readonly content: string; readonly token?: AddedToken }[];
  /** `added_tokens_decoder`, by id ascending. */
  readonly decoder: readonly AddedToken[];
}

function readSpecialTokens(files: TokenizerFiles, tokenizerClass: TokenizerClass): SpecialTokens {
  const settings = new Map<string, JsonValue>(Object.entries(tokenizerClass.defaults));
  for (const [key, value] of Object.entries(files.tokenizerConfig ?? {})) settings.set(key, value);
  const explicitDecoder = objectField(files.tokenizerConfig, 'added_tokens_decoder');
  if (explicitDecoder === undefined) {
    for (const [key, value] of Object.entries(files.specialTokensMap ?? {})) {
      settings.set(key, isJsonObject(value) ? { ...value, special: true } : value);
    }
  }
  const padding = stringField(jsonField(files.tokenizer, 'padding'), 'pad_token');
  if (padding !== undefined && !settings.has('pad_token')) settings.set('pad_token', padding);
  const decoder = explicitDecoder
    ? decoderTokens(explicitDecoder, files.label)
    : legacyDecoderTokens(files, settings);
  const known = new Map(decoder.map((token) => [token.content, token] as const));

  const byRole = new Map<SpecialTokenRole, string>();
  const all = new Map<string, { content: string; token?: AddedToken }>();
  const name = (value: JsonValue | undefined, role?: SpecialTokenRole): void => {
    const token = isJsonObject(value) ? toAddedToken(value, files.label) : undefined;
    const content = token?.content ?? (typeof value === 'string' ? value : undefined);
    if (content === undefined || content === '') return;
    if (role !== undefined) byRole.set(role, content);
    const object = token ?? (role === undefined ? undefined : known.get(content));
    if (!all.has(content)) all.set(content, object ? { content, token: object } : { content });
  };
  for (const role of specialTokenRoles) name(settings.get(role), role);
  const additional = settings.get('additional_special_tokens');
  for (const value of Array.isArray(additional) ? (additional as JsonValue[]) : []) name(value);
  const extra = settings.get('extra_special_tokens');
  // An object by name as of transformers 4, a list as of 5.
  for (const value of typeof extra === 'object' && extra !== null ? Object.values(extra) : []) {
    name(value);
  }
  return { byRole, all: [...all.values()], decoder };
}

function decoderTokens(decoder: JsonObject, label: string): AddedToken[] {
  return Object.entries(decoder)
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, token]) => toAddedToken(token, label));
}

/** Without `added_tokens_decoder`: added_tokens.json by id, each entry replaced by tokenizer.json's of the same id. */
function legacyDecoderTokens(
  files: TokenizerFiles,
  settings: ReadonlyMap<string, JsonValue>,
): AddedToken[] {
  const named = new Set<string>();
  const remember = (value: JsonValue | undefined): void => {
    const content = typeof value === 'string' ? value : stringField(value, 'content');
    if (content !== undefined) named.add(content);
  };
  for (const role of specialTokenRoles) remember(settings.get(role));
  const additional = settings.get('additional_special_tokens');
  for (const value of Array.isArray(additional) ? (additional as JsonValue[]) : []) remember(value);

  const byId = new Map<number, AddedToken>();
  for (const [content, id] of Object.entries(files.addedTokens ?? {})) {
    const special = named.has(content);
    if (typeof id === 'number') byId.set(id, plainAddedToken(content, special));
  }
  const added = jsonField(files.tokenizer, 'added_tokens');
  for (const token of Array.isArray(added) ? (added as readonly JsonValue[]) : []) {
    const id = jsonField(token, 'id');
    if (typeof id === 'number') byId.set(id, toAddedToken(token, files.label));
  }
  return [...byId].sort(([left], [right]) => left - right).map(([, token]) => token);
}

/** What PreTrainedTokenizerFast.__init__ passes to `add_tokens`, in its order. */
function tokensToAdd(
  present: ReadonlyMap<number, AddedToken>,
  specials: SpecialTokens,
): AddedToken[] {
  const contents = new Set(specials.all.map(({ content }) => content));
  const encoder = new Set([...present.values()].map(({ content }) => content));
  for (const token of specials.decoder) encoder.add(token.content);
  const missing = specials.all
    .filter(({ content, token }) => token !== undefined || !encoder.has(content))
    .map(({ content, token }) => token ?? plainAddedToken(content, true));
  return [...specials.decoder, ...missing].map((token) => ({
    ...token,
    special: token.special || contents.has(token.content),
  }));
}
