// A text that asks for several things, cut where one request may end and the next begin. Each part is then decided by itself.

const maximumParts = 6;
const fewestWords = 3;

/** Two or more parts of at least three words, or nothing where the text is one request. */
export function splitIntents(text: string): string[] {
  const parts = text
    .slice(0, 4_000)
    .split(
      /(?<=[.!?;])\s+|\n+|,?\s+(?:and then|and also|and|but also|also|then|plus|as well as)\s+/iu,
    )
    .map((part) => part.trim())
    .filter((part) => part.split(/\s+/).length >= fewestWords);
  return parts.length < 2 ? [] : parts.slice(0, maximumParts);
}
