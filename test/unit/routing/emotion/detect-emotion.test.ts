import { describe, expect, it } from 'vitest';
import { answerSettings, defaultTones, emotionalContext } from '#src/routing/emotion/apply-tone.ts';
import { detectEmotion } from '#src/routing/emotion/detect-emotion.ts';
import { buildRouterManifest } from '#test/helpers/build-router-manifest.ts';

describe('detectEmotion', () => {
  it.each([
    ['I am so scared, is this a heart attack?', 'anxious'],
    ['My grandmother died and I cannot stop crying', 'sad'],
    ['This is ridiculous, your answer is useless and I HATE it!', 'angry'],
    ['Thank you so much, that was wonderful!', 'positive'],
    ['What is the difference between a vein and an artery?', 'neutral'],
    ['What causes cancer?', 'neutral'],
    ['Please help me choose the best savings account', 'neutral'],
    ['', 'neutral'],
  ])('reads "%s" as %s', (text, label) => {
    expect(detectEmotion(text).label).toBe(label);
  });

  it.each([
    ["I'm not worried about it", 'neutral'],
    ['I am not angry at all', 'neutral'],
    ["I'm not happy with this", 'sad'],
    ['I am not happy, I am furious', 'angry'],
    ['Not bad, but I am really anxious', 'anxious'],
  ])('turns round what is negated: "%s" is %s', (text, label) => {
    expect(detectEmotion(text).label).toBe(label);
  });

  it('names the words and the share of the evidence', () => {
    const { confidence, words, source } = detectEmotion('I am sad and very lonely, but thankful');
    expect(words).toEqual(['lonely', 'sad']);
    expect(confidence).toBeGreaterThan(0.5);
    expect(confidence).toBeLessThan(1);
    expect(source).toBe('lexicon');
  });

  it('does not take names of object properties for words', () => {
    expect(detectEmotion('constructor toString __proto__ hasOwnProperty').label).toBe('neutral');
  });
});

describe('tones', () => {
  const manifest = buildRouterManifest({
    steps: [
      { kind: 'emotion', language: 'en', labels: ['neutral', 'sad', 'angry'], tones: defaultTones },
    ],
  });
  const sad = { label: 'sad' as const, confidence: 1, source: 'lexicon', words: ['sad'] };

  it('put a sentence behind the route’s prompt and sampling on top of its own', () => {
    const [first, ...rest] = manifest.routes;
    const routes = [
      { ...first!, systemPrompt: 'You are a nurse.', sampling: { temperature: 1, topK: 5 } },
      ...rest,
    ];
    const changed = { ...manifest, routes };
    const emotion = emotionalContext(changed, 'care/body', sad);
    expect(answerSettings(changed, { route: 'care/body', emotion })).toEqual({
      systemPrompt: `You are a nurse.\n\n${defaultTones.sad?.systemPrompt ?? '?'}`,
      sampling: { temperature: 0.6, topK: 5 },
    });
  });

  it('of a route stand before those of the step', () => {
    const routes = manifest.routes.map((route) => ({ ...route, tones: { sad: { systemPrompt: 'Own.' } } })); // prettier-ignore
    expect(emotionalContext({ ...manifest, routes }, 'care/body', sad).changed).toEqual({
      systemPrompt: 'Own.',
    });
  });

  it('change nothing for a label that the step does not list', () => {
    const anxious = { ...sad, label: 'anxious' as const };
    expect(emotionalContext(manifest, 'care/body', anxious).changed).toBeUndefined();
  });
});
