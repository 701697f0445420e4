// Columns of the engine host with real models: what the chat screen relies on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatMessage, ColumnState } from '#src/contract/column.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';
import {
  makeSeedlingModels,
  startEngine,
  type EngineUnderTest,
} from '#test/helpers/seedling-models.ts';

const folder = studioFolder();
let engine: EngineUnderTest;

beforeAll(async () => {
  await makeSeedlingModels(folder);
  engine = startEngine(folder);
});

afterAll(async () => {
  await engine.host.dispose();
  folder.remove();
});

const question: ChatMessage = { role: 'user', text: 'What is a heart?' };

/** Collects the states that a call reports. */
function stateCollector() {
  const states: ColumnState[] = [];
  const onEvent = (event: { event: string }) => {
    if (event.event === 'state') states.push((event as unknown as { state: ColumnState }).state);
  };
  return { states, onEvent };
}

describe('loading', () => {
  it('reports progress and states, and says what it loaded', async () => {
    const events: string[] = [];
    const about = await engine.load('a', 'seedling-4m-Q8_0.gguf', {}, ({ event }) =>
      events.push(event),
    );
    expect(events).toContain('progress');
    expect(events).toContain('state');
    expect(about).toMatchObject({
      column: 'a',
      model: 'seedling-4m-Q8_0.gguf',
      contextSize: 1024,
      trainedContextSize: 1024,
      threads: 1,
      template: 'ChatML',
      adapters: [],
    });
    expect(about.templateProblem).toBeUndefined();
    expect(about.ramBytes).toBeGreaterThan(4e6);
  });

  it('loads a file once for two columns, whose adapters differ', async () => {
    const plain = await engine.load('plain', 'seedling-4m-Q8_0.gguf');
    const adapters = [{ path: folder.path('conditions.gguf'), scale: 1 }];
    const loads: string[] = [];
    const adapted = await engine.load('adapted', 'seedling-4m-Q8_0.gguf', { adapters }, (event) =>
      loads.push(event.event),
    );
    expect(plain.adapters).toEqual([]);
    expect(adapted.adapters).toEqual([folder.path('conditions.gguf')]);
    expect(loads).not.toContain('progress');
    const prompt = 'What is asthma?';
    const [without, withAdapter] = [
      await engine.ask('plain', prompt),
      await engine.ask('adapted', prompt),
    ];
    expect(withAdapter.text).not.toBe(without.text);
    const changed = await engine.load('adapted', 'seedling-4m-Q8_0.gguf');
    expect(changed.adapters).toEqual([]);
    expect((await engine.ask('adapted', prompt)).text).toBe(without.text);
  });

  it('refuses an adapter of another base and keeps the host alive', async () => {
    const adapters = [{ path: folder.path('conditions-gpt2.gguf'), scale: 1 }];
    await expect(engine.load('wrong', 'seedling-4m-Q8_0.gguf', { adapters })).rejects.toMatchObject(
      { code: 'adapter/wrong-base' },
    );
    await expect(engine.load('wrong', 'seedling-4m-Q8_0.gguf')).resolves.toMatchObject({
      adapters: [],
    });
  });
});

