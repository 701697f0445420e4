// OpenAI's own client against the server, with a family of two bundled Seedling parents: what an application relies on.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type StudioServer } from '#electron/server/start-server.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import type { Decision } from '#src/contract/routing/decision.ts';
import { routerManifestSchema, type RouterManifest } from '#src/contract/routing/manifest.ts';
import { openHost } from '#src/io/open-host.ts';
import type { Family } from '#src/serving/family.ts';
import { openFamily } from '#src/serving/open-family.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const token = 'a-token-for-the-tests';
const engine = openHost(engineContract, {
  name: 'engine',
  environment: { GGUF_STUDIO_HOME: folder.path('home') },
});
let manifest: RouterManifest;
let family: Family;
let server: StudioServer;
let client: OpenAI;

beforeAll(async () => {
  const manifests: RouterManifest[] = [];
  await mkdir(folder.path('family'));
  for (const domain of ['healthcare', 'business']) {
    const { code, stderr } = await folder.run('build', 'domain', domain, '--level', 'Q4_K_M', '--no-validate', '-o', domain); // prettier-ignore
    if (code !== 0) throw new Error(stderr);
    const read = JSON.parse(await readFile(folder.path(domain, 'router.json'), 'utf8')) as unknown;
    const made = routerManifestSchema.parse(read);
    manifests.push(made);
    for (const { file } of made.parents) {
      await copyFile(folder.path(domain, file), folder.path('family', file));
    }
  }
  const [one, two] = manifests as [RouterManifest, RouterManifest];
  manifest = {
    ...one,
    parents: [...one.parents, ...two.parents],
    routes: [...one.routes, ...two.routes],
    steps: [
      {
        kind: 'emotion',
        language: 'en',
        labels: ['neutral', 'positive', 'sad', 'angry', 'anxious'],
        tones: { anxious: { systemPrompt: 'Be calm.', sampling: { temperature: 0 } } },
      },
    ],
    policy: { preload: [], keepAliveSeconds: 300, context: { whenFull: 'stop' } },
  };
  await writeFile(folder.path('family', 'router.json'), JSON.stringify(manifest));
  family = await openFamily({
    path: folder.path('family'),
    engine: (method, params, options) => engine.call(method, params, options),
    traceFile: folder.path('trace.jsonl'),
  });
  server = await startServer({ v1: { token, family: () => family }, port: 0 });
  client = clientWith(token);
});

afterAll(async () => {
  await family.dispose();
  await server.close();
  await engine.dispose();
  folder.remove();
});

function clientWith(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `http://127.0.0.1:${server.port}/v1`, maxRetries: 0 });
}

interface WithStudio {
  readonly gguf_studio?: {
    readonly decision: Decision;
    readonly notices: readonly string[];
    readonly stop_reason: string;
    readonly context: { readonly window: number; readonly used: number };
  };
}
const studioOf = (body: unknown) => (body as WithStudio).gguf_studio!;
const user = (content: string) => ({ role: 'user' as const, content });
const illness = 'What does sunburn mean?';
const parentOf = (domain: string) => manifest.parents.find((parent) => parent.domain === domain)!;

