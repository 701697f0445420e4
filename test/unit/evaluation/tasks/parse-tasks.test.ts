import { describe, expect, it } from 'vitest';
import { StudioError } from '#src/errors/studio-error.ts';
import { parseTasks } from '#src/evaluation/tasks/parse-tasks.ts';

const good = '{"prompt": "2 + 2?", "answer": "4"}';

function refusal(text: string): string {
  try {
    parseTasks(text, 'tasks.jsonl');
  } catch (error) {
    if (error instanceof StudioError && error.code === 'evaluation/tasks') return error.message;
    throw error;
  }
  throw new Error('It was accepted');
}

describe('parseTasks', () => {
  it('reads prompts and conversations, with one or several answers, and skips blank lines', () => {
    const conversation = {
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Capital of France?' },
      ],
      answer: ['Paris.', '"Lutetia"'],
      match: 'start',
    };
    expect(parseTasks(`\ufeff${good}\r\n\n${JSON.stringify(conversation)}\n`, 'x')).toEqual([
      { line: 1, messages: [{ role: 'user', content: '2 + 2?' }], answers: ['4'], match: 'exact' },
      { line: 3, messages: conversation.messages, answers: ['paris', 'lutetia'], match: 'start' },
    ]);
  });

  it.each([
    ['{"prompt": "x"', /not valid JSON/],
    ['["x"]', /not an object/],
    ['{"answer": "x"}', /neither "prompt" nor "messages"/],
    ['{"prompt": "x"}', /no "answer"/],
    ['{"prompt": 4, "answer": "x"}', /"prompt" has the wrong form/],
    ['{"prompt": "x", "answer": []}', /"answer" has the wrong form/],
    ['{"prompt": "x", "answer": "..."}', /only punctuation is left/],
    ['{"prompt": "x", "answer": "y", "match": "maybe"}', /"match" has the wrong form/],
    ['{"messages": [{"role": "tool", "content": "x"}], "answer": "y"}', /"messages.0.role"/],
    ['{"messages": [{"role": "assistant", "content": "x"}], "answer": "y"}', /not of the user/],
    ['{"__proto__": {"prompt": "x", "answer": "y"}}', /neither "prompt" nor "messages"/],
  ])('refuses %s with its line', (line, reason) => {
    const message = refusal(`${good}\n\n${line}\n`);
    expect(message).toMatch(reason);
    expect(message).toContain('tasks.jsonl, line 3:');
  });

  it('refuses a file without a task', () => {
    expect(refusal('\n \n')).toContain('has no task');
  });
});
