// The expected numbering was checked against tokenizers 0.22.2 (Tokenizer.from_str and add_tokens).
import { describe, expect, it } from 'vitest';
import {
  createAddedVocabulary,
  plainAddedToken,
} from '#src/formats/huggingface/added-vocabulary.ts';

const model = new Map([
  ['a', 0],
  ['b', 1],
  ['c', 2],
]);

function idsOf(...batches: readonly string[][]): Record<number, string> {
  const vocabulary = createAddedVocabulary(model);
  for (const batch of batches)
    vocabulary.add(batch.map((content) => plainAddedToken(content, true)));
  return Object.fromEntries([...vocabulary.byId].map(([id, { content }]) => [id, content]));
}

describe('added tokens', () => {
  it('follow the model\u2019s vocabulary in order', () => {
    expect(idsOf(['Y', 'X'])).toEqual({ 3: 'Y', 4: 'X' });
  });

  it('keep the id that the model has for them', () => {
    expect(idsOf(['b', 'X'])).toEqual({ 1: 'b', 3: 'X' });
  });

  it('go on from the highest added id in a later batch', () => {
    expect(idsOf(['X', 'Y'], ['Z', 'X'])).toEqual({ 3: 'X', 4: 'Y', 5: 'Z' });
  });

  it('are ignored when empty, and counted once when repeated', () => {
    expect(idsOf(['', 'X', 'X', 'Y'])).toEqual({ 3: 'X', 4: 'Y' });
  });

  it('take new flags when they are added again', () => {
    const vocabulary = createAddedVocabulary(model);
    vocabulary.add([plainAddedToken('X', false)]);
    vocabulary.add([plainAddedToken('X', true)]);
    expect(vocabulary.byId.get(3)).toMatchObject({ special: true, normalized: false });
  });

  it('count entries, not ids, of a vocabulary with holes', () => {
    const vocabulary = createAddedVocabulary(new Map([['a', 0], ['b', 5]])); // prettier-ignore
    vocabulary.add([plainAddedToken('X', true)]);
    expect([...vocabulary.byId.keys()]).toEqual([2]);
  });
});
