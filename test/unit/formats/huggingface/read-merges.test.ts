import { describe, expect, it } from 'vitest';
import { parseMergesText, readMerges } from '#src/formats/huggingface/read-merges.ts';

const none = { label: 'model', chatTemplates: [] };

describe('merges', () => {
  it('are taken from tokenizer.json as strings', () => {
    const tokenizer = { model: { merges: ['a b', 'ab c'] } };
    expect(readMerges({ ...none, tokenizer, merges: 'x y' })).toEqual(['a b', 'ab c']);
  });

  it('are joined when they are pairs, with inner spaces written as U+0120', () => {
    const tokenizer = { model: { merges: [['a', 'b'], ['a b', ' ']] } }; // prettier-ignore
    expect(readMerges({ ...none, tokenizer })).toEqual(['a b', 'a\u0120b \u0120']);
  });

  it.each([[[['a']]], [[['a', 'b', 'c']]], [[7]], [['a b', ['a', 3]]]])(
    'are refused in another form: %j',
    (merges) => {
      const tokenizer = { model: { merges } };
      expect(() => readMerges({ ...none, tokenizer })).toThrow('neither');
    },
  );

  it('come from merges.txt when tokenizer.json has none', () => {
    expect(readMerges({ ...none, merges: '#version\na b\n' })).toEqual(['a b']);
    expect(readMerges(none)).toEqual([]);
  });

  it('keep a first line that is no comment and skip lines of other lengths', () => {
    expect(parseMergesText('a b\r\n\r\nc d e\nf\n  g\u00a0h \n# i\n')).toEqual([
      'a b',
      'g h',
      '# i',
    ]);
  });
});
