import { describe, expect, it } from 'vitest';
import { chunkBody, newFrame, textChunks } from '#electron/server/openai-answers.ts';
import type { Decision } from '#src/contract/routing/decision.ts';

const decision: Decision = {
  route: 'a/b',
  target: { parent: 'a "quoted" one', adapter: 'a/b' },
  scores: {},
  threshold: 0.5,
  why: [],
  by: 'lexical',
  intents: [],
  milliseconds: 1,
};

describe('events of text', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('are what each would be by itself (chat %s, usage %s)', (isChat, includesUsage) => {
    const frame = newFrame(isChat);
    const chunk = textChunks(frame, decision, includesUsage);
    for (const text of ['', 'heart', '"\\ \n\u2028', '😀 $& $1', '}]}']) {
      const whole = chunkBody(frame, { kind: 'text', decision, text }, includesUsage);
      expect(JSON.parse(chunk(text))).toEqual(whole);
      expect(chunk(text)).toBe(JSON.stringify(whole));
    }
  });
});
