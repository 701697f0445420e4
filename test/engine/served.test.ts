// Served parents with real models, over the engine's contract: adapters that switch on one context, streams, windows that
// grow and slide, memory, vectors.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '#electron/engine/engine.ts';
import { engineContract, type EngineContract } from '#src/contract/engine.contract.ts';
import type { EventOf, ParamsOf } from '#src/contract/contract.ts';
import type { ChatMessage } from '#src/contract/column.ts';
import type { ServedParent } from '#src/contract/serving.ts';
import { createClient, type Client } from '#src/rpc/client.ts';
import { createMemoryPortPair } from '#src/rpc/memory-port.ts';
import { serve } from '#src/rpc/server.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
let engine: Engine;
let client: Client<EngineContract>;

beforeAll(async () => {
  process.env['GGUF_STUDIO_HOME'] = folder.path('home');
  const base = `${seedlingFolder}/seedling-4m`;
  for (const words of [
    ['quantize', base, 'base.gguf', 'Q8_0'],
    ...['conditions', 'anatomy'].map((name) => ['convert-lora', `${seedlingFolder}/adapters/${name}`, '--base', base, '--outfile', `${name}.gguf`]), // prettier-ignore
    ['convert-lora', `${seedlingFolder}/adapters-gpt2/conditions`, '--base', `${seedlingFolder}/seedling-gpt2-4m`, '--outfile', 'foreign.gguf'], // prettier-ignore
    ['build', 'domain', 'healthcare', '--level', 'Q4_K_M', '--no-validate', '-o', 'one'],
    ['build', 'domain', 'business', '--level', 'Q4_K_M', '--no-validate', '-o', 'two'],
  ]) {
    const { code, stderr } = await folder.run(...words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  }
  engine = createEngine();
  const [here, there] = createMemoryPortPair();
  serve(engineContract, engine.handlers, there, { progressInterval: 0 });
  client = createClient(engineContract, here, 'engine host');
});

afterAll(async () => {
  await engine.dispose();
  folder.remove();
});

type Complete = ParamsOf<EngineContract, 'completeServed'>;
const adapters = {
  none: [],
  conditions: () => [{ path: folder.path('conditions.gguf'), scale: 1 }],
  anatomy: () => [{ path: folder.path('anatomy.gguf'), scale: 1 }],
};
const conditions = () => adapters.conditions();
const anatomy = () => adapters.anatomy();

function parent(name: string, options: Partial<ServedParent> = {}): ServedParent {
  return { parent: name, path: folder.path('base.gguf'), ...options };
}

function ask(
  served: ServedParent,
  text: string | readonly ChatMessage[],
  options: Partial<Complete> = {},
  call: { signal?: AbortSignal; onEvent?: (event: EventOf<EngineContract, 'completeServed'>) => void } = {}, // prettier-ignore
) {
  const { sampling, ...rest } = options;
  return client.call(
    'completeServed',
    {
      served,
      input: { messages: typeof text === 'string' ? [{ role: 'user', text }] : [...text] },
      ...rest,
      sampling: { temperature: 0, maxTokens: 40, ...sampling },
    },
    call,
  );
}

/** What a context of its own, made with these adapters, answers. */
async function fresh(text: string, chosen: Complete['adapters'] = []) {
  const column = `fresh${++freshCount}`;
  await client.call('loadColumn', { column, path: folder.path('base.gguf'), adapters: chosen });
  const answer = await client.call('generate', { column, messages: [{ role: 'user', text }], sampling: { temperature: 0, maxTokens: 40 } }); // prettier-ignore
  await client.call('unloadColumn', { column });
  return answer.text;
}
let freshCount = 0;

const question = 'What is asthma?';

describe('adapters', () => {
  it('give after every switch what a context of their own gives', async () => {
    const expected = {
      base: await fresh(question),
      conditions: await fresh(question, conditions()),
      anatomy: await fresh(question, anatomy()),
    };
    expect(new Set(Object.values(expected)).size).toBe(3);
    const served = parent('switch', { streams: 1 });
    const answers = [];
    for (const chosen of [conditions(), anatomy(), conditions(), [], conditions(), anatomy()]) {
      answers.push((await ask(served, question, { adapters: chosen })).text);
    }
    const { conditions: a, anatomy: b, base } = expected;
    expect(answers).toEqual([a, b, a, base, a, b]);
    const [state] = await client.call('describeServed', {});
    expect(state).toMatchObject({ parent: 'switch', switches: 6, running: 0 });
  });

  it('answer side by side as they do alone, though they take turns within the answers', async () => {
    const served = parent('turns', { streams: 4 });
    const kinds = [conditions(), anatomy(), [], conditions()];
    const alone = [];
    for (const chosen of kinds)
      alone.push((await ask(served, question, { adapters: chosen })).text);
    const together = await Promise.all(
      kinds.map((chosen) => ask(served, question, { adapters: chosen })),
    );
    expect(together.map(({ text }) => text)).toEqual(alone);
  });

  it('keep their caches while others compute', async () => {
    const served = parent('caches', { streams: 2 });
    const first = await ask(served, question, { adapters: conditions(), conversation: 'x' });
    await ask(served, question, { adapters: anatomy(), conversation: 'y' });
    const turns: ChatMessage[] = [
      { role: 'user', text: question },
      { role: 'assistant', text: first.text },
      { role: 'user', text: 'And a cold?' },
    ];
    const next = await ask(served, turns, { adapters: conditions(), conversation: 'x' });
    expect(next.cachedTokens).toBeGreaterThanOrEqual(first.promptTokens - 1);
    // The same conversation under another adapter begins with an empty cache.
    const other = await ask(served, turns, { adapters: anatomy(), conversation: 'x' });
    expect(other.cachedTokens).toBeLessThan(first.promptTokens + 20);
    expect(other.text).toBe((await ask(parent('caches2'), turns, { adapters: anatomy() })).text);
  });

  it('of another base are refused, and the parent goes on', async () => {
    const served = parent('foreign');
    const foreign = [{ path: folder.path('foreign.gguf'), scale: 1 }];
    await expect(ask(served, question, { adapters: foreign })).rejects.toMatchObject({
      code: 'adapter/wrong-base',
    });
    expect((await ask(served, question)).text).not.toBe('');
  });
});

describe('loading', () => {
  it('happens once for parents that share a file, and for requests at the same time', async () => {
    await closeAll();
    const loads: string[] = [];
    const onEvent = (event: { event: string }) => {
      if (event.event === 'phase') loads.push(event.event);
    };
    const served = parent('p');
    await Promise.all([1, 2, 3].map(() => ask(served, question, {}, { onEvent })));
    expect(loads).toHaveLength(1);
    const progress: string[] = [];
    await ask(parent('q', { contextWindow: 512 }), question, {}, {
      onEvent: (event) => void (event.event === 'progress' && progress.push(event.event)),
    }); // prettier-ignore
    expect(progress).toEqual([]);
    const states = await client.call('describeServed', {});
    expect(states.map(({ sharesWeights }) => sharesWeights)).toEqual([true, true]);
  });

  it('shares the weights of bundled parents of one base, each with its own adapters', async () => {
    await closeAll();
    const one = parent('one', { path: onlyModel('one', 'healthcare') });
    const two = parent('two', { path: onlyModel('two', 'business') });
    const adapted = await ask(one, question, { adapters: [{ bundled: 'conditions', scale: 1 }] });
    const finance = await ask(two, 'What is a bond?', { adapters: [{ bundled: 'finance', scale: 1 }] }); // prettier-ignore
    expect(adapted.text).not.toBe('');
    expect(finance.text).not.toBe('');
    const states = await client.call('describeServed', {});
    expect(states.map((state) => [state.parent, state.sharesWeights])).toEqual([
      ['one', true],
      ['two', true],
    ]);
    await client.call('closeParent', { parent: 'one' });
    expect((await ask(two, 'What is a bond?', { adapters: [{ bundled: 'finance', scale: 1 }] })).text).toBe(finance.text); // prettier-ignore
  });

  it('lets the least recently used parent leave when the budget is full, and loads it again', async () => {
    await closeAll();
    const first = await client.call('openParent', { served: parent('a', { contextWindow: 256 }) });
    const budget = { memoryBudgetBytes: Math.round(first.ramBytes * 1.3) };
    const other = parent('b', {
      path: onlyModel('one', 'healthcare'),
      contextWindow: 256,
      ...budget,
    });
    await ask(other, question);
    const states = await client.call('describeServed', {});
    expect(states.map((state) => state.parent)).toEqual(['b']);
    expect((await ask(parent('a', { contextWindow: 256, ...budget }), question)).text).not.toBe('');
    expect((await client.call('describeServed', {})).map((state) => state.parent)).toEqual(['a']);
  });

  it('refuses a parent that no budget holds, with what is missing', async () => {
    await closeAll();
    await expect(
      client.call('openParent', { served: parent('huge', { memoryBudgetBytes: 1000 }) }),
    ).rejects.toMatchObject({ code: 'memory/short', message: expect.stringMatching(/needs .* in the memory budget/) as string }); // prettier-ignore
    expect(await client.call('describeServed', {})).toEqual([]);
  });

  it('ends with a parent that nobody asks any more', async () => {
    await closeAll();
    await ask(parent('short', { keepAliveSeconds: 0 }), question);
    for (let tries = 0; tries < 200; tries++) {
      if ((await client.call('describeServed', {})).length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('it stayed');
  });
});

describe('windows', () => {
  const long = { sampling: { maxTokens: 500 } };

  /** A prompt a few tokens short of the smallest context, so that its answer grows beyond it. */
  async function nearlyFull(): Promise<string> {
    const served = parent('measure');
    for (let words = 60; words < 250; words++) {
      const text = 'asthma '.repeat(words);
      const { promptTokens } = await ask(served, text, { sampling: { maxTokens: 1 } });
      if (promptTokens >= 248) return text;
    }
    throw new Error('No prompt is long enough.');
  }

  it('grow with an answer, which is the one that a large window gives', async () => {
    const prompt = await nearlyFull();
    const large = await ask(parent('large', { contextInitial: 1024 }), prompt, long);
    const small = await ask(parent('small', { contextInitial: 256 }), prompt, long);
    expect(large).toMatchObject({ grown: false, contextSize: 1024 });
    expect(large.windowUsed).toBeGreaterThan(258);
    expect(small).toMatchObject({ grown: true, contextSize: 512 });
    expect(small.text).toBe(large.text);
  });

  it('grow under answers of others, which are not disturbed', async () => {
    const prompt = await nearlyFull();
    const served = parent('together', { contextInitial: 256, streams: 2 });
    const expected = (await ask(parent('apart'), question)).text;
    const [grown, other] = await Promise.all([
      ask(served, prompt, long),
      (async () => {
        const texts = [];
        for (let count = 0; count < 4; count++) texts.push((await ask(served, question)).text);
        return texts;
      })(),
    ]);
    expect(grown.grown).toBe(true);
    expect(new Set(other)).toEqual(new Set([expected]));
  });

  it('stop at their end, and say so', async () => {
    const served = parent('stop', { contextWindow: 64 });
    const answer = await ask(served, question, long); // prettier-ignore
    expect(answer).toMatchObject({ stopReason: 'window', windowSize: 64, windowUsed: 64 });
    await expect(ask(served, 'word '.repeat(200))).rejects.toMatchObject({ code: 'chat/too-long' });
  });

  it('slide where that is asked for: the oldest turns are forgotten, and counted', async () => {
    const served = parent('slide', { contextWindow: 128, whenFull: 'slide' });
    const turns: ChatMessage[] = [{ role: 'system', text: 'Be kind.' }];
    for (let turn = 0; turn < 12; turn++) {
      turns.push({ role: 'user', text: `Question ${turn}: what is a heart?` });
      turns.push({ role: 'assistant', text: 'A heart is a muscle.' });
    }
    turns.push({ role: 'user', text: 'And a lung?' });
    const answer = await ask(served, turns, { sampling: { maxTokens: 20 } });
    expect(answer.forgottenMessages).toBeGreaterThan(0);
    expect(answer.forgottenMessages % 2).toBe(0);
    expect(answer.forgottenTokens).toBeGreaterThan(0);
    expect(answer.windowUsed).toBeLessThanOrEqual(128);
    const kept = [turns[0]!, ...turns.slice(1 + answer.forgottenMessages)];
    expect((await ask(parent('kept'), kept, { sampling: { maxTokens: 20 } })).text).toBe(
      answer.text,
    );
  });
});

describe('answers', () => {
  it('end at stop texts, which are not part of them', async () => {
    const served = parent('stops');
    const { text } = await ask(served, question, { adapters: conditions() });
    const stop = text.slice(12, 18);
    const stopped = await ask(served, question, { adapters: conditions(), stop: [stop] });
    expect(stopped).toMatchObject({ stopReason: 'stopString', stopString: stop });
    expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)));
  });

  it('stream what they hold, and repeat themselves with a seed', async () => {
    const served = parent('seeds');
    let streamed = '';
    let tokens = 0;
    const sampling = { temperature: 1, seed: 5, maxTokens: 30 };
    const answer = await ask(served, question, { sampling }, {
      onEvent: (event) => {
        if (event.event === 'text') {
          streamed += event.text;
          tokens += event.tokens;
        }
      },
    }); // prettier-ignore
    expect(streamed).toBe(answer.text);
    expect(tokens).toBe(answer.tokens);
    expect((await ask(served, question, { sampling })).text).toBe(answer.text);
    expect((await ask(served, question, { sampling: { ...sampling, seed: 6 } })).text).not.toBe(answer.text); // prettier-ignore
  });

  it('stop computing when they are cancelled, waiting ones too', async () => {
    const served = parent('cancel', { streams: 1 });
    const stop = new AbortController();
    const waits = new AbortController();
    const running = ask(served, question, { sampling: { maxTokens: 1000 } }, {
      signal: stop.signal,
      onEvent: (event) => void (event.event === 'text' && stop.abort()),
    }); // prettier-ignore
    const waiting = ask(served, question, {}, { signal: waits.signal });
    waits.abort();
    const ended = await Promise.allSettled([running, waiting]);
    expect(ended).toMatchObject([
      { status: 'rejected', reason: { code: 'cancelled' } },
      { status: 'rejected', reason: { code: 'cancelled' } },
    ]);
    const states = await client.call('describeServed', {});
    expect(states.find((state) => state.parent === 'cancel')).toMatchObject({ running: 0, waiting: 0 }); // prettier-ignore
  });

  it('come to more requests than there are streams', async () => {
    const served = parent('many', { streams: 2 });
    const { text } = await ask(served, question);
    const answers = await Promise.all(Array.from({ length: 9 }, () => ask(served, question)));
    expect(new Set(answers.map((answer) => answer.text))).toEqual(new Set([text]));
  });
});

