// Files that change or misbehave under a loaded column: each is told clearly, has a way on, and leaves the other columns
// alone. Real models in a real engine host.
import { copyFileSync, renameSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage } from '#src/contract/column.ts';
import { copyWithTemplate, threeQuestions } from '#test/helpers/copy-with-template.ts';
import { studioFolder } from '#test/helpers/run-studio.ts';
import {
  makeSeedlingModels,
  startEngine,
  type EngineUnderTest,
} from '#test/helpers/seedling-models.ts';

const folder = studioFolder();
const question = 'What is a heart?';
const limit = { maxTokens: 24 };
let engine: EngineUnderTest;
/** What each level answers to the question. */
const answers = new Map<string, string>();

beforeAll(async () => {
  await makeSeedlingModels(folder);
  engine = startEngine(folder);
  for (const level of ['Q8_0', 'Q2_K']) {
    await engine.load('reference', `seedling-4m-${level}.gguf`);
    answers.set(level, (await engine.ask('reference', question, limit)).text);
  }
  expect(answers.get('Q8_0')).not.toBe(answers.get('Q2_K'));
  await engine.load('other', 'seedling-4m-Q4_K_M.gguf');
});

afterAll(async () => {
  await engine.host.dispose();
  folder.remove();
});

/** The host is still the same one, and the column that had nothing to do with it answers. */
async function otherColumnAnswers(): Promise<void> {
  expect((await engine.ask('other', question, limit)).tokens).toBeGreaterThan(0);
}

describe('a file that goes while it is loaded', () => {
  beforeEach(() => copyFileSync(folder.path('seedling-4m-Q8_0.gguf'), folder.path('gone.gguf')));

  it('still answers, says on loading that it is gone, and comes back with its file', async () => {
    await engine.load('gone', 'gone.gguf');
    rmSync(folder.path('gone.gguf'));
    expect((await engine.ask('gone', question, limit)).text).toBe(answers.get('Q8_0'));
    const gone = { code: 'io/not-found', message: expect.stringContaining('gone.gguf') as string };
    await expect(engine.load('gone', 'gone.gguf')).rejects.toMatchObject(gone);
    await expect(engine.ask('gone', question, limit)).rejects.toMatchObject(gone);
    await otherColumnAnswers();
    copyFileSync(folder.path('seedling-4m-Q8_0.gguf'), folder.path('gone.gguf'));
    expect((await engine.ask('gone', question, limit)).text).toBe(answers.get('Q8_0'));
  });
});

describe('a file that is replaced while it is loaded', () => {
  const other = folder.path('seedling-4m-Q2_K.gguf');
  it.each([
    [
      'renamed into its place',
      (path: string) => {
        copyFileSync(other, `${path}.new`);
        renameSync(`${path}.new`, path);
      },
    ],
    ['written over it', (path: string) => writeFileSync(path, readFileSync(other))],
  ])('is loaded again with the next prompt, and says so: %s', async (_, replace) => {
    const path = folder.path('replaced.gguf');
    copyFileSync(folder.path('seedling-4m-Q8_0.gguf'), path);
    await engine.load('replaced', 'replaced.gguf');
    expect((await engine.ask('replaced', question, limit)).text).toBe(answers.get('Q8_0'));
    replace(path);
    const said: unknown[] = [];
    const answer = await engine.ask('replaced', question, limit, {
      onEvent: (event) => event.event === 'state' && said.push(event.state),
    });
    expect(answer.text).toBe(answers.get('Q2_K'));
    expect(said[0]).toEqual({
      column: 'replaced',
      state: 'loading',
      reason: 'The file was written anew since; loading it again.',
    });
    await otherColumnAnswers();
  });

  it('refuses what is no model any more, and takes the next one', async () => {
    const path = folder.path('spoilt.gguf');
    copyFileSync(folder.path('seedling-4m-Q8_0.gguf'), path);
    await engine.load('spoilt', 'spoilt.gguf');
    writeFileSync(path, readFileSync(other).subarray(0, 600_000));
    await expect(engine.ask('spoilt', question, limit)).rejects.toMatchObject({
      message: expect.stringContaining('spoilt.gguf') as string,
    });
    await otherColumnAnswers();
    writeFileSync(path, readFileSync(other));
    expect((await engine.ask('spoilt', question, limit)).text).toBe(answers.get('Q2_K'));
  });
});

describe('a chat template', () => {
  const withTemplate = (template: string) =>
    copyWithTemplate(folder.path('seedling-4m-Q8_0.gguf'), folder.path('template.gguf'), template);

  it.each([
    ['throws', "{{ raise_exception('never') }}"],
    ['does not parse', '{% for message in %}'],
  ])('that %s is replaced by a form that the vocabulary knows', async (_, template) => {
    await withTemplate(template);
    const about = await engine.load('template', 'template.gguf');
    expect(about.templateProblem).toMatch(/cannot be used .*instead/);
    expect((await engine.ask('template', question, limit)).text).toBe(answers.get('Q8_0'));
  });

  it('that refuses one conversation says why, and answers the next one', async () => {
    await withTemplate(threeQuestions);
    const about = await engine.load('template', 'template.gguf');
    expect(about.templateProblem).toBeUndefined();
    const turns: ChatMessage[] = ['One?', 'Two?', 'Three?'].flatMap((text) => [
      { role: 'user', text },
      { role: 'assistant', text: 'Yes.' },
    ]);
    const asked: ChatMessage[] = [...turns, { role: 'user', text: 'Four?' }];
    await expect(engine.ask('template', asked, limit)).rejects.toMatchObject({
      code: 'chat/template',
      message: 'The chat template refuses this conversation: Three questions are enough.',
      hint: expect.stringContaining('start a new conversation') as string,
    });
    await otherColumnAnswers();
    expect((await engine.ask('template', question, limit)).text).not.toBe('');
  });
});
