// What a tokenizer's decoder makes of one token alone. llama.cpp expects added tokens in this form, so the reference
// converter encodes and decodes each of them (conversion/base.py, get_vocab_base). Decoders follow the Hugging Face
// tokenizers library (src/decoders/*.rs).
import { StudioError } from '#src/errors/studio-error.ts';
import { byteOfByteLevelCharacter } from './byte-level.ts';
import { arrayField, booleanField, integerField, isJsonObject, jsonField, stringField, type JsonValue } from './json.ts'; // prettier-ignore

/** Decodes a single token. `decoder` is tokenizer.json's, null or undefined when there is none. */
export function decodeToken(
  content: string,
  decoder: JsonValue | undefined,
  cleanUpSpaces: boolean,
): string {
  const text = applyDecoder([content], decoder).join('');
  return cleanUpSpaces ? cleanUpTokenizationSpaces(text) : text;
}

function applyDecoder(tokens: readonly string[], decoder: JsonValue | undefined): string[] {
  if (!isJsonObject(decoder)) return [...tokens];
  const type = stringField(decoder, 'type');
  switch (type) {
    case 'ByteLevel':
      return [decodeByteLevel(tokens)];
    case 'WordPiece': {
      const cleanup = booleanField(decoder, 'cleanup') ?? true;
      return tokens.map((token) => (cleanup ? cleanUpWordPiece(token) : token));
    }
    case 'Metaspace':
      return tokens.map((token, index) => decodeMetaspace(token, index, decoder));
    case 'ByteFallback':
      return decodeByteFallback(tokens);
    case 'Fuse':
      return [tokens.join('')];
    case 'Strip':
      return tokens.map((token) => stripEnds(token, decoder));
    case 'Replace':
      return tokens.map((token) => replacePattern(token, decoder));
    case 'BPEDecoder': {
      const suffix = stringField(decoder, 'suffix') ?? '</w>';
      return tokens.map((token) => (suffix === '' ? token : token.replaceAll(suffix, '')));
    }
    case 'Sequence':
      return arrayField(decoder, 'decoders').reduce<string[]>(applyDecoder, [...tokens]);
    default:
      throw new StudioError(
        'tokenizer/unsupported',
        `tokenizer.json has a decoder of type ${JSON.stringify(type ?? null)}, which is not known here.`,
      );
  }
}

/** A token with a character outside the byte alphabet stands for itself. */
function decodeByteLevel(tokens: readonly string[]): string {
  const bytes = tokens.flatMap((token) => {
    const mapped = [...token].map((character) => byteOfByteLevelCharacter(character));
    return mapped.every((byte) => byte !== undefined)
      ? mapped
      : [...new TextEncoder().encode(token)];
  });
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function decodeMetaspace(token: string, index: number, decoder: JsonValue): string {
  const replacement = stringField(decoder, 'replacement') ?? '▁';
  const scheme =
    stringField(decoder, 'prepend_scheme') ??
    ((booleanField(decoder, 'add_prefix_space') ?? true) ? 'always' : 'never');
  const dropsFirst = index === 0 && scheme !== 'never' && token.startsWith(replacement);
  return (dropsFirst ? token.slice(replacement.length) : token).replaceAll(replacement, ' ');
}

function decodeByteFallback(tokens: readonly string[]): string[] {
  return tokens.map((token) => {
    const hexadecimal = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (hexadecimal === undefined) return token;
    return new TextDecoder().decode(Uint8Array.of(Number.parseInt(hexadecimal, 16)));
  });
}

function stripEnds(token: string, decoder: JsonValue): string {
  const content = stringField(decoder, 'content') ?? ' ';
  const characters = [...token];
  let start = 0;
  let stop = characters.length;
  const startLimit = Math.min(integerField(decoder, 'start') ?? 0, characters.length);
  while (start < startLimit && characters[start] === content) start += 1;
  for (let count = 0; count < (integerField(decoder, 'stop') ?? 0) && stop > start; count += 1) {
    if (characters[stop - 1] !== content) break;
    stop -= 1;
  }
  return characters.slice(start, stop).join('');
}

function replacePattern(token: string, decoder: JsonValue): string {
  const pattern = stringField(jsonField(decoder, 'pattern'), 'String');
  const content = stringField(decoder, 'content') ?? '';
  if (pattern === undefined) {
    throw new StudioError(
      'tokenizer/unsupported',
      'tokenizer.json has a decoder that replaces a regular expression, which is not known here.',
    );
  }
  return pattern === '' ? token : token.replaceAll(pattern, content);
}

/** transformers, PreTrainedTokenizerBase.clean_up_tokenization. */
export function cleanUpTokenizationSpaces(text: string): string {
  return replaceInOrder(text, [
    [' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"], [" 's", "'s"],
    [" 've", "'ve"], [" 're", "'re"],
  ]); // prettier-ignore
}

/** tokenizers, decoders/wordpiece.rs: the same list with one rule more. */
function cleanUpWordPiece(text: string): string {
  return replaceInOrder(text, [
    [' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"],
    [' do not', " don't"], [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"],
  ]); // prettier-ignore
}

function replaceInOrder(text: string, rules: readonly (readonly [string, string])[]): string {
  return rules.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}
