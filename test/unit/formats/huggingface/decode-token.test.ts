import { describe, expect, it } from 'vitest';
import { decodeToken } from '#src/formats/huggingface/decode-token.ts';
import type { JsonValue } from '#src/formats/huggingface/json.ts';

const byteLevel = { type: 'ByteLevel' };
const llama: JsonValue = {
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    { type: 'Strip', content: ' ', start: 1, stop: 0 },
  ],
};

describe('decoding one token', () => {
  it.each<[string, string, JsonValue | undefined, string]>([
    ['without a decoder', '▁x', undefined, '▁x'],
    ['bytes', 'Ġthe', byteLevel, ' the'],
    ['characters outside the byte alphabet', '<｜end｜>', byteLevel, '<｜end｜>'],
    ['a byte that is not UTF-8', 'é', byteLevel, '\ufffd'],
    ['pieces', '▁▁a', llama, ' a'],
    ['a byte piece', '<0x41>', llama, 'A'],
    ['half of a character', '<0xC3>', llama, '\ufffd'],
    ['metaspace', '▁a▁b', { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' }, 'a b'],
    ['metaspace that never prepends', '▁a', { type: 'Metaspace', prepend_scheme: 'never' }, ' a'],
    ['a word piece', 'I do not .', { type: 'WordPiece', prefix: '##', cleanup: true }, "I don't."],
    ['a first word piece with its prefix', '##s', { type: 'WordPiece', prefix: '##' }, '##s'],
    ['an end of word', 'low</w>', { type: 'BPEDecoder', suffix: '</w>' }, 'low'],
    ['both ends', '__a_', { type: 'Strip', content: '_', start: 1, stop: 2 }, '_a'],
  ])('handles %s', (_, content, decoder, text) => {
    expect(decodeToken(content, decoder, false)).toBe(text);
  });

  it('cleans up spaces when asked to', () => {
    expect(decodeToken(" 'll n't .", undefined, true)).toBe(" 'lln't.");
  });

  it('refuses decoders that it does not know', () => {
    expect(() => decodeToken('a', { type: 'CTC' }, false)).toThrow('"CTC"');
    const regular = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' };
    expect(() => decodeToken('a', regular, false)).toThrow('regular expression');
  });
});