describe('answers', () => {
  it('streams exactly the text that it answers with', async () => {
    await engine.load('a', 'seedling-4m-Q8_0.gguf');
    let text = '';
    let tokens = 0;
    const answer = await engine.ask('a', [question], {}, {
      onEvent: (event) => {
        if (event.event !== 'text') return;
        text += event.text;
        tokens += event.tokens;
      },
    }); // prettier-ignore
    expect(text).toBe(answer.text);
    expect(tokens).toBe(answer.tokens);
    expect(answer.stopReason).toBe('eogToken');
    expect(answer.windowSize).toBe(1024);
    expect(answer.windowUsed).toBe(answer.promptTokens + answer.tokens);
    expect(answer.firstTokenSeconds).toBeLessThanOrEqual(answer.seconds);
  });

  it('computes only what is new of a second turn, and of an edited one', async () => {
    await engine.load('fresh', 'seedling-4m-Q4_K_M.gguf');
    const first = await engine.ask('fresh', [question]);
    expect(first.cachedTokens).toBe(0);
    const history: ChatMessage[] = [question, { role: 'assistant', text: first.text }];
    const second = await engine.ask('fresh', [...history, { role: 'user', text: 'And a lung?' }]);
    expect(second.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens + first.tokens - 1);
    expect(second.promptTokens - second.cachedTokens!).toBeLessThan(16);
    const edited = await engine.ask('fresh', [...history, { role: 'user', text: 'Why?' }]);
    expect(edited.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens + first.tokens - 1);
    const again = await engine.ask('fresh', [question]);
    expect(again.text).toBe(first.text);
    expect(again.cachedTokens).toBe(again.promptTokens - 1);
  });

  it('gives the same text for the same seed, and another for another', async () => {
    await engine.load('a', 'seedling-4m-Q8_0.gguf');
    const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0, maxTokens: 30 };
    const one = await engine.ask('a', [question], { ...sampling, seed: 7 });
    const same = await engine.ask('a', [question], { ...sampling, seed: 7 });
    const other = await engine.ask('a', [question], { ...sampling, seed: 8 });
    expect(same.text).toBe(one.text);
    expect(same.seed).toBe(7);
    expect(other.text).not.toBe(one.text);
  });

  it.each([
    ['a repeat penalty', { repeatPenalty: 1.5 }],
    ['a frequency penalty', { frequencyPenalty: 2 }],
    ['a presence penalty', { presencePenalty: 2 }],
    ['DRY', { dryMultiplier: 4 }],
    ['XTC', { xtcProbability: 1, xtcThreshold: 0.05 }],
  ])('%s changes a repeating answer', async (_, sampling) => {
    await engine.load('b', 'seedling-4m-Q4_K_M.gguf');
    const plain = await engine.ask('b', [question], { maxTokens: 40 });
    const sampled = await engine.ask('b', [question], { maxTokens: 40, ...sampling });
    expect(sampled.text).not.toBe(plain.text);
  });

  it('keeps what came when it is cancelled', async () => {
    await engine.load('b', 'seedling-4m-Q4_K_M.gguf');
    const stop = new AbortController();
    let streamed = '';
    const answer = await engine.ask('b', [question], { seed: 1 }, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.event !== 'text') return;
        streamed += event.text;
        stop.abort();
      },
    }); // prettier-ignore
    expect(answer.stopReason).toBe('abort');
    expect(answer.text).toBe(streamed);
    expect(answer.text).not.toBe('');
    expect(answer.tokens).toBeLessThan(73);
  });

  it('says that a conversation does not fit, and ends an answer where the window ends', async () => {
    await engine.load('small', 'seedling-4m-Q4_K_M.gguf', { contextSize: 256 });
    const long = 'heart '.repeat(400);
    await expect(engine.ask('small', long)).rejects.toMatchObject({ code: 'chat/too-long' });
    const full = await engine.ask('small', [
      question,
      { role: 'assistant', text: 'A person who is a person '.repeat(38) },
    ], { temperature: 5, topK: 0, topP: 1, minP: 0, seed: 1 }); // prettier-ignore
    expect(full).toMatchObject({ stopReason: 'window', windowUsed: 255, windowSize: 256 });
  });

  it('answers two prompts to one column one after the other', async () => {
    await engine.load('b', 'seedling-4m-Q4_K_M.gguf');
    const { states, onEvent } = stateCollector();
    const first = engine.ask('b', [question]);
    const second = engine.ask('b', 'Hello', {}, { onEvent });
    expect((await first).text).not.toBe('');
    expect((await second).text).not.toBe('');
    expect(states[0]).toMatchObject({ state: 'waiting' });
  });

  it('neither loads nor answers in one column while another of a small model does', async () => {
    await engine.load('first', 'seedling-4m-Q8_0.gguf');
    const { states, onEvent } = stateCollector();
    await Promise.all([
      engine.ask('first', [question], {}, { onEvent }),
      engine.load('second', 'seedling-4m-Q4_K_M.gguf', {}, onEvent),
      engine.load('third', 'seedling-4m-Q2_K.gguf', {}, onEvent),
      engine.ask('first', [question], {}, { onEvent }),
    ]);
    const said = states.map(({ column, state }) => `${column} ${state}`);
    expect(said.filter((each) => !each.endsWith('waiting'))).toEqual([
      'first answering', 'first ready', 'second loading', 'second ready',
      'first answering', 'first ready', 'third loading', 'third ready',
    ]); // prettier-ignore
    expect(states).toContainEqual({
      column: 'second',
      state: 'waiting',
      reason: 'Waits until another column has answered.',
    });
    expect(states).toContainEqual({
      column: 'first',
      state: 'waiting',
      reason: 'Waits until another column has answered or is loaded.',
    });
  });

  it('ends an answer when its column is unloaded', async () => {
    await engine.load('ending', 'seedling-4m-Q4_K_M.gguf');
    let unloaded: Promise<null> | undefined;
    const answer = await engine.ask('ending', [question], {}, {
      onEvent: ({ event }) => {
        if (event === 'text') unloaded ??= engine.host.call('unloadColumn', { column: 'ending' });
      },
    }); // prettier-ignore
    expect(answer.stopReason).toBe('abort');
    await unloaded;
    await expect(engine.ask('ending', 'Hello')).rejects.toMatchObject({ code: 'usage/invalid' });
  });
});

