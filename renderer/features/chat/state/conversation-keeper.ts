// Keeps the open conversation in the workspace: every change is saved half a second later, one save at a time, and the list
// of conversations follows. What cannot be saved stays on the screen and says so.
import type { Conversation } from '#src/contract/conversation.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { newConversation } from '../logic/conversation-changes.ts';
import { newIdentifier, useChat } from './chat-store.ts';

/** The pinned seed of a new conversation; `New seed` draws another. */
const firstSeed = 7;

let timer: ReturnType<typeof setTimeout> | undefined;
let saving: Promise<void> = Promise.resolve();

/** Changes the open conversation and saves it soon. */
export function change(update: (conversation: Conversation) => Conversation): void {
  const before = useChat.getState().conversation;
  const conversation = update(before);
  if (conversation === before) return;
  useChat.setState({ conversation, save: { state: 'pending' } });
  clearTimeout(timer);
  timer = setTimeout(() => void saveNow(), 500);
}

/** As `change`, for a step that can be taken back. */
export function changeWithUndo(
  text: string,
  update: (conversation: Conversation) => Conversation,
): void {
  const { conversation } = useChat.getState();
  change(update);
  useChat.setState({ undo: { text, conversation } });
}

/** Saves what waits to be saved; resolves when it is on the disk or its problem is shown. */
export function saveNow(): Promise<void> {
  clearTimeout(timer);
  saving = saving.then(async () => {
    const { conversation, save } = useChat.getState();
    if (save.state === 'saved') return;
    // A conversation in which nothing happened yet is no file.
    if (conversation.columns.length === 0 && conversation.title === '') return;
    try {
      await studio().call('saveConversation', { conversation });
      if (useChat.getState().conversation === conversation) {
        useChat.setState({ save: { state: 'saved' } });
      }
      await readList();
    } catch (problem) {
      useChat.setState({ save: { state: 'failed', problem } });
    }
  });
  return saving;
}

export async function readList(): Promise<void> {
  try {
    const summaries = await studio().call('listConversations', {});
    useChat.setState({ summaries, summariesProblem: undefined });
  } catch (summariesProblem) {
    useChat.setState({ summariesProblem });
  }
}

/** Opens the conversation that was changed last, or a new one. */
export async function openLastConversation(): Promise<void> {
  await readList();
  const last = [...useChat.getState().summaries]
    .filter(({ problem }) => problem === undefined)
    .sort((left, right) => right.changedAt - left.changedAt)[0];
  const conversation =
    last === undefined
      ? undefined
      : await studio()
          .call('readConversation', { id: last.id })
          .catch(() => undefined);
  show(conversation ?? emptyConversation());
}

export function show(conversation: Conversation): void {
  useChat.setState({
    started: true,
    conversation,
    runtime: {},
    undo: undefined,
    target: 'all',
    blind: undefined,
    save: { state: 'saved' },
  });
}

export function emptyConversation(): Conversation {
  return newConversation(newIdentifier(), Date.now(), firstSeed);
}
