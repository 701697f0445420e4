import { describe, expect, it } from 'vitest';
import type { Conversation } from '#src/contract/conversation.ts';
import {
  addColumns,
  appendAnswer,
  appendPrompt,
  columnsWithPrompt,
  dropLastAnswer,
  editPrompt,
  lastExchange,
  maximumColumns,
  messagesOf,
  moveColumn,
  newConversation,
  promptsOf,
  setColumnOptions,
  setContextSize,
  titleFromPrompt,
} from '#renderer/features/chat/logic/conversation-changes.ts';

function withColumns(...ids: string[]): Conversation {
  return addColumns(
    newConversation('c', 1, 7),
    ids.map((id) => ({ id, model: { path: `${id}.gguf`, name: id, adapters: [] }, turns: [] })),
  );
}

function answered(text: string) {
  return { role: 'assistant' as const, text };
}

describe('a conversation', () => {
  it('takes its title from the first prompt, cut at a word', () => {
    expect(titleFromPrompt('  What is a\tfracture?\nAnd then?')).toBe('What is a fracture?');
    const long = titleFromPrompt(`${'wordy '.repeat(20)}end`);
    expect(long.length).toBeLessThanOrEqual(60);
    expect(long.endsWith('wordy…')).toBe(true);
    const asked = appendPrompt(withColumns('a'), ['a'], 'First', 2);
    expect(appendPrompt(asked, ['a'], 'Second', 3).title).toBe('First');
  });

  it('asks only the named columns and leaves the others the same objects', () => {
    const before = withColumns('a', 'b');
    const after = appendPrompt(before, ['b'], 'Hello', 2);
    expect(after.columns[0]).toBe(before.columns[0]);
    expect(after.columns[1]?.turns).toEqual([{ role: 'user', text: 'Hello' }]);
    expect(after.changedAt).toBe(2);
  });

  it('puts new columns behind the named one and never holds more than it may', () => {
    const three = withColumns('a', 'b', 'c');
    const column = { model: null, turns: [] };
    expect(addColumns(three, [{ id: 'n', ...column }], 'a').columns.map(({ id }) => id)).toEqual([
      'a',
      'n',
      'b',
      'c',
    ]);
    const many = Array.from({ length: 40 }, (_, index) => ({ id: `m${index}`, ...column }));
    expect(addColumns(three, many).columns).toHaveLength(maximumColumns);
  });

  it('moves a column, and not beyond the edge', () => {
    const three = withColumns('a', 'b', 'c');
    expect(moveColumn(three, 'a', 1).columns.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(moveColumn(three, 'a', -1)).toBe(three);
    expect(moveColumn(three, 'c', 1)).toBe(three);
  });

  it('drops the last answer for another, and no prompt', () => {
    const asked = appendPrompt(withColumns('a'), ['a'], 'Q', 2);
    const done = appendAnswer(asked, 'a', answered('A'), 3);
    expect(dropLastAnswer(done, 'a').columns[0]?.turns).toEqual([{ role: 'user', text: 'Q' }]);
    expect(dropLastAnswer(asked, 'a').columns[0]?.turns).toEqual([{ role: 'user', text: 'Q' }]);
  });

  it('forgets what came after an edited prompt', () => {
    let open = appendPrompt(withColumns('a', 'b'), ['a', 'b'], 'Q1', 2);
    open = appendAnswer(open, 'a', answered('A1'), 3);
    open = appendPrompt(open, ['a'], 'Q2', 4);
    const edited = editPrompt(open, 'a', 0, 'Q1 again', 5);
    expect(edited.columns[0]?.turns).toEqual([{ role: 'user', text: 'Q1 again' }]);
    expect(edited.columns[1]).toBe(open.columns[1]);
    expect(columnsWithPrompt(open, 0, 'Q1')).toEqual(['a', 'b']);
    expect(columnsWithPrompt(edited, 0, 'Q1')).toEqual(['b']);
  });

  it('sends the system prompt and the turns, without prompts that never got an answer', () => {
    let open: Conversation = { ...withColumns('a'), systemPrompt: 'Be brief.' };
    open = appendPrompt(open, ['a'], 'lost', 2);
    open = appendAnswer(open, 'a', { ...answered(''), problem: { code: 'x', message: 'm' } }, 3);
    open = appendPrompt(open, ['a'], 'kept', 4);
    open = appendAnswer(open, 'a', answered('half an ans'), 5);
    open = appendPrompt(open, ['a'], 'now', 6);
    const [column] = open.columns;
    expect(column && messagesOf(open, column)).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'kept' },
      { role: 'assistant', text: 'half an ans' },
      { role: 'user', text: 'now' },
    ]);
    expect(column && lastExchange(column)).toBeUndefined();
  });

  it('recalls every prompt once, in order', () => {
    let open = appendPrompt(withColumns('a', 'b'), ['a', 'b'], 'Q1', 2);
    open = appendAnswer(open, 'a', answered('A1'), 3);
    open = appendAnswer(open, 'b', answered('B1'), 3);
    open = appendPrompt(open, ['b'], 'Q2', 4);
    expect(promptsOf(open)).toEqual(['Q1', 'Q2']);
  });

  it('keeps a column its own window only while one is set', () => {
    const own = setColumnOptions(withColumns('a'), 'a', { contextSize: 512, gpuLayers: 'auto' });
    expect(own.columns[0]).toMatchObject({ contextSize: 512, gpuLayers: 'auto' });
    const back = setColumnOptions(own, 'a', { contextSize: undefined, gpuLayers: undefined });
    expect(back.columns[0]).not.toHaveProperty('contextSize');
    expect(back.columns[0]).not.toHaveProperty('gpuLayers');
    expect(setContextSize(setContextSize(own, 4096), undefined)).not.toHaveProperty('contextSize');
  });
});
