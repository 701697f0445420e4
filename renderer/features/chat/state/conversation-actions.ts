// Opening, renaming, deleting and exporting conversations.
import type { ConversationSummary } from '#src/contract/conversation.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { studio, useStudio } from '#renderer/stores/studio-store.ts';
import { confirm } from '#renderer/ui/dialog.tsx';
import { notify } from '#renderer/ui/notify.ts';
import {
  conversationToJson,
  conversationToMarkdown,
  exportName,
} from '../logic/export-conversation.ts';
import { useChat } from './chat-store.ts';
import { addFiles } from './column-actions.ts';
import { stopAndSettle, unload } from './column-runner.ts';
import { change, emptyConversation, readList, saveNow, show } from './conversation-keeper.ts';

/** Stops what runs, frees the models, and saves what is open. */
async function leave(): Promise<void> {
  await stopAndSettle();
  await saveNow();
  for (const { id } of useChat.getState().conversation.columns) unload(id);
}

/** A new conversation with the same columns and settings, nothing said yet. */
export async function startConversation(): Promise<void> {
  await leave();
  const { conversation } = useChat.getState();
  const empty = emptyConversation();
  show({
    ...empty,
    systemPrompt: conversation.systemPrompt,
    sampling: conversation.sampling,
    ...(conversation.contextSize === undefined ? {} : { contextSize: conversation.contextSize }),
    columns: conversation.columns.map((column, index) => ({
      ...column,
      id: `${empty.id}-${index}`,
      turns: [],
    })),
  });
}

/** One column per file from another screen: in a new conversation when the open one has begun. */
export async function openFiles(files: readonly FileReference[]): Promise<void> {
  const { columns } = useChat.getState().conversation;
  if (columns.some(({ turns }) => turns.length > 0)) {
    await leave();
    show(emptyConversation());
  }
  await addFiles(files);
}

export async function openConversation(id: string): Promise<void> {
  if (id === useChat.getState().conversation.id) return;
  try {
    await leave();
    show(await studio().call('readConversation', { id }));
  } catch (error) {
    notify.error(error);
    await readList();
  }
}

export async function renameConversation(id: string, title: string): Promise<void> {
  const { conversation } = useChat.getState();
  if (id === conversation.id) {
    change((open) => ({ ...open, title }));
    await saveNow();
    return;
  }
  try {
    const other = await studio().call('readConversation', { id });
    await studio().call('saveConversation', { conversation: { ...other, title } });
  } catch (error) {
    notify.error(error);
  }
  await readList();
}

export async function deleteConversation(summary: ConversationSummary): Promise<void> {
  const sure = await confirm({
    title: 'Delete this conversation?',
    text: `“${summary.title === '' ? 'Untitled' : summary.title}” is deleted from the workspace with its answers and votes. Models are not touched.`,
    action: 'Delete conversation',
    danger: true,
  });
  if (!sure) return;
  try {
    if (summary.id === useChat.getState().conversation.id) {
      await stopAndSettle();
      for (const { id } of useChat.getState().conversation.columns) unload(id);
      await saveNow();
      show(emptyConversation());
    }
    await studio().call('removeConversation', { id: summary.id });
  } catch (error) {
    notify.error(error);
  }
  await readList();
}

/** Saves the open conversation where the user chooses; a browser downloads it. */
export async function exportConversation(format: 'markdown' | 'json'): Promise<void> {
  const { conversation } = useChat.getState();
  const text =
    format === 'json' ? conversationToJson(conversation) : conversationToMarkdown(conversation);
  const suggestedName = exportName(conversation, format === 'json' ? 'json' : 'md');
  try {
    if (useStudio.getState().state?.mode === 'desktop') {
      const saved = await studio().call('saveTextAs', { suggestedName, text });
      if (saved !== null) notify.success(`Saved ${saved.path}`);
    } else {
      download(suggestedName, text, format === 'json' ? 'application/json' : 'text/markdown');
    }
  } catch (error) {
    notify.error(error);
  }
}

function download(name: string, text: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
