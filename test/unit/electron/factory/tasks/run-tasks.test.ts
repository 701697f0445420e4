// Tasks asked of Seedling: what it answers is known to be the same on every machine only up to rounding, so that scores are
// held against wide bounds, but the house style of an adapter is sure.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factoryContract, type FactoryContract } from '#src/contract/factory.contract.ts';
import type { ParamsOf } from '#src/contract/contract.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import { openHost } from '#src/io/open-host.ts';
import { expectRefusal } from '#test/helpers/expect-refusal.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const host = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: folder.path('home') },
});
const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const embedded = (name: string) => ({
  id: name,
  title: name,
  path: `${root}assets/evaluation/tasks-${name}.jsonl`,
});
const model = () => ({ id: 'Q8_0', label: 'Q8_0', path: folder.path('seedling-4m-Q8_0.gguf') });
const conditions = { path: `${seedlingFolder}/adapters/conditions`, scale: 1 };

function ask(
  params: ParamsOf<FactoryContract, 'runTasks'>,
  options: { signal?: AbortSignal; onEvent?: (event: StageEvent) => void } = {},
) {
  return host.call('runTasks', params, {
    ...options,
    onEvent: (event) => options.onEvent?.(event),
  });
}

function writeTasks(name: string, ...lines: string[]) {
  writeFileSync(folder.path(name), lines.join('\n'));
  return { id: name, title: name, path: folder.path(name) };
}

beforeAll(async () => {
  const base = `${seedlingFolder}/seedling-4m`;
  const { code, stderr } = await folder.run('quantize', base, '--outdir', '.', '--levels', 'Q8_0');
  if (code !== 0) throw new Error(stderr);
}, 60_000);

afterAll(async () => {
  await host.dispose();
  folder.remove();
});

describe('runTasks', () => {
  it('counts right answers, keeps the first wrong ones, and hears an adapter', async () => {
    const { tasks } = await ask({
      subjects: [model(), { ...model(), id: 'adapted', adapters: [conditions] }],
      tasks: [embedded('definitions'), embedded('conditions')],
      threads: 1,
    });
    const names = tasks.map(({ subject, task }) => `${subject} ${task}`);
    expect(names).toEqual(['Q8_0 definitions', 'Q8_0 conditions', 'adapted definitions', 'adapted conditions']); // prettier-ignore
    const [definitions, plain, , styled] = tasks;
    expect(definitions?.asked).toBe(131);
    expect(definitions?.right).toBeGreaterThan(25);
    expect(definitions?.right).toBeLessThan(70);
    expect(definitions?.wrong).toHaveLength(10);
    expect(plain).toMatchObject({ asked: 40, right: 0 });
    expect(plain?.wrong[0]).toMatchObject({ expected: 'clinical note' });
    expect(plain?.wrong[0]?.answered).not.toBe('');
    expect(styled?.right).toBeGreaterThan(35);
  }, 60_000);

  it('asks through the chat template, whole conversations too', async () => {
    const question = { role: 'user', content: 'Explain kindness.' };
    const turns = [
      question,
      { role: 'assistant', content: 'The quality of being kind.' },
      question,
    ];
    const file = writeTasks(
      'turns.jsonl',
      JSON.stringify({ messages: turns, answer: 'no such answer' }),
      JSON.stringify({ prompt: question.content, answer: 'the quality', match: 'start' }),
    );
    const progress: number[] = [];
    const notices: string[] = [];
    const { tasks } = await ask(
      { subjects: [model()], tasks: [file], threads: 1 },
      {
        onEvent: (event) => {
          if (event.event === 'progress') progress.push(event.done);
          if (event.event === 'notice') notices.push(event.message);
        },
      },
    );
    expect(tasks[0]).toMatchObject({ asked: 2, right: 1 });
    // Without its template the model would go on with the question.
    expect(tasks[0]?.wrong[0]?.answered).not.toMatch(/im_start|im_end/);
    expect(notices).toEqual([]);
    expect(progress.at(-1)).toBe(2);
  }, 30_000);

  it('asks the validation prompts for sound answers', async () => {
    const file = { id: 'v', title: 'v', path: `${root}configs/validation_prompts.json` };
    const { tasks } = await ask({ subjects: [model()], tasks: [file], threads: 1 });
    expect(tasks).toEqual([{ subject: 'Q8_0', task: 'v', title: 'v', asked: 4, right: 4, outcomes: '1111', wrong: [] }]); // prettier-ignore
  }, 30_000);

  it('refuses a wrong line, a prompt beyond the context, and what is no text', async () => {
    const refused = (file: ReturnType<typeof writeTasks>) =>
      ask({ subjects: [model()], tasks: [file], threads: 1 });
    const broken = writeTasks('broken.jsonl', '{"prompt": "a", "answer": "b"}', '{"prompt": "a"}');
    await expectRefusal(refused(broken), 'evaluation/tasks', /broken\.jsonl, line 2: no "answer"/);
    const prompt = 'ambulate '.repeat(2000);
    const long = writeTasks('long.jsonl', JSON.stringify({ prompt, answer: 'x' }));
    await expectRefusal(refused(long), 'evaluation/tasks', /line 1: the prompt has \d+ tokens/);
    const binary = { id: 'b', title: 'b', path: model().path };
    await expectRefusal(refused(binary), 'evaluation/tasks', /not UTF-8/);
    await expectRefusal(
      refused({ ...binary, path: folder.path('.') }),
      'evaluation/tasks',
      /no file/,
    );
  }, 30_000);

  it('goes on with the next question where it was cancelled, with the same answers', async () => {
    // Of other tests no answer of this length is kept.
    const asked = {
      subjects: [model()],
      tasks: [embedded('definitions')],
      maximumTokens: 63,
      threads: 1,
    };
    const stop = new AbortController();
    let before = 0;
    const running = ask(asked, {
      signal: stop.signal,
      onEvent(event) {
        if (event.event !== 'progress') return;
        before = event.done;
        if (event.done > 0) stop.abort();
      },
    });
    await expectRefusal(running, 'cancelled');
    expect(before).toBeGreaterThan(0);
    let first: number | undefined;
    const rest = await ask(asked, {
      onEvent(event) {
        if (event.event === 'progress') first ??= event.done;
      },
    });
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThan(rest.tasks[0]?.asked ?? 0);
    const anew = await ask({ ...asked, fresh: true });
    expect(rest.tasks).toEqual(anew.tasks);
    expect(anew.tasks[0]?.outcomes).toHaveLength(anew.tasks[0]?.asked ?? -1);
  }, 60_000);
});
