// gguf-py's SpecialVocab (gguf/vocab.py): merges, special token ids, which of them are added to a text, the chat template
// and the normalizer's flags, in the order in which add_to_gguf writes them.
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { boolEntry, stringArrayEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { arrayField, isJsonObject, jsonField, objectField, stringField, type JsonObject, type JsonValue } from '#src/formats/huggingface/json.ts'; // prettier-ignore
import { readMerges } from '#src/formats/huggingface/read-merges.ts';
import { chatTemplateEntries } from './chat-template.ts';
import { mergeEntries } from './merge-entries.ts';
import { parsePostProcessor } from './post-processor.ts';
import type { VocabularySource } from './vocabulary-source.ts';

export interface SpecialVocabularyOptions {
  /** Write `tokenizer.ggml.merges`. */
  readonly withMerges?: boolean;
  /** Ids at or above are ignored. */
  readonly vocabularySize?: number;
  /** The kinds of special token to look for. */
  readonly kinds?: readonly string[];
  /** Ids for kinds that the files do not give (CodeLlama's infill tokens). */
  readonly presetIds?: Readonly<Record<string, number>>;
}

const defaultKinds = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];

/** The kinds that GGUF has a key for; gguf-py skips the others with a warning. */
const idKeys: Readonly<Record<string, string>> = {
  bos: 'tokenizer.ggml.bos_token_id',
  eos: 'tokenizer.ggml.eos_token_id',
  unk: 'tokenizer.ggml.unknown_token_id',
  sep: 'tokenizer.ggml.seperator_token_id',
  pad: 'tokenizer.ggml.padding_token_id',
  mask: 'tokenizer.ggml.mask_token_id',
  eot: 'tokenizer.ggml.eot_token_id',
  eom: 'tokenizer.ggml.eom_token_id',
};

const addKeys: Readonly<Record<string, string>> = {
  bos: 'tokenizer.ggml.add_bos_token',
  eos: 'tokenizer.ggml.add_eos_token',
  sep: 'tokenizer.ggml.add_sep_token',
};

export function specialVocabularyEntries(
  source: VocabularySource,
  options: SpecialVocabularyOptions = {},
): GgufEntry[] {
  const { files } = source;
  const merges = options.withMerges ? readMerges(files) : [];
  const found = findSpecialTokens(source, options);
  const ids = [...found.ids].map(([kind, id]) =>
    entryOf(idKeys, kind, (key) => uint32Entry(key, id)),
  );
  const added = [...found.added].map(([kind, value]) =>
    entryOf(addKeys, kind, (key) => boolEntry(key, value)),
  );
  return mergeEntries(
    merges.length > 0 ? [stringArrayEntry('tokenizer.ggml.merges', merges)] : [],
    ids.flat(),
    added.flat(),
    chatTemplateEntries(files),
    normalizerEntries(jsonField(files.tokenizer, 'normalizer')),
  );
}

function entryOf(
  keys: Readonly<Record<string, string>>,
  kind: string,
  make: (key: string) => GgufEntry,
): GgufEntry[] {
  const key = Object.hasOwn(keys, kind) ? keys[kind] : undefined;
  return key === undefined ? [] : [make(key)];
}

interface FoundSpecialTokens {
  /** In the order of finding. */
  readonly ids: ReadonlyMap<string, number>;
  readonly added: ReadonlyMap<string, boolean>;
}

function findSpecialTokens(
  source: VocabularySource,
  options: SpecialVocabularyOptions,
): FoundSpecialTokens {
  const { files } = source;
  const ids = new Map<string, number>();
  const setId = (kind: string, id: JsonValue | undefined): void => {
    if (typeof id !== 'number' || !Number.isInteger(id) || ids.has(kind)) return;
    if (id >= 0 && (options.vocabularySize === undefined || id < options.vocabularySize)) {
      ids.set(kind, id);
      return;
    }
    source.options.onNotice?.(
      `The special token ${kind} has the id ${id}, which is not in the vocabulary; it is left out.`,
    );
  };

  let kinds = options.kinds ?? defaultKinds;
  let added = new Map<string, boolean>();
  let settings: ReadonlyMap<string, JsonValue> = new Map(
    Object.entries(files.tokenizerConfig ?? {}),
  );
  if (files.tokenizer !== undefined) {
    const parsed = parsePostProcessor(files.tokenizer, settings, kinds);
    ({ kinds, settings } = parsed);
    added = new Map(parsed.added);
  }
  if (settings.size > 0) {
    const addedTokens = arrayField(files.tokenizer, 'added_tokens');
    for (const kind of kinds) {
      const isAdded = settings.get(`add_${kind}_token`);
      if (typeof isAdded === 'boolean') added.set(kind, isAdded);
      const value = settings.get(`${kind}_token`);
      const content = typeof value === 'string' ? value : stringField(value, 'content');
      if (content === undefined) continue;
      const token = addedTokens.find((candidate) => jsonField(candidate, 'content') === content);
      setId(kind, jsonField(token, 'id'));
    }
  }
  setIdsOfConfig(files.config, kinds, setId);
  for (const [kind, id] of Object.entries(options.presetIds ?? {})) setId(kind, id);
  return { ids, added };
}

function setIdsOfConfig(
  config: JsonObject | undefined,
  kinds: readonly string[],
  setId: (kind: string, id: JsonValue | undefined) => void,
): void {
  for (const kind of kinds) {
    const name = `${kind}_token_id`;
    setId(kind, jsonField(config, name) ?? jsonField(objectField(config, 'text_config'), name));
  }
}

/** SpecialVocab._parse_normalizer: the last rule that says something wins. */
function normalizerEntries(normalizer: JsonValue | undefined): GgufEntry[] {
  let lowercase: JsonValue | undefined;
  let stripAccents: JsonValue | undefined;
  const visit = (rule: JsonValue | undefined): void => {
    if (!isJsonObject(rule)) return;
    switch (stringField(rule, 'type')) {
      case 'Lowercase':
        lowercase = true;
        break;
      case 'StripAccents':
        stripAccents = true;
        break;
      case 'BertNormalizer':
        lowercase =
          jsonField(rule, 'lowercase') ?? (Object.hasOwn(rule, 'lowercase') ? null : lowercase);
        stripAccents =
          jsonField(rule, 'strip_accents') ??
          (Object.hasOwn(rule, 'strip_accents') ? null : stripAccents);
        break;
      case 'Sequence':
        for (const inner of arrayField(rule, 'normalizers')) visit(inner);
        break;
      default:
    }
  };
  visit(normalizer);
  return [
    ...(typeof lowercase === 'boolean'
      ? [boolEntry('tokenizer.ggml.normalizer.lowercase', lowercase)]
      : []),
    ...(typeof stripAccents === 'boolean'
      ? [boolEntry('tokenizer.ggml.normalizer.strip_accents', stripAccents)]
      : []),
  ];
}
