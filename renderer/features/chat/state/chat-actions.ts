// What a user does with prompts and answers: send, stop, regenerate, edit and resend, take back; and what follows by itself
// when the columns have answered: the search for the first difference.
import { notify } from '#renderer/ui/notify.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import type { Conversation } from '#src/contract/conversation.ts';
import {
  appendPrompt,
  changeColumn,
  columnsWithPrompt,
  dropLastAnswer,
  editPrompt,
  lastExchange,
  type Column,
} from '../logic/conversation-changes.ts';
import { isAnyBusy, isBusy, newSeed, runtimeOf, useChat } from './chat-store.ts';
import { answer, stopAndSettle } from './column-runner.ts';
import { change, changeWithUndo } from './conversation-keeper.ts';

/** The columns that the composer asks now. */
export function askedColumns({ columns }: Conversation, target: string): readonly Column[] {
  const one = columns.filter(({ id }) => id === target);
  return one.length > 0 ? one : columns;
}

/** Sends a prompt to the chosen columns; false when nothing can be asked. */
export function send(text: string): boolean {
  const { conversation, target } = useChat.getState();
  const asked = askedColumns(conversation, target)
    .filter(({ id, model }) => model !== null && !isBusy(runtimeOf(id)))
    .map(({ id }) => id);
  if (text.trim() === '' || asked.length === 0) return false;
  useChat.setState({ undo: undefined });
  change((open) => appendPrompt(open, asked, text, Date.now()));
  void answerAll(asked);
  return true;
}

/** Answers the last prompt again: in one column, or in all that have an answer. */
export function regenerate(column?: string): void {
  const { conversation } = useChat.getState();
  const again = conversation.columns
    .filter(({ id }) => (column === undefined || id === column) && !isBusy(runtimeOf(id)))
    .filter(({ turns }) => turns.length > 0)
    .map(({ id }) => id);
  if (again.length === 0) return;
  change((open) => again.reduce(dropLastAnswer, open));
  void answerAll(again);
}

/** Another wording of a prompt: in its column, or in every column that got the same one. */
export function editAndResend(column: string, turn: number, text: string, all: boolean): void {
  const { conversation } = useChat.getState();
  const said = conversation.columns.find(({ id }) => id === column)?.turns[turn];
  if (said === undefined || text.trim() === '') return;
  const edited = (all ? columnsWithPrompt(conversation, turn, said.text) : [column]).filter(
    (id) => !isBusy(runtimeOf(id)),
  );
  const removed = conversation.columns
    .filter(({ id }) => edited.includes(id))
    .reduce((sum, { turns }) => sum + turns.length - turn - 1, 0);
  changeWithUndo(
    removed === 1
      ? 'Edited the prompt; 1 turn after it was removed.'
      : `Edited the prompt; ${removed} turns after it were removed.`,
    (open) => edited.reduce((next, id) => editPrompt(next, id, turn, text, Date.now()), open),
  );
  void answerAll(edited);
}

/** One step back: as the conversation was before the last edit, columns and answers and all. */
export async function undo(): Promise<void> {
  const { undo: step } = useChat.getState();
  if (step === undefined) return;
  await stopAndSettle();
  change(() => ({ ...step.conversation, changedAt: Date.now() }));
  useChat.setState({ undo: undefined });
}

/** Draws another seed, the same for all columns. */
export function drawSeed(): void {
  change((open) => ({ ...open, sampling: { ...open.sampling, seed: newSeed() } }));
}

async function answerAll(columns: readonly string[]): Promise<void> {
  await Promise.all(columns.map(answer));
  await findDifferences();
}

/** A column that was stopped while it waited for its turn has answered nothing, and neither has one that failed. */
function canDiffer({
  text,
  problem,
}: NonNullable<ReturnType<typeof lastExchange>>['answer']): boolean {
  return problem === undefined && text !== '';
}

/** Compares every column's last answer with the first column's, where both answered the same prompt to the end. */
async function findDifferences(): Promise<void> {
  const state = useChat.getState();
  if (isAnyBusy(state)) return;
  const [first, ...others] = state.conversation.columns;
  const reference = first === undefined ? undefined : lastExchange(first);
  if (first === undefined || reference === undefined || !isLoaded(first.id)) return;
  if (!canDiffer(reference.answer)) return;
  for (const other of others) {
    const exchange = lastExchange(other);
    if (exchange?.prompt !== reference.prompt || !canDiffer(exchange.answer)) continue;
    if (!isLoaded(other.id)) continue;
    try {
      const difference = await studio().call('findFirstDifference', {
        columns: [first.id, other.id],
      });
      const now = useChat.getState().conversation;
      const still = [first, other].every((before) => {
        const column = now.columns.find(({ id }) => id === before.id);
        return column !== undefined && column.turns.at(-1)?.text === before.turns.at(-1)?.text;
      });
      if (!still) return;
      change((open) =>
        changeColumn(open, other.id, (column) => ({
          ...column,
          turns: column.turns.map((turn, index) =>
            index === column.turns.length - 1 && turn.role === 'assistant'
              ? { ...turn, difference }
              : turn,
          ),
        })),
      );
    } catch (error) {
      notify.error(error);
      return;
    }
  }
}

function isLoaded(id: string): boolean {
  return runtimeOf(id).loadedKey !== undefined;
}
