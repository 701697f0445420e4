import { describe, expect, it } from 'vitest';
import {
  byteLevelCharacters,
  byteOfByteLevelCharacter,
} from '#src/formats/huggingface/byte-level.ts';

describe('the byte alphabet', () => {
  it('has a character for every byte, and back', () => {
    expect(new Set(byteLevelCharacters).size).toBe(256);
    expect(byteLevelCharacters.map(byteOfByteLevelCharacter)).toEqual([...Array(256).keys()]);
  });

  it('is GPT-2\u2019s', () => {
    expect(byteLevelCharacters[0x20]).toBe('Ġ');
    expect(byteLevelCharacters[0x0a]).toBe('Ċ');
    expect(byteLevelCharacters[0x41]).toBe('A');
    expect(byteLevelCharacters[0xad]).toBe('\u0143');
    expect(byteOfByteLevelCharacter('｜')).toBeUndefined();
  });
});
