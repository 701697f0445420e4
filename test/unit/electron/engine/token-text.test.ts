// Text of tokens, piece by piece, with a tokenizer of bytes that drops the space of the first word as SentencePiece does.
import type { Token } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import { createTokenText } from '#electron/engine/token-text.ts';

function tokenizer() {
  const pieces: Buffer[] = [];
  const decoder = new TextDecoder();
  let calls = 0;
  return {
    calls: () => calls,
    /** A token of these bytes. */
    token: (bytes: string | readonly number[]) =>
      (pieces.push(Buffer.from(bytes as string)) - 1) as Token,
    detokenize(tokens: readonly Token[]) {
      calls++;
      return decoder.decode(Buffer.concat(tokens.map((token) => pieces[token]!))).replace(/^ /, '');
    },
  };
}

describe('the text of an answer', () => {
  it('keeps the spaces between words, also the one before the first', () => {
    const model = tokenizer();
    const [the, heart, beats] = [model.token('The'), model.token(' heart'), model.token(' beats')];
    const words = createTokenText(model, [the]);
    expect([heart, beats, heart].map((token) => words.push(token))).toEqual([
      ' heart',
      ' beats',
      ' heart',
    ]);
    expect(words.end()).toBe('');
  });

  it('holds a character back until its last byte has come', () => {
    const model = tokenizer();
    const before = model.token('a');
    const bytes = [...Buffer.from('é€')].map((byte) => model.token([byte]));
    const words = createTokenText(model, [before]);
    expect(bytes.map((token) => words.push(token))).toEqual(['', 'é', '', '', '€']);
  });

  it('gives a character that is never finished up, at once or at the end', () => {
    const model = tokenizer();
    const [before, broken, whole] = [model.token('a'), model.token([0xe2]), model.token('b')];
    const words = createTokenText(model, [before]);
    expect(words.push(broken)).toBe('');
    expect(words.push(whole)).toBe('\ufffdb');
    expect(words.push(broken)).toBe('');
    expect(words.end()).toBe('\ufffd');
    const given = Array.from({ length: 6 }, () => words.push(broken)).filter((text) => text !== '');
    expect(given).toHaveLength(1);
  });

  it('shows special tokens by the text that is named for them, after what was held back', () => {
    const model = tokenizer();
    const [before, broken, mark, next] = [model.token('a'), model.token([0xe2]), model.token(''), model.token(' b')]; // prettier-ignore
    const words = createTokenText(model, [before], new Map([[mark, '<mark>']]));
    words.push(broken);
    expect(words.push(mark)).toBe('\ufffd<mark>');
    expect(words.push(next)).toBe(' b');
  });

  it('is the same without anything before it', () => {
    const model = tokenizer();
    const words = createTokenText(model, []);
    expect(words.push(model.token(' one')) + words.push(model.token(' two'))).toBe('one two');
  });

  it('costs one look at the tokens for most of them, however long it becomes', () => {
    const model = tokenizer();
    const word = model.token(' word');
    const words = createTokenText(model, [word]);
    const before = model.calls();
    for (let count = 0; count < 1200; count++) expect(words.push(word)).toBe(' word');
    expect(model.calls() - before).toBeLessThan(1200 * 1.2);
  });
});
