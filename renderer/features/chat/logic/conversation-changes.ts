// What can happen to a conversation, as pure functions: the chat store applies them, tests prove them. Every change gives
// a new conversation and leaves untouched columns and turns as they are, so that only what changed is drawn again.
import type { ChatMessage } from '#src/contract/column.ts';
import type { ColumnModel, Conversation, Turn } from '#src/contract/conversation.ts';

export type Column = Conversation['columns'][number];

/** As many columns as a conversation may hold. */
export const maximumColumns = 16;

export function newConversation(id: string, now: number, seed: number): Conversation {
  return {
    version: 1,
    id,
    title: '',
    createdAt: now,
    changedAt: now,
    systemPrompt: '',
    sampling: { seed },
    columns: [],
    votes: [],
  };
}

/** The first line of the first prompt, at most 60 characters, cut at a word. */
export function titleFromPrompt(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0]?.replace(/\s+/g, ' ') ?? '';
  if (line.length <= 60) return line;
  const cut = line.slice(0, 59);
  const space = cut.lastIndexOf(' ');
  return `${(space > 30 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

export function changeColumn(
  conversation: Conversation,
  id: string,
  change: (column: Column) => Column,
): Conversation {
  return {
    ...conversation,
    columns: conversation.columns.map((column) => (column.id === id ? change(column) : column)),
  };
}

/** Adds columns at the end, or after the column `after`; more than fit are left out. */
export function addColumns(
  conversation: Conversation,
  added: readonly Column[],
  after?: string,
): Conversation {
  const room = maximumColumns - conversation.columns.length;
  const index = conversation.columns.findIndex(({ id }) => id === after);
  const at = index < 0 ? conversation.columns.length : index + 1;
  const columns = [...conversation.columns];
  columns.splice(at, 0, ...added.slice(0, Math.max(0, room)));
  return { ...conversation, columns };
}

export function removeColumn(conversation: Conversation, id: string): Conversation {
  return { ...conversation, columns: conversation.columns.filter((column) => column.id !== id) };
}

/** Moves a column by `step` places; at the edge it stays. */
export function moveColumn(conversation: Conversation, id: string, step: number): Conversation {
  const from = conversation.columns.findIndex((column) => column.id === id);
  const to = from + step;
  const column = conversation.columns[from];
  if (column === undefined || to < 0 || to >= conversation.columns.length) return conversation;
  const columns = conversation.columns.filter((_, index) => index !== from);
  columns.splice(to, 0, column);
  return { ...conversation, columns };
}

/** Another model answers from now on; what was said stays. */
export function setColumnModel(
  conversation: Conversation,
  id: string,
  model: ColumnModel,
): Conversation {
  return changeColumn(conversation, id, (column) => ({ ...column, model }));
}

/** Sets or takes back (undefined) a column's own window and GPU layers. */
export function setColumnOptions(
  conversation: Conversation,
  id: string,
  options: { contextSize: number | undefined; gpuLayers: number | 'auto' | undefined },
): Conversation {
  return changeColumn(conversation, id, ({ id: same, model, turns }) => ({
    id: same,
    model,
    ...(options.contextSize === undefined ? {} : { contextSize: options.contextSize }),
    ...(options.gpuLayers === undefined ? {} : { gpuLayers: options.gpuLayers }),
    turns,
  }));
}

/** Sets the window of all columns, or (undefined) lets every model have its own. */
export function setContextSize(
  conversation: Conversation,
  contextSize: number | undefined,
): Conversation {
  const changed: Conversation = { ...conversation };
  delete changed.contextSize;
  return contextSize === undefined ? changed : { ...changed, contextSize };
}

/** Asks the named columns; the first prompt of a conversation gives it its title. */
export function appendPrompt(
  conversation: Conversation,
  columns: readonly string[],
  text: string,
  now: number,
): Conversation {
  return {
    ...conversation,
    title: conversation.title === '' ? titleFromPrompt(text) : conversation.title,
    changedAt: now,
    columns: conversation.columns.map((column) =>
      columns.includes(column.id)
        ? { ...column, turns: [...column.turns, { role: 'user', text }] }
        : column,
    ),
  };
}

export function appendAnswer(
  conversation: Conversation,
  id: string,
  turn: Turn,
  now: number,
): Conversation {
  return {
    ...changeColumn(conversation, id, (column) => ({
      ...column,
      turns: [...column.turns, turn],
    })),
    changedAt: now,
  };
}

/** Takes the last answer away, so that the column can answer its last prompt again. */
export function dropLastAnswer(conversation: Conversation, id: string): Conversation {
  return changeColumn(conversation, id, (column) =>
    column.turns.at(-1)?.role === 'assistant'
      ? { ...column, turns: column.turns.slice(0, -1) }
      : column,
  );
}

/** Another wording of a user turn: what came after it goes. */
export function editPrompt(
  conversation: Conversation,
  id: string,
  turn: number,
  text: string,
  now: number,
): Conversation {
  return {
    ...changeColumn(conversation, id, (column) => ({
      ...column,
      turns: [...column.turns.slice(0, turn), { role: 'user', text }],
    })),
    changedAt: now,
  };
}

/** The columns in which turn `turn` is the same prompt, so that an edit can go to all of them. */
export function columnsWithPrompt(
  conversation: Conversation,
  turn: number,
  text: string,
): string[] {
  return conversation.columns
    .filter(({ turns }) => turns[turn]?.role === 'user' && turns[turn].text === text)
    .map(({ id }) => id);
}

/**
 * What the model is shown. A prompt that never got an answer is left out unless it is the last: templates want user and
 * assistant in turns.
 */
export function messagesOf(conversation: Conversation, column: Column): ChatMessage[] {
  const messages: ChatMessage[] = [];
  if (conversation.systemPrompt.trim() !== '') {
    messages.push({ role: 'system', text: conversation.systemPrompt });
  }
  column.turns.forEach((turn, index) => {
    const next = column.turns[index + 1];
    const unanswered =
      turn.role === 'user' &&
      next !== undefined &&
      (next.role === 'user' || (next.role === 'assistant' && next.text === ''));
    if (unanswered || (turn.role === 'assistant' && turn.text === '')) return;
    messages.push({ role: turn.role, text: turn.text });
  });
  return messages;
}

/** Prompts of all columns in the order asked, without repetition: what up-arrow recalls, newest last. */
export function promptsOf(conversation: Conversation): string[] {
  const longest = Math.max(0, ...conversation.columns.map(({ turns }) => turns.length));
  const prompts: string[] = [];
  for (let turn = 0; turn < longest; turn++) {
    for (const { turns } of conversation.columns) {
      const said = turns[turn];
      if (said?.role === 'user' && prompts.at(-1) !== said.text) prompts.push(said.text);
    }
  }
  return prompts;
}

/** The prompt that a column's last answer belongs to; undefined while there is none. */
export function lastExchange(column: Column): { prompt: string; answer: Turn } | undefined {
  const answer = column.turns.at(-1);
  const prompt = column.turns.at(-2);
  if (answer?.role !== 'assistant' || prompt?.role !== 'user') return undefined;
  return { prompt: prompt.text, answer };
}