describe('models', () => {
  it('are auto, routes, parents and their adapters', async () => {
    const names: string[] = [];
    for await (const { id } of client.models.list()) names.push(id);
    const healthcare = parentOf('healthcare').id;
    expect(names[0]).toBe('auto');
    expect(names).toEqual(
      expect.arrayContaining(['healthcare/conditions', healthcare, `${healthcare}:healthcare/conditions`]), // prettier-ignore
    );
    expect((await client.models.retrieve('healthcare/conditions')).id).toBe(
      'healthcare/conditions',
    );
    await expect(client.models.retrieve('nothing')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('chat', () => {
  it('is routed by "auto", and says how', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'auto', messages: [user(illness)], temperature: 0, max_tokens: 40 })
      .withResponse();
    const { decision, context } = studioOf(data);
    expect(decision.route).toBe('healthcare/conditions');
    expect(decision.why.length).toBeGreaterThan(0);
    expect(context.window).toBe(1024);
    expect(response.headers.get('x-gguf-studio-route')).toBe('healthcare/conditions');
    expect(data.model).toBe(`${parentOf('healthcare').id}:healthcare/conditions`);
    expect(data.choices[0]!.message.content).not.toBe('');
    expect(['stop', 'length']).toContain(data.choices[0]!.finish_reason);
    expect(data.usage!.total_tokens).toBe(
      data.usage!.prompt_tokens + data.usage!.completion_tokens,
    );
  });

  it('goes where its words lead: another domain, another parent', async () => {
    const route = manifest.routes.find(({ domain }) => domain === 'business')!;
    const asked = await client.chat.completions.create({
      model: 'auto',
      messages: [user(route.examples[0]!)],
      max_tokens: 8,
    });
    expect(studioOf(asked).decision).toMatchObject({ route: route.id, target: { parent: route.parent } }); // prettier-ignore
  });

  it('is answered by the adapter that "parent:adapter" names, as the route is', async () => {
    const parent = parentOf('healthcare').id;
    const ask = (model: string) =>
      client.chat.completions.create({ model, messages: [user(illness)], temperature: 0, max_tokens: 40 }); // prettier-ignore
    const adapted = await ask(`${parent}:healthcare/conditions`);
    const bare = await ask(parent);
    const routed = await ask('healthcare/conditions');
    const text = (answer: OpenAI.Chat.ChatCompletion) => answer.choices[0]!.message.content;
    expect(text(adapted)).toBe(text(routed));
    expect(text(bare)).not.toBe(text(adapted));
    expect(studioOf(adapted).decision).toMatchObject({ by: 'address', route: null });
  });

  it('streams the text that it answers whole, with the decision first and the usage last', async () => {
    const request = { model: 'auto', messages: [user(illness)], temperature: 0, max_tokens: 40 };
    const whole = await client.chat.completions.create(request);
    const stream = await client.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(studioOf(chunks[0]).decision.route).toBe('healthcare/conditions');
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe(whole.choices[0]!.finish_reason);
    expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: whole.usage!.completion_tokens }); // prettier-ignore
  });

  it('can be cancelled, and then nothing computes', async () => {
    const before = family.state().requests.done;
    const stream = await client.chat.completions.create({
      model: parentOf('healthcare').id,
      messages: [user('What is asthma?')],
      max_tokens: 900,
      temperature: 0,
      stream: true,
    });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta.content ?? '') !== '') break;
    }
    stream.controller.abort();
    await until(() => family.state().requests.done === before + 1);
    const states = await engine.call('describeServed', {});
    expect(states.every(({ running }) => running === 0)).toBe(true);
    await untilAtRest(engine.process!.processId!);
  });

  it('stays with its route while the conversation goes on', async () => {
    const first = await client.chat.completions.create({ model: 'auto', messages: [user(illness)], max_tokens: 20 }); // prettier-ignore
    const next = await client.chat.completions.create({
      model: 'auto',
      messages: [user(illness), { role: 'assistant', content: first.choices[0]!.message.content }, user('And then?')], // prettier-ignore
      max_tokens: 8,
    });
    expect(studioOf(next).decision).toMatchObject({ route: 'healthcare/conditions', by: 'sticky' });
    expect(next.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(0);
  });

  it('feels the emotion, and changes its tone as the manifest says', async () => {
    const asked = await client.chat.completions.create({ model: 'auto', messages: [user('I am very worried and afraid: what does sunburn mean?')], max_tokens: 4 }); // prettier-ignore
    expect(studioOf(asked).decision.emotion).toMatchObject({
      label: 'anxious',
      changed: { systemPrompt: 'Be calm.' },
    });
  });

  it('ends at stop texts and limits', async () => {
    const ask = (options: object) =>
      client.chat.completions.create({ model: 'healthcare/conditions', messages: [user(illness)], temperature: 0, ...options }); // prettier-ignore
    const limited = await ask({ max_completion_tokens: 3 });
    expect(limited).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 3 } }); // prettier-ignore
    const whole = (await ask({ max_tokens: 40 })).choices[0]!.message.content!;
    const stop = whole.slice(10, 14);
    const stopped = await ask({ max_tokens: 40, stop: [stop] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: whole.slice(0, whole.indexOf(stop)) } }); // prettier-ignore
  });
});

describe('completions and embeddings', () => {
  it('continue a text', async () => {
    const { choices, usage } = await client.completions.create({ model: parentOf('healthcare').id, prompt: 'The heart is', max_tokens: 6, temperature: 0 }); // prettier-ignore
    expect(choices[0]!.text).not.toBe('');
    expect(usage!.completion_tokens).toBeLessThanOrEqual(6);
  });

  it('turn texts into vectors of length 1, by the default encoding of the client and by numbers', async () => {
    const input = ['What is asthma?', 'A bank.'];
    const packed = await client.embeddings.create({ model: 'auto', input });
    const plain = await client.embeddings.create({
      model: 'auto',
      input,
      encoding_format: 'float',
    });
    expect(packed.data).toHaveLength(2);
    expect(Math.hypot(...packed.data[0]!.embedding)).toBeCloseTo(1, 4);
    packed.data[1]!.embedding.forEach((value, index) =>
      expect(value).toBeCloseTo(plain.data[1]!.embedding[index]!, 6),
    );
  });
});

