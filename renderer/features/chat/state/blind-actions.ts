// A round of blind voting: shuffle and hide, vote, reveal.
import { studio } from '#renderer/stores/studio-store.ts';
import type { Tally } from '#src/contract/conversation.ts';
import { blindOrder } from '../logic/blind-order.ts';
import { candidateName } from '../logic/column-name.ts';
import { lastExchange, type Column } from '../logic/conversation-changes.ts';
import { isAnyBusy, newSeed, useChat, type ChatStore } from './chat-store.ts';
import { change, saveNow } from './conversation-keeper.ts';

/** Shuffles the columns with a model and hides what they are; answers that were seen with names stay hidden. */
export function startBlindRound(): void {
  const { columns } = useChat.getState().conversation;
  const order = blindOrder(columns.length, newSeed())
    .map((index) => columns[index]?.id)
    .filter((id) => id !== undefined);
  useChat.setState({
    target: 'all',
    blind: {
      order,
      hiddenTurns: Object.fromEntries(columns.map(({ id, turns }) => [id, turns.length])),
    },
  });
}

export function endBlindRound(): void {
  useChat.setState({ blind: undefined });
}

/** The columns as they are shown: shuffled during a blind round. */
export function shownColumns({ conversation, blind }: ChatStore): readonly Column[] {
  if (blind === undefined) return conversation.columns;
  return blind.order
    .map((id) => conversation.columns.find((column) => column.id === id))
    .filter((column) => column !== undefined);
}

/** True when every column has answered the round's last prompt, and all the same one. */
export function canVote(state: ChatStore): boolean {
  const { blind } = state;
  if (blind === undefined || blind.outcome !== undefined || isAnyBusy(state)) return false;
  const exchanges = shownColumns(state).map((column) =>
    column.turns.length > (blind.hiddenTurns[column.id] ?? 0) ? lastExchange(column) : undefined,
  );
  const prompt = exchanges[0]?.prompt;
  return (
    exchanges.length > 1 &&
    exchanges.every((exchange) => exchange !== undefined && exchange.prompt === prompt)
  );
}

/** Stores the vote and reveals the columns. `winner`: position as shown, null for a tie. */
export async function vote(winner: number | null): Promise<void> {
  const state = useChat.getState();
  const { blind } = state;
  if (blind === undefined || !canVote(state)) return;
  const columns = shownColumns(state);
  const prompt = columns[0] === undefined ? undefined : lastExchange(columns[0])?.prompt;
  change((open) => ({
    ...open,
    changedAt: Date.now(),
    votes: [
      ...open.votes,
      {
        time: Date.now(),
        prompt: prompt ?? '',
        candidates: columns.map(({ model }) => (model === null ? '' : candidateName(model))),
        winner,
      },
    ],
  }));
  useChat.setState({ blind: { ...blind, outcome: { winner } } });
  await saveNow();
  await readTally();
}

export async function readTally(): Promise<void> {
  const tally: Tally | undefined = await studio()
    .call('readTally', {})
    .catch(() => undefined);
  useChat.setState({ tally });
}
