// What goes in as a conversation and comes out as pieces of text.
import { describe, expect, it } from 'vitest';
import { thoughtEnd, thoughtStart, toChatHistory } from '#electron/engine/chat-history.ts';
import { softmax } from '#electron/engine/softmax.ts';
import { batchText } from '#electron/engine/text-batcher.ts';

describe('toChatHistory', () => {
  it('ends with an empty answer of the model', () => {
    expect(
      toChatHistory([
        { role: 'system', text: 'Be kind.' },
        { role: 'user', text: 'Hello' },
      ]),
    ).toEqual([
      { type: 'system', text: 'Be kind.' },
      { type: 'user', text: 'Hello' },
      { type: 'model', response: [] },
    ]);
  });

  it('continues a last answer and takes thoughts apart', () => {
    const text = `${thoughtStart}hm${thoughtEnd}Yes.`;
    expect(toChatHistory([{ role: 'assistant', text }])).toEqual([
      {
        type: 'model',
        response: [
          { type: 'segment', segmentType: 'thought', text: 'hm', ended: true },
          'Yes.',
        ],
      },
    ]); // prettier-ignore
  });
});

describe('batchText', () => {
  it('sends the first piece at once and the rest together', () => {
    let now = 0;
    const sent: [string, number][] = [];
    const batcher = batchText(
      (text, tokens) => sent.push([text, tokens]),
      15,
      () => now,
    );
    batcher.push('a', 1);
    now = 5;
    batcher.push('b', 1);
    batcher.push('', 1);
    expect(sent).toEqual([['a', 1]]);
    now = 20;
    batcher.push('c', 1);
    batcher.push('d', 1);
    batcher.flush();
    batcher.flush();
    expect(sent).toEqual([
      ['a', 1],
      ['bc', 3],
      ['d', 1],
    ]);
  });

  it('sends what is held back without being asked again', async () => {
    const sent: string[] = [];
    const batcher = batchText((text) => sent.push(text), 5);
    batcher.push('a', 1);
    batcher.push('b', 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(sent.join('')).toBe('ab');
  });
});

describe('softmax', () => {
  it('sums to one and does not overflow', () => {
    const result = softmax(new Map([['a', 1000], ['b', 1000 + Math.log(3)]])); // prettier-ignore
    expect(result.get('a')).toBeCloseTo(0.25, 12);
    expect(result.get('b')).toBeCloseTo(0.75, 12);
  });
});
