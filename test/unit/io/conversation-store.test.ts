import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation } from '#src/contract/conversation.ts';
import { openConversationStore } from '#src/io/conversation-store.ts';
import { temporaryFolder } from '#test/helpers/open-test-studio.ts';

let folder: string;
beforeEach(async () => void (folder = await temporaryFolder()));
afterEach(() => rm(folder, { recursive: true, force: true }));

function conversation(id: string, votes: Conversation['votes'] = []): Conversation {
  const model = (name: string) => ({ path: `${name}.gguf`, name, adapters: [] });
  return {
    version: 1,
    id,
    title: `About ${id}`,
    createdAt: 1,
    changedAt: id === 'a' ? 1 : 2,
    systemPrompt: '',
    sampling: { seed: 4 },
    columns: [
      {
        id: 'c1',
        model: model('Q8'),
        turns: [
          { role: 'user', text: 'Hi' },
          { role: 'assistant', text: 'Hello' },
        ],
      },
      { id: 'c2', model: model('Q4'), turns: [] },
    ],
    votes,
  };
}

describe('conversations', () => {
  it('are saved, listed newest first, read back and removed', async () => {
    const store = openConversationStore(folder);
    expect(await store.list()).toEqual([]);
    await store.save(conversation('a'));
    await store.save(conversation('b'));
    expect(await store.list()).toMatchObject([
      { id: 'b', turns: 1, models: ['Q8', 'Q4'] },
      { id: 'a', title: 'About a' },
    ]);
    expect(await store.read('a')).toEqual(conversation('a'));
    await store.remove('a');
    await store.remove('a');
    await expect(store.read('a')).rejects.toMatchObject({ code: 'io/not-found' });
  });

  it('that are broken are listed with the reason, not lost', async () => {
    const store = openConversationStore(folder);
    await store.save(conversation('a'));
    const path = join(folder, 'conversations', 'a.json');
    const text = (await readFile(path, 'utf8')).slice(0, 40);
    await writeFile(path, text);
    const [listed] = await store.list();
    expect(listed).toMatchObject({ id: 'a', turns: 0 });
    expect(listed?.problem).toContain('not valid JSON');
    await expect(store.read('a')).rejects.toMatchObject({ code: 'conversation/invalid' });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('are never looked for outside their folder', async () => {
    await expect(openConversationStore(folder).read('../settings')).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });

  it('tally their votes', async () => {
    const store = openConversationStore(folder);
    const vote = (winner: number | null) => ({
      time: 1,
      prompt: 'x',
      candidates: ['Q4', 'Q8'],
      winner,
    });
    await store.save(conversation('a', [vote(1), vote(1), vote(0)]));
    await store.save(conversation('b', [vote(null)]));
    expect(await store.tally()).toEqual([
      { model: 'Q8', wins: 2, ties: 1, losses: 1 },
      { model: 'Q4', wins: 1, ties: 1, losses: 2 },
    ]);
  });
});
