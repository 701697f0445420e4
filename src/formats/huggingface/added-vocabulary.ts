// Tokens beside the model's own vocabulary, numbered as the Hugging Face tokenizers library does it (added_vocabulary.rs,
// release 0.22): the ids that tokenizer.json states are not used. A token that the model knows keeps the model's id, any
// other gets the next free one, and adding a token again only replaces its flags.

export interface AddedToken {
  readonly content: string;
  /** A control token: never text. */
  readonly special: boolean;
  /** Matched after the normalizer ran rather than before. */
  readonly normalized: boolean;
  /** Matched only as a whole word; takes the white space before or after it along. They matter when encoding. */
  readonly singleWord: boolean;
  readonly leftStrip: boolean;
  readonly rightStrip: boolean;
}

/** A token without matching rules of its own. */
export function plainAddedToken(content: string, special: boolean): AddedToken {
  return {
    content,
    special,
    normalized: !special,
    singleWord: false,
    leftStrip: false,
    rightStrip: false,
  };
}

export interface AddedVocabulary {
  /** Content by id, in the order of adding. */
  readonly byId: ReadonlyMap<number, AddedToken>;
  /** Adds in order; empty contents are ignored. */
  add(tokens: readonly AddedToken[]): void;
}

export function createAddedVocabulary(
  modelVocabulary: ReadonlyMap<string, number>,
): AddedVocabulary {
  const byId = new Map<number, AddedToken>();
  const ids = new Map<string, number>();

  /** One call numbers its new tokens from the highest added id, or from the size of the model's vocabulary. */
  function add(tokens: readonly AddedToken[]): void {
    const vocabularySize = modelVocabulary.size;
    let highest = -1;
    for (const id of byId.keys()) highest = Math.max(highest, id);
    let nextId =
      highest >= vocabularySize || (vocabularySize === 0 && highest >= 0)
        ? highest + 1
        : vocabularySize;
    for (const token of tokens) {
      if (token.content === '') continue;
      let id = ids.get(token.content) ?? modelVocabulary.get(token.content);
      if (id === undefined) {
        id = nextId;
        nextId += 1;
      }
      ids.set(token.content, id);
      byId.set(id, token);
    }
  }
  return { byId, add };
}
