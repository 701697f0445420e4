// Tokenizer round trip: text -> ids -> text -> ids. The ids are compared, not the texts: some vocabularies lower-case or
// clean spaces, and are right to do so.
import { failed, passed, type Finding } from './check-result.ts';
import type { LoadedModel } from './validation-ports.ts';

const asText = { addSpecial: false, parseSpecial: true } as const;

export function checkTokenizer(model: LoadedModel, texts: readonly string[]): Finding {
  let tokenCount = 0;
  for (const text of texts) {
    const first = model.tokenize(text, asText);
    if (first.length === 0) return failed(`The text "${text}" gives no tokens.`, { text });
    const outside = first.find((token) => token < 0 || token >= model.vocabularySize);
    if (outside !== undefined) {
      return failed(`The text "${text}" gives the token ${outside}, outside the vocabulary.`, {
        text,
        token: outside,
        vocabularySize: model.vocabularySize,
      });
    }
    const back = model.detokenize(first);
    const second = model.tokenize(back, asText);
    const position = firstDifference(first, second);
    if (position !== undefined) {
      return failed(`The text "${text}" comes back as "${back}" with other tokens.`, {
        text,
        back,
        position,
        tokens: Array.from(first.slice(0, 64)),
        tokensOfBack: Array.from(second.slice(0, 64)),
      });
    }
    tokenCount += first.length;
  }
  return passed(`${texts.length} texts (${tokenCount} tokens) come back with the same tokens.`, {
    texts: texts.length,
    tokens: tokenCount,
  });
}

function firstDifference(left: Int32Array, right: Int32Array): number | undefined {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (left[index] !== right[index]) return index;
  }
  return undefined;
}
