// Vectors without a model: each word, cut to its stem's first letters, turns a few numbers of its own on. Texts that share
// words point the same way, which is all that the classifiers over vectors need to be tested.
import { mulberry32 } from '#src/random/mulberry32.ts';
import { normalizeText, stableHash } from '#src/routing/stable-hash.ts';

const length = 1024;

export function embedByWords(texts: readonly string[]): Promise<Float32Array[]> {
  return Promise.resolve(
    texts.map((text) => {
      const vector = new Float32Array(length).fill(0.05);
      for (const word of normalizeText(text).split(' ')) {
        const random = mulberry32(stableHash(word.slice(0, 5)));
        for (let count = 0; count < 6; count++) {
          const at = Math.floor(random() * length);
          vector[at] = (vector[at] ?? 0) + (random() < 0.5 ? -1 : 1) * (word.length > 3 ? 1 : 0.05);
        }
      }
      return vector;
    }),
  );
}