describe('errors', () => {
  it('are those that the client knows', async () => {
    const ask = (with_: OpenAI, options: object) =>
      with_.chat.completions.create({ model: 'auto', messages: [user('Hi')], ...options } as OpenAI.Chat.ChatCompletionCreateParamsNonStreaming); // prettier-ignore
    await expect(ask(clientWith('not-the-token-at-all'), {})).rejects.toBeInstanceOf(OpenAI.AuthenticationError); // prettier-ignore
    await expect(ask(client, { model: 'gpt-7' })).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' }); // prettier-ignore
    await expect(ask(client, { n: 2 })).rejects.toMatchObject({ status: 400, param: 'n' });
    await expect(
      ask(client, { tools: [{ type: 'function', function: { name: 'f' } }] }),
    ).rejects.toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'tools' });
    await expect(ask(client, { messages: [user('word '.repeat(3000))] })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
  });

  it('lead to a fallback where the parent is at fault: it is named', async () => {
    const [parent] = manifest.parents.filter(({ domain }) => domain === 'business');
    const path = folder.path('family', parent!.file);
    const bytes = await readFile(path);
    await writeFile(path, Buffer.concat([bytes, Buffer.from('x')]));
    const route = manifest.routes.find(({ domain }) => domain === 'business')!;
    const asked = await client.chat.completions.create({ model: route.id, messages: [user('Hi')], max_tokens: 4 }); // prettier-ignore
    expect(studioOf(asked).decision.target.parent).toBe(manifest.fallback.parent);
    expect(studioOf(asked).notices.join()).toContain('is not the file that the manifest names');
    // Named itself, it is refused.
    await expect(
      client.chat.completions.create({ model: parent!.id, messages: [user('Hi')] }),
    ).rejects.toMatchObject({ status: 500, code: 'file_mismatch' });
    await writeFile(path, bytes);
    expect(await client.chat.completions.create({ model: parent!.id, messages: [user('Hi')], max_tokens: 4 })).toBeDefined(); // prettier-ignore
  });

  it('of an engine that dies end what it answered; the next request starts a new one', async () => {
    const stream = await client.chat.completions.create({
      model: parentOf('healthcare').id,
      messages: [user('What is asthma?')],
      max_tokens: 900,
      temperature: 0,
      stream: true,
    });
    await expect(
      (async () => {
        for await (const chunk of stream) {
          if ((chunk.choices[0]?.delta.content ?? '') !== '') engine.process?.kill();
        }
      })(),
    ).rejects.toThrow(/stopped/);
    const asked = await client.chat.completions.create({ model: 'auto', messages: [user(illness)], max_tokens: 4 }); // prettier-ignore
    expect(studioOf(asked).decision.route).toBe('healthcare/conditions');
  });
});

