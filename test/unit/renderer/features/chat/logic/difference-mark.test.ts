import { describe, expect, it } from 'vitest';
import type { FirstDifference } from '#src/contract/column.ts';
import {
  differenceLines,
  differenceRange,
  formatProbability,
  formatToken,
} from '#renderer/features/chat/logic/difference-mark.ts';
import { markRange } from '#renderer/features/chat/logic/mark-plugin.ts';
import { markdownBlocks } from '#renderer/features/chat/logic/markdown-blocks.ts';

const text = 'It may be a thin crack or a full break.';
const difference: FirstDifference = {
  position: 16,
  characters: text.indexOf(' full'),
  sides: [
    {
      column: 'a',
      token: ' complete',
      probabilities: [
        { token: ' complete', probability: 0.61 },
        { token: ' full', probability: 0.22 },
      ],
    },
    {
      column: 'b',
      token: ' full',
      probabilities: [
        { token: ' complete', probability: 0.38 },
        { token: ' full', probability: 0.41 },
      ],
    },
  ],
};

describe('the first difference', () => {
  it('marks the token in its answer without the space before it', () => {
    const range = differenceRange(text, difference, 1);
    expect(range && text.slice(range.start, range.end)).toBe('full');
  });

  it('marks nothing where answers are the same or one has ended', () => {
    expect(differenceRange(text, { ...difference, position: null }, 1)).toBeUndefined();
    const ended = { ...difference, sides: [{ column: 'a', token: '', probabilities: [] }] };
    expect(differenceRange(text, ended, 0)).toBeUndefined();
    expect(differenceRange('short', { ...difference, characters: 400 }, 1)).toBeUndefined();
  });

  it('tells both tokens for both models, column one first', () => {
    const lines = differenceLines(difference).map(({ tokens }) =>
      tokens
        .map(({ token, probability }) => `${formatToken(token)} ${formatProbability(probability)}`)
        .join(' · '),
    );
    expect(lines).toEqual(['complete .61 · full .22', 'complete .38 · full .41']);
    expect(differenceLines(difference)[1]?.likely[0]?.token).toBe(' full');
  });

  it('writes probabilities and tokens as one reads them', () => {
    expect([0, 0.0004, 0.0244, 0.0999, 0.614, 0.996, undefined].map(formatProbability)).toEqual([
      '.00',
      '<.001',
      '.024',
      '.10',
      '.61',
      '1.0',
      '–',
    ]);
    expect(['', '\n', '  ', ' the'].map(formatToken)).toEqual(['end of answer', '↵', '␣␣', 'the']);
  });
});

describe('the mark in a tree of Markdown', () => {
  function tree() {
    const at = (start: number, end: number) => ({
      start: { offset: start },
      end: { offset: end },
    });
    return {
      type: 'root',
      children: [
        {
          type: 'element',
          tagName: 'p',
          children: [
            { type: 'text', value: 'one ', position: at(0, 4) },
            {
              type: 'element',
              tagName: 'strong',
              children: [{ type: 'text', value: 'two', position: at(6, 9) }],
            },
            { type: 'text', value: ' three', position: at(11, 17) },
          ],
        },
      ],
    };
  }

  it('wraps exactly the range of the source', () => {
    const marked = tree();
    markRange({ start: 12, end: 17 })()(marked);
    const paragraph = marked.children[0]?.children as { tagName?: string; value?: string }[];
    expect(paragraph.map((node) => node.tagName ?? node.value)).toEqual([
      'one ',
      'strong',
      ' ',
      'mark',
    ]);
  });

  it('marks the text behind syntax when the range begins inside it', () => {
    const marked = tree();
    markRange({ start: 4, end: 6 })()(marked);
    expect(JSON.stringify(marked.children[0]?.children[1])).toContain('"mark"');
  });
});

describe('blocks of a long answer', () => {
  it('cut only at blank lines outside code, and lose nothing', () => {
    const code = `\`\`\`\n${'line\n\n'.repeat(400)}\`\`\`\n\n`;
    const long = `${'Words. '.repeat(300)}\n\n${code}${'More. '.repeat(300)}\n\nEnd.`;
    const blocks = markdownBlocks(long);
    expect(blocks.length).toBeGreaterThan(2);
    expect(blocks.map((block) => block.text).join('')).toBe(long);
    for (const { start, text: piece } of blocks) {
      expect(long.slice(start, start + piece.length)).toBe(piece);
      expect((piece.match(/```/g)?.length ?? 0) % 2).toBe(0);
    }
  });

  it('leave a short answer whole', () => {
    expect(markdownBlocks('a\n\nb')).toEqual([{ start: 0, text: 'a\n\nb' }]);
  });
});