describe('memory', () => {
  it('unloads the least recently used column, says so, and loads it again when asked', async () => {
    const alone = await engine.load('one', 'seedling-4m-Q8_0.gguf');
    await engine.host.call('unloadColumn', { column: 'one' });
    const separate = startEngine(folder);
    try {
      const memoryBudgetBytes = Math.round(alone.ramBytes * 1.5);
      await separate.load('one', 'seedling-4m-Q8_0.gguf', { memoryBudgetBytes });
      const { states, onEvent } = stateCollector();
      await separate.load('two', 'seedling-4m-Q4_K_M.gguf', { memoryBudgetBytes }, onEvent);
      const gone = states.find(({ column }) => column === 'one');
      expect(gone).toMatchObject({ state: 'unloaded' });
      expect(gone?.reason).toMatch(/make room for column two/);
      const again = stateCollector();
      const answer = await separate.ask('one', 'Hello', {}, { onEvent: again.onEvent });
      expect(answer.tokens).toBeGreaterThan(0);
      expect(again.states.map(({ column, state }) => `${column} ${state}`)).toEqual([
        'one loading', 'two unloaded', 'one ready', 'one answering', 'one ready',
      ]); // prettier-ignore
      await expect(
        separate.load('three', 'seedling-4m-Q8_0.gguf', { memoryBudgetBytes: 1e6 }),
      ).rejects.toMatchObject({ code: 'memory/short' });
    } finally {
      await separate.host.dispose();
    }
  });

  it('waits for memory while the other column answers', async () => {
    const separate = startEngine(folder);
    try {
      const { ramBytes } = await separate.load('busy', 'seedling-4m-Q8_0.gguf');
      const memoryBudgetBytes = Math.round(ramBytes * 1.5);
      const { states, onEvent } = stateCollector();
      let loading: Promise<unknown> | undefined;
      const answer = await separate.ask('busy', [question], { temperature: 1, seed: 3 }, {
        onEvent: ({ event }) => {
          if (event === 'text')
            loading ??= separate.load(
              'late',
              'seedling-4m-Q4_K_M.gguf',
              { memoryBudgetBytes },
              onEvent,
            );
        },
      }); // prettier-ignore
      expect(answer.stopReason).not.toBe('abort');
      await loading;
      expect(states.at(-1)).toMatchObject({ column: 'late', state: 'ready' });
      expect(states.some(({ column, state }) => column === 'busy' && state === 'unloaded')).toBe(
        true,
      );
    } finally {
      await separate.host.dispose();
    }
  });

  it('says what it waits for while the other column is needed, which goes on in the meantime', async () => {
    const separate = startEngine(folder);
    try {
      const { ramBytes } = await separate.load('busy', 'seedling-4m-Q8_0.gguf');
      const memoryBudgetBytes = Math.round(ramBytes * 1.5);
      const { states, onEvent } = stateCollector();
      // The load's turn comes between both answers, and it must not keep the second one from it.
      const [first, , second] = await Promise.all([
        separate.ask('busy', [question], {}, { onEvent }),
        separate.load('late', 'seedling-4m-Q4_K_M.gguf', { memoryBudgetBytes }, onEvent),
        separate.ask('busy', [question], {}, { onEvent }),
      ]);
      expect(second.text).toBe(first.text);
      const waiting = states.find(({ reason }) => reason?.startsWith('Waits for memory: '));
      expect(waiting).toMatchObject({ column: 'late', state: 'waiting' });
      expect(waiting?.reason).toMatch(/needs [\d.]+ MB, [\d.]+ .?B are free\.$/);
      const after = states.slice(states.indexOf(waiting!) + 1);
      expect(after.map(({ column, state }) => `${column} ${state}`)).toEqual([
        'busy answering', 'busy ready', 'busy unloaded', 'late loading', 'late ready',
      ]); // prettier-ignore
      expect((await separate.ask('late', 'Hello')).tokens).toBeGreaterThan(0);
    } finally {
      await separate.host.dispose();
    }
  });

  it('tells the devices of the back end that is loaded', async () => {
    const memory = await engine.host.call('measureMemory', {});
    expect(memory.gpu).toBeDefined();
    for (const device of memory.devices) expect(device.totalBytes).toBeGreaterThan(0);
  });
});