describe('vectors', () => {
  it('of a causal base are the mean of its hidden states: near for texts that are alike', async () => {
    const { vectors, tokens } = await client.call('embed', {
      served: parent('vectors'),
      texts: [question, 'What is asthma', 'The bank raised its interest rates.'],
    });
    const [one, alike, other] = vectors as [number[], number[], number[]];
    expect(Math.hypot(...one)).toBeCloseTo(1, 5);
    expect(tokens).toBeGreaterThan(6);
    expect(dot(one, alike)).toBeGreaterThan(dot(one, other) + 0.2);
    const again = await client.call('embed', { served: parent('vectors'), texts: [question] });
    expect(again.vectors[0]).toEqual(one);
  });

  it('refuse a text beyond the window unless it may be cut', async () => {
    const texts = ['word '.repeat(3000)];
    const served = parent('vectors');
    await expect(client.call('embed', { served, texts })).rejects.toMatchObject({
      code: 'chat/too-long',
    });
    expect((await client.call('embed', { served, texts, cut: true })).vectors).toHaveLength(1);
  });
});

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

function onlyModel(place: string, domain: string): string {
  const candidates = [`seedling-4m-${domain}-Q4_K_M.gguf`, `${domain}-Q4_K_M.gguf`];
  const path = candidates.map((name) => folder.path(place, name)).find((each) => existsSync(each));
  if (path === undefined) throw new Error(`No model in ${place}`);
  return path;
}

async function closeAll(): Promise<void> {
  for (const { parent: name } of await client.call('describeServed', {})) {
    await client.call('closeParent', { parent: name });
  }
}