describe('limits', () => {
  /** The same family with another policy, in the same engine, behind a server of its own. */
  async function withPolicy(
    name: string,
    change: { policy: Partial<RouterManifest['policy']>; contextWindow?: number },
    use: (limited: OpenAI, limitedFamily: Family) => Promise<void>,
  ): Promise<void> {
    await mkdir(folder.path(name));
    for (const { file } of manifest.parents) {
      await copyFile(folder.path('family', file), folder.path(name, file));
    }
    const changed = {
      ...manifest,
      parents: manifest.parents.map((parent) => ({ ...parent, ...(change.contextWindow !== undefined && { contextWindow: change.contextWindow }) })),
      policy: { ...manifest.policy, ...change.policy },
    }; // prettier-ignore
    await writeFile(folder.path(name, 'router.json'), JSON.stringify(changed));
    const limited = await openFamily({
      path: folder.path(name),
      engine: (method, params, options) => engine.call(method, params, options),
    });
    const listening = await startServer({ v1: { token, family: () => limited }, port: 0 });
    const baseURL = `http://127.0.0.1:${listening.port}/v1`;
    try {
      await use(new OpenAI({ apiKey: token, baseURL, maxRetries: 0 }), limited);
    } finally {
      await limited.dispose();
      await listening.close();
    }
  }

  it('of a window end an answer, and say so', async () => {
    const ask = (of: OpenAI) =>
      of.chat.completions.create({ model: 'healthcare/conditions', messages: [user(illness)], max_tokens: 900, temperature: 0 }); // prettier-ignore
    const { prompt_tokens: prompt, completion_tokens: answer } = (await ask(client)).usage!;
    expect(answer).toBeGreaterThan(4);
    const contextWindow = prompt + 3;
    const policy = { context: { whenFull: 'stop' as const } };
    await withPolicy('stopping', { policy, contextWindow }, async (limited) => {
      const asked = await ask(limited);
      expect(asked.choices[0]!.finish_reason).toBe('length');
      const { context, notices, stop_reason } = studioOf(asked);
      expect({ stop_reason, window: context.window }).toEqual({ stop_reason: 'window', window: contextWindow }); // prettier-ignore
      expect(notices.join()).toContain(`the window of ${contextWindow} tokens is full`);
    });
  });

  it('of a window that slides are told with what was forgotten', async () => {
    const policy = { context: { initial: 64, whenFull: 'slide' as const } };
    await withPolicy('sliding', { policy, contextWindow: 128 }, async (limited) => {
      const turn = user('Tell me about asthma, please, and about the lungs, too. '.repeat(2));
      const messages = Array.from({ length: 4 }, () => [turn, { role: 'assistant' as const, content: 'It is a disease.' }]).flat(); // prettier-ignore
      const asked = await limited.chat.completions.create({ model: parentOf('healthcare').id, messages: [...messages, user('And sunburn?')], max_tokens: 8 }); // prettier-ignore
      expect(studioOf(asked).notices.join()).toMatch(/oldest messages .* were forgotten/);
    });
  });

  it('of memory that holds no second parent let the first one leave, and both are answered', async () => {
    const [one, two] = [parentOf('healthcare').id, parentOf('business').id];
    let bytes = 0;
    await withPolicy('measured', { policy: {} }, async (limited, watched) => {
      watched.onState(() => undefined);
      await limited.completions.create({ model: one, prompt: 'a', max_tokens: 2 });
      await until(() => watched.state().loaded.length === 1);
      bytes = watched.state().loaded[0]!.ramBytes;
    });
    const memoryBudgetBytes = Math.round(bytes * 1.3);
    await withPolicy('tight', { policy: { memoryBudgetBytes } }, async (limited, watched) => {
      watched.onState(() => undefined);
      for (const model of [one, two, one]) {
        const asked = await limited.completions.create({ model, prompt: 'a', max_tokens: 2 });
        expect(asked.usage!.completion_tokens).toBeGreaterThan(0);
        await until(
          () =>
            watched
              .state()
              .loaded.map(({ parent }) => parent)
              .join() === model,
        );
      }
    });
  });

  it('of memory that holds no parent at all are an error of the server, which goes on', async () => {
    await withPolicy('none', { policy: { memoryBudgetBytes: 1000 } }, async (limited) => {
      const ask = () => limited.completions.create({ model: parentOf('healthcare').id, prompt: 'a' });
      await expect(ask()).rejects.toMatchObject({ status: 503, code: 'insufficient_memory' });
      expect((await limited.models.list()).data.length).toBeGreaterThan(1);
    }); // prettier-ignore
  });

  it('of requests: 200 at once are answered or told to come back, and each parent is loaded once', async () => {
    const ask = (index: number) => {
      const parent = parentOf(index % 2 === 0 ? 'healthcare' : 'business');
      return client.completions.create({
        model: parent.id,
        prompt: `word ${index}`,
        max_tokens: 2,
      });
    };
    const got = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => ask(index)));
    const refused = got.filter(({ status }) => status === 'rejected');
    for (const one of refused) expect(one).toMatchObject({ reason: { status: 429, code: 'queue_full' } }); // prettier-ignore
    expect(got.length - refused.length).toBeGreaterThanOrEqual(128);
    const states = await engine.call('describeServed', {});
    expect(states.map(({ waiting, running }) => waiting + running)).toEqual(states.map(() => 0));
    expect(states.filter(({ parent }) => parent.endsWith(parentOf('healthcare').id))).toHaveLength(1); // prettier-ignore
    expect((await ask(0)).usage!.completion_tokens).toBeGreaterThan(0);
  });
});

describe('a trace', () => {
  it('holds what the router decided, and no more than was asked for', async () => {
    const lines = (await readFile(folder.path('trace.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(JSON.parse(lines[0]!)).toMatchObject({ text: illness, decision: { by: 'lexical' } });
  });
});

async function until(check: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It did not come to pass.');
}

/** Resolves once the process's threads use no processor any more, where Linux tells it: an answer would use a core. */
async function untilAtRest(processId: number): Promise<void> {
  const used = async () => {
    const fields = (await readFile(`/proc/${processId}/stat`, 'utf8')).split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  if (process.platform !== 'linux') return;
  for (let tries = 0; tries < 50; tries++) {
    const before = await used();
    await new Promise((resolve) => setTimeout(resolve, 200));
    if ((await used()) - before <= 1) return;
  }
  throw new Error('It went on computing.');
}
