// Conversations as JSON files in `<workspace>/conversations`, one each, written whole. What was read is remembered by size
// and time, so that the list and the tally of a thousand conversations read only what changed.
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  conversationSchema,
  type Conversation,
  type ConversationSummary,
  type Tally,
} from '#src/contract/conversation.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { toIoError } from './io-error.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** 500 turns in 16 columns are a few MB. */
const maximumBytes = 64 << 20;
const maximumConversations = 10_000;

export interface ConversationStore {
  /** Newest first; files that cannot be read are listed with the reason. */
  list(signal?: AbortSignal): Promise<ConversationSummary[]>;
  /** Throws `io/not-found`, and `conversation/invalid` for a broken file. */
  read(id: string): Promise<Conversation>;
  save(conversation: Conversation): Promise<void>;
  remove(id: string): Promise<void>;
  /** Votes over all conversations, most wins first. */
  tally(signal?: AbortSignal): Promise<Tally>;
}

interface Remembered {
  readonly modified: number;
  readonly bytes: number;
  readonly summary: ConversationSummary;
  readonly votes: Conversation['votes'];
}

export function openConversationStore(workspaceFolder: string): ConversationStore {
  const folder = join(workspaceFolder, 'conversations');
  const pathOf = (id: string) => join(folder, `${checkedId(id)}.json`);
  const remembered = new Map<string, Remembered>();
  let last: Promise<unknown> = Promise.resolve();

  const readAll = async (signal?: AbortSignal): Promise<Remembered[]> => {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw toIoError(error, folder);
    });
    const all: Remembered[] = [];
    for (const name of names.slice(0, maximumConversations)) {
      signal?.throwIfAborted();
      const id = /^([A-Za-z0-9-]{1,64})\.json$/.exec(name)?.[1];
      const status =
        id === undefined ? undefined : await stat(join(folder, name)).catch(() => undefined);
      if (id === undefined || status === undefined) continue;
      const known = remembered.get(id);
      const current =
        known?.modified === status.mtimeMs && known.bytes === status.size
          ? known
          : { modified: status.mtimeMs, bytes: status.size, ...(await look(id, status.mtimeMs)) };
      remembered.set(id, current);
      all.push(current);
    }
    return all;
  };
  const look = async (
    id: string,
    modified: number,
  ): Promise<Pick<Remembered, 'summary' | 'votes'>> => {
    try {
      const conversation = await readConversation(pathOf(id), id);
      return { summary: summarize(conversation), votes: conversation.votes };
    } catch (error) {
      const problem = (error as Error).message;
      return {
        summary: { id, title: id, changedAt: modified, turns: 0, models: [], problem },
        votes: [],
      };
    }
  };
  /** Saving and removing come in order, so that a late save does not bring a removed conversation back. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    async list(signal) {
      const all = (await readAll(signal)).map(({ summary }) => summary);
      return all.sort((a, b) => b.changedAt - a.changedAt);
    },
    read: async (id) => readConversation(pathOf(id), id),
    save: (conversation) =>
      inTurn(async () => {
        const text = `${JSON.stringify(conversation, null, 1)}\n`;
        if (Buffer.byteLength(text) > maximumBytes) {
          throw new StudioError(
            'studio/limit',
            `The conversation is larger than ${maximumBytes} bytes.`,
            {
              hint: 'Export it, then begin a new one.',
            },
          );
        }
        await writeFileAtomically(pathOf(conversation.id), text);
      }),
    remove: (id) =>
      inTurn(async () => {
        const path = pathOf(id);
        remembered.delete(id);
        await rm(path).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw toIoError(error, path);
        });
      }),
    tally: async (signal) => countVotes((await readAll(signal)).flatMap(({ votes }) => votes)),
  };
}

function checkedId(id: string): string {
  if (/^[A-Za-z0-9-]{1,64}$/.test(id)) return id;
  throw new StudioError('io/not-found', 'There is no such conversation.', {
    hint: 'Choose one of the list.',
  });
}

async function readConversation(path: string, id: string): Promise<Conversation> {
  let text: string;
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maximumBytes) throw broken(path, `it has ${size} bytes`);
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toIoError(error, path);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw broken(path, `it is not valid JSON (${(error as Error).message})`);
  }
  const parsed = conversationSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(path, `${issue?.path.join('.') || 'top level'}: ${issue?.message ?? 'invalid'}`);
  }
  // The file's name is what it is asked for by.
  return { ...parsed.data, id };
}

function broken(path: string, reason: string): StudioError {
  return new StudioError(
    'conversation/invalid',
    `The conversation ${path} cannot be read: ${reason}.`,
    {
      hint: 'The file is left as it is. Correct it by hand, or delete it.',
      details: { path },
    },
  );
}

function summarize({ id, title, changedAt, columns }: Conversation): ConversationSummary {
  return {
    id,
    title,
    changedAt,
    turns: Math.max(
      0,
      ...columns.map(({ turns }) => turns.filter(({ role }) => role === 'user').length),
    ),
    models: columns.flatMap(({ model }) => (model === null ? [] : [model.name])),
  };
}

function countVotes(votes: Conversation['votes']): Tally {
  const tally = new Map<string, Tally[number]>();
  for (const { candidates, winner } of votes) {
    candidates.forEach((model, index) => {
      const row = tally.get(model) ?? { model, wins: 0, ties: 0, losses: 0 };
      tally.set(model, row);
      if (winner === null) row.ties++;
      else if (winner === index) row.wins++;
      else row.losses++;
    });
  }
  return [...tally.values()].sort(
    (a, b) => b.wins - a.wins || a.losses - b.losses || (a.model < b.model ? -1 : 1),
  );
}
