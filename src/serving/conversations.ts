// Which routes a conversation's turns took. Clients that send whole histories and no name are recognized by them: the hash
// of everything up to the last answer leads to the conversation that gave that answer.
import { createHash, randomUUID } from 'node:crypto';
import type { ChatMessage } from '#src/contract/column.ts';
import type { Turn } from '#src/routing/router.ts';

export interface Conversation {
  readonly id: string;
  readonly turns: readonly Turn[];
}

/** Conversations that are remembered; the ones that were used longest ago are forgotten. */
const mostRemembered = 2_000;
const mostTurns = 200;

export class Conversations {
  private readonly byName = new Map<string, Conversation>();

  /** The conversation that a request goes on with, or a new one. */
  find(name: string | undefined, messages: readonly ChatMessage[]): Conversation {
    const key = name === undefined ? historyKey(historyOf(messages)) : `name ${name}`;
    const known = key === undefined ? undefined : this.byName.get(key);
    if (known !== undefined && historyOf(messages).length > 0) return known;
    return { id: name ?? known?.id ?? randomUUID(), turns: [] };
  }

  /** Remembers a turn, so that the next request finds it. */
  remember(
    { id, turns }: Conversation,
    name: string | undefined,
    messages: readonly ChatMessage[],
    answer: string,
    turn: Turn,
  ): void {
    const next: Conversation = { id, turns: [...turns, turn].slice(-mostTurns) };
    const after: ChatMessage[] = [...messages, { role: 'assistant', text: answer }];
    const key = name === undefined ? historyKey(after) : `name ${name}`;
    if (key === undefined) return;
    this.byName.delete(key);
    this.byName.set(key, next);
    for (const oldest of this.byName.keys()) {
      if (this.byName.size <= mostRemembered) break;
      this.byName.delete(oldest);
    }
  }
}

/** Up to the last answer, without what the user asks now. */
function historyOf(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.slice(0, last + 1);
}

/** System prompts are left out: clients put the time into them. */
function historyKey(messages: readonly ChatMessage[]): string | undefined {
  const said = messages.filter(({ role }) => role !== 'system');
  if (said.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const { role, text } of said) hash.update(`${role} ${text.trim().length}\n${text.trim()}\n`);
  return `history ${hash.digest('base64')}`;
}
