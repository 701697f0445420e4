// The byte alphabet of GPT-2: every byte is written as one printable character, so that merges are plain text.
// From openai/gpt-2 (encoder.py, bytes_to_unicode): printable Latin-1 stands for itself, the rest follows from U+0100.

function isPrintable(byte: number): boolean {
  return (
    (byte >= 0x21 && byte <= 0x7e) ||
    (byte >= 0xa1 && byte <= 0xac) ||
    (byte >= 0xae && byte <= 0xff)
  );
}

/** The character of each byte, by byte. */
export const byteLevelCharacters: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    isPrintable(byte) ? String.fromCharCode(byte) : String.fromCharCode(next++),
  );
})();

const bytesByCharacter = new Map(
  byteLevelCharacters.map((character, byte) => [character, byte] as const),
);

/** The byte that `character` stands for, or undefined when it is outside the alphabet. */
export function byteOfByteLevelCharacter(character: string): number | undefined {
  return bytesByCharacter.get(character);
}
