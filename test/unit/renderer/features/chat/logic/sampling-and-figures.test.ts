import { describe, expect, it } from 'vitest';
import { defaultSampling, samplingSchema } from '#src/contract/sampling.ts';
import {
  endNote,
  figuresLine,
  formatRate,
  formatWait,
  rateBetween,
} from '#renderer/features/chat/logic/answer-figures.ts';
import { contextLabel, contextNote } from '#renderer/features/chat/logic/context-presets.ts';
import {
  changedNames,
  samplerFields,
  setSampling,
} from '#renderer/features/chat/logic/sampler-fields.ts';

describe('the sampler panel', () => {
  it('has a row for every field of the contract, with its default', () => {
    const keys = samplerFields.map(({ key }) => key).sort();
    expect([...keys, 'seed'].sort()).toEqual(Object.keys(samplingSchema.shape).sort());
    for (const { key, standard } of samplerFields) {
      if (key !== 'maxTokens') expect(standard).toBe(defaultSampling[key]);
    }
  });

  it('has limits that the contract accepts', () => {
    for (const { key, minimum, maximum } of samplerFields) {
      for (const value of [minimum, maximum]) {
        expect(samplingSchema.safeParse({ [key]: value }).success, `${key} ${value}`).toBe(true);
      }
    }
  });

  it('keeps only what differs from the defaults', () => {
    const changed = setSampling({ seed: 7 }, 'temperature', 0);
    expect(changed).toEqual({ seed: 7, temperature: 0 });
    expect(changedNames(changed)).toEqual(['temp']);
    expect(setSampling(changed, 'temperature', 0.8)).toEqual({ seed: 7 });
    expect(setSampling({ maxTokens: 9 }, 'maxTokens', undefined)).toEqual({});
  });
});

describe('figures', () => {
  const measured = {
    tokens: 42,
    firstTokenSeconds: 0.084,
    tokensPerSecond: 50.14,
    stopReason: 'eogToken',
    seed: 7,
    windowUsed: 368,
    windowSize: 4096,
  };

  it('are written with their units', () => {
    // A narrow column breaks the line only where an ordinary space is.
    expect(figuresLine(measured).split(' ')).toEqual(
      ['42_tokens_·', '50.1_t/s_·', 'first_after_84_ms_·', 'seed_7'].map((part) =>
        part.replaceAll('_', '\u00a0'),
      ),
    );
    expect([...[null, 936.7, 1234.5].map(formatRate), ...[null, 1.25].map(formatWait)]).toEqual([
      '– t/s',
      '937 t/s',
      '1,235 t/s',
      '–',
      '1.3 s',
    ]);
  });

  it('leave the first token out of the rate', () => {
    expect(rateBetween(11, 1000, 2000)).toBe(10);
    expect(rateBetween(1, 1000, 2000)).toBeNull();
  });

  it('say why an answer ended, unless the model ended it', () => {
    expect(endNote(measured, undefined)).toBeUndefined();
    expect(endNote({ ...measured, stopReason: 'abort' }, undefined)).toBe('Stopped by you');
    expect(endNote({ ...measured, stopReason: 'maxTokens' }, 42)).toContain('42 tokens');
  });
});

describe('the window', () => {
  it('is called by its use case', () => {
    expect([contextLabel(4096), contextLabel(3000), contextLabel(undefined)]).toEqual([
      '4096 · healthcare',
      '3000',
      "model's own",
    ]);
  });

  it('says when a model was trained for less', () => {
    expect(contextNote(4096, { contextSize: 1024, trainedContextSize: 1024 })).toContain(
      'trained for no more',
    );
    expect(contextNote(1024, { contextSize: 1024, trainedContextSize: 1024 })).toBeUndefined();
  });
});
