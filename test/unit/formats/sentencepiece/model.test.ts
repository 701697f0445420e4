import { describe, expect, it } from 'vitest';
import { parseSentencePieceModel, pieceTypes } from '#src/formats/sentencepiece/model.ts';
import { sentencePieceSize, sentencePieceTokenizer } from '#test/helpers/build-tokenizer-files.ts';

type Piece = readonly [text: string, score: number, type: number];

/** ModelProto bytes; every length here is below 128. */
function model(pieces: readonly Piece[], byteFallback = false): Uint8Array {
  const bytes = pieces.flatMap(([text, score, type]) => {
    const content = [...new TextEncoder().encode(text)];
    const body = [
      0x0a,
      content.length,
      ...content,
      0x15,
      ...new Uint8Array(Float32Array.of(score).buffer),
      0x18,
      type,
    ];
    return [0x0a, body.length, ...body];
  });
  return Uint8Array.from([0x12, 5, 0x18, 2, 0x98, 2, byteFallback ? 1 : 0, ...bytes]);
}

const unknown: Piece = ['<unk>', 0, pieceTypes.unknown];
const parse = (bytes: Uint8Array) => parseSentencePieceModel(bytes, 'tokenizer.model');

describe('SentencePiece models', () => {
  it('give pieces with score and type by id', () => {
    const { pieces, modelType } = parse(model([unknown, ['▁a', -1.5, 1], ['<s>', 0, 3]]));
    expect(modelType).toBe(2);
    expect(pieces).toEqual([
      { text: '<unk>', score: 0, type: 2 },
      { text: '▁a', score: -1.5, type: 1 },
      { text: '<s>', score: 0, type: 3 },
    ]);
  });

  it('give the normalizer\u2019s flags', () => {
    const files = sentencePieceTokenizer({ tokenizerClass: 'LlamaTokenizer' });
    const parsed = parse(files['tokenizer.model'] as Uint8Array);
    expect(parsed.pieces).toHaveLength(sentencePieceSize);
    expect(parsed).toMatchObject({ addDummyPrefix: true, removeExtraWhitespaces: false });
  });

  it('take an unknown type as normal', () => {
    expect(parse(model([unknown, ['a', 0, 9]])).pieces[1]?.type).toBe(pieceTypes.normal);
  });

  it.each<[string, Piece[], boolean, string]>([
    ['no pieces', [], false, 'no pieces'],
    ['an empty piece', [unknown, ['', 0, 1]], false, 'piece 1 is empty'],
    ['a piece twice', [unknown, ['a', 0, 1], ['a', 0, 3]], false, '"a") is there twice'],
    ['two unknown pieces', [unknown, ['u', 0, 2]], false, '2 unknown pieces'],
    ['no unknown piece', [['a', 0, 1]], false, 'no unknown piece'],
    ['bytes without byte fallback', [unknown, ['<0x00>', 0, 6]], false, '1 byte pieces'],
    ['byte fallback without bytes', [unknown], true, '0 byte pieces'],
    ['a score that is no number', [unknown, ['a', NaN, 1]], false, 'score NaN'],
  ])('are refused with %s, as the library refuses them', (_, pieces, byteFallback, message) => {
    expect(() => parse(model(pieces, byteFallback))).toThrow(message);
  });

  it('are refused when cut off, at every length', () => {
    const bytes = model([unknown, ['▁the', -2, 1]]);
    const whole = bytes.length;
    const firstEnd = whole - 17;
    for (let length = 0; length < whole; length += 1) {
      if (length === firstEnd) continue;
      expect(() => parse(bytes.subarray(0, length)), `${length} bytes`).toThrow('tokenizer.model');
    }
    expect(parse(bytes.subarray(0, firstEnd)).pieces).toHaveLength(1);
  });

  it.each([
    ['a length beyond the end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, 1]],
    ['a number of eleven bytes', [0x0a, ...Array<number>(10).fill(0xff), 1]],
    ['a group', [0x0b]],
    ['field number zero', [0x02, 0]],
    ['a piece that is a number', [0x08, 7]],
    ['text that is not UTF-8', [0x0a, 3, 0x0a, 1, 0xff]],
    ['a score of eight bytes', [0x0a, 9, 0x11, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])('are refused with %s', (_, bytes) => {
    expect(() => parse(Uint8Array.from(bytes))).toThrow('tokenizer.model');
  });
});
