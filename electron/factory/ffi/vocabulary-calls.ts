// Text to tokens and back: llama_tokenize and its neighbours. Text travels as bytes, because it may hold zeros.
import type { LibraryHandle } from 'koffi';
import { StudioError } from '#src/errors/studio-error.ts';
import type { Token, VocabularyCalls, VocabularyHandle } from './llama-library.types.ts';

type OfVocabulary<Result> = (vocabulary: VocabularyHandle) => Result;
type OfToken<Result> = (vocabulary: VocabularyHandle, token: Token) => Result;

export function openVocabularyCalls(llama: LibraryHandle): VocabularyCalls {
  const tokenize = llama.func('llama_tokenize', 'int32', [
    'void *', 'void *', 'int32', 'void *', 'int32', 'bool', 'bool',
  ]) as (vocabulary: VocabularyHandle, text: Uint8Array, length: number, target: Int32Array, limit: number, addSpecial: boolean, parseSpecial: boolean) => number; // prettier-ignore
  const detokenize = llama.func('llama_detokenize', 'int32', [
    'void *', 'void *', 'int32', 'void *', 'int32', 'bool', 'bool',
  ]) as (vocabulary: VocabularyHandle, tokens: Int32Array, count: number, target: Uint8Array, limit: number, removeSpecial: boolean, unparseSpecial: boolean) => number; // prettier-ignore
  const tokenToPiece = llama.func('llama_token_to_piece', 'int32', [
    'void *', 'int32', 'void *', 'int32', 'int32', 'bool',
  ]) as (vocabulary: VocabularyHandle, token: Token, target: Uint8Array, limit: number, strip: number, special: boolean) => number; // prettier-ignore
  const ofVocabulary = <Result>(name: string, result: string) =>
    llama.func(name, result, ['void *']) as OfVocabulary<Result>;
  const ofToken = <Result>(name: string, result: string) =>
    llama.func(name, result, ['void *', 'int32']) as OfToken<Result>;
  const size = ofVocabulary<number>('llama_vocab_n_tokens', 'int32');
  const bos = ofVocabulary<Token>('llama_vocab_bos', 'int32');
  const eos = ofVocabulary<Token>('llama_vocab_eos', 'int32');
  const eot = ofVocabulary<Token>('llama_vocab_eot', 'int32');

  /** Calls again with the room that the library asked for (it answers with minus the needed length). */
  function withRoom<
    Target extends { length: number; subarray(start: number, end: number): Target },
  >(first: number, allocate: (length: number) => Target, call: (target: Target) => number): Target {
    let target = allocate(first);
    let written = call(target);
    if (written < 0) {
      // INT32_MIN stands for a result that does not fit into 32 bits.
      if (written === -(2 ** 31)) {
        throw new StudioError('native/failed', 'The text is too long for one llama.cpp call.');
      }
      target = allocate(-written);
      written = call(target);
    }
    return target.subarray(0, Math.max(0, written));
  }

  return {
    tokenize(vocabulary, text, { addSpecial, parseSpecial }) {
      const bytes = Buffer.from(text, 'utf8');
      return withRoom(
        bytes.length + 8,
        (length) => new Int32Array(length),
        (target) =>
          tokenize(
            vocabulary,
            bytes,
            bytes.length,
            target,
            target.length,
            addSpecial,
            parseSpecial,
          ),
      );
    },
    detokenize(vocabulary, tokens, { removeSpecial, unparseSpecial }) {
      const bytes = withRoom<Uint8Array>(
        tokens.length * 8 + 64,
        (length) => new Uint8Array(length),
        (target) =>
          detokenize(
            vocabulary,
            tokens,
            tokens.length,
            target,
            target.length,
            removeSpecial,
            unparseSpecial,
          ),
      );
      return Buffer.from(bytes).toString('utf8');
    },
    tokenBytes: (vocabulary, token, special) =>
      withRoom<Uint8Array>(
        64,
        (length) => new Uint8Array(length),
        (target) => tokenToPiece(vocabulary, token, target, target.length, 0, special),
      ),
    size,
    isEndOfGeneration: ofToken<boolean>('llama_vocab_is_eog', 'bool'),
    isControl: ofToken<boolean>('llama_vocab_is_control', 'bool'),
    specialTokens: (vocabulary) => ({
      bos: bos(vocabulary),
      eos: eos(vocabulary),
      eot: eot(vocabulary),
    }),
    addsBos: ofVocabulary<boolean>('llama_vocab_get_add_bos', 'bool'),
    addsEos: ofVocabulary<boolean>('llama_vocab_get_add_eos', 'bool'),
  };
}
