// Conversations of the open workspace.
import { openConversationStore, type ConversationStore } from '#src/io/conversation-store.ts';
import { refuseReadOnly, type StudioParts } from './studio-parts.ts';
import type { StudioHandlers } from './studio-platform.ts';

type ConversationMethods =
  | 'listConversations'
  | 'readConversation'
  | 'saveConversation'
  | 'removeConversation'
  | 'readTally';

export function conversationHandlers({
  workspace,
}: StudioParts): StudioHandlers<ConversationMethods> {
  const stores = new Map<string, ConversationStore>();
  const store = () => {
    const { folder } = workspace();
    const opened = stores.get(folder) ?? openConversationStore(folder);
    stores.set(folder, opened);
    return opened;
  };
  return {
    listConversations: (_params, { signal }) => store().list(signal),
    readConversation: ({ id }) => store().read(id),
    async saveConversation({ conversation }) {
      refuseReadOnly(workspace());
      await store().save(conversation);
      return null;
    },
    async removeConversation({ id }) {
      refuseReadOnly(workspace());
      await store().remove(id);
      return null;
    },
    readTally: (_params, { signal }) => store().tally(signal),
  };
}
