// The chat: one prompt, N columns. This file says what stands where and what happens when the screen opens; conversations
// and running answers live in ./state and go on while another screen is shown.
import { useEffect } from 'react';
import { Download, History, ListOrdered, Plus } from 'lucide-react';
import { useNavigation, takeHandover } from '#renderer/stores/navigation-store.ts';
import { onWatchEvent, useStudio } from '#renderer/stores/studio-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { ScreenHeader } from '#renderer/ui/screen-header.tsx';
import { Skeleton } from '#renderer/ui/skeleton.tsx';
import css from './chat-screen.module.css';
import { ColumnStrip } from './columns/column-strip.tsx';
import { BlindBar } from './composer/blind-bar.tsx';
import { Composer } from './composer/composer.tsx';
import { SamplerPanel } from './composer/sampler-panel.tsx';
import { SaveNotice, UndoBar } from './composer/undo-bar.tsx';
import { ConversationList } from './conversations/conversation-list.tsx';
import { ModelDialog } from './dialogs/model-dialog.tsx';
import { TallyDialog } from './dialogs/tally-dialog.tsx';
import { EmptyChat } from './empty-chat.tsx';
import { maximumColumns } from './logic/conversation-changes.ts';
import { useChat } from './state/chat-store.ts';
import { readLibrary } from './state/column-actions.ts';
import { forgetLoaded } from './state/column-runner.ts';
import { exportConversation, openFiles } from './state/conversation-actions.ts';
import { openLastConversation, saveNow } from './state/conversation-keeper.ts';
import { useChatKeys } from './use-chat-keys.ts';

export function ChatScreen() {
  useChatKeys();
  useOpening();
  const started = useChat((state) => state.started);
  const empty = useChat(({ conversation }) => conversation.columns.length === 0);
  const conversationsOpen = useChat((state) => state.conversationsOpen);
  const samplerOpen = useChat((state) => state.samplerOpen);
  const tallyOpen = useChat((state) => state.tallyOpen);
  const choosingFor = useChat((state) => state.choosingFor);
  return (
    <div className={css.screen}>
      <Header />
      {conversationsOpen && <ConversationList />}
      <div className={css.main}>
        {!started ? (
          <div className={css.loading}>
            <Skeleton label="Opening the conversation" />
          </div>
        ) : empty ? (
          <EmptyChat />
        ) : (
          <ColumnStrip />
        )}
        <SaveNotice />
        <UndoBar />
        <BlindBar />
        <Composer />
      </div>
      {samplerOpen && <SamplerPanel />}
      {choosingFor !== undefined && <ModelDialog column={choosingFor} />}
      {tallyOpen && <TallyDialog />}
    </div>
  );
}

function Header() {
  const title = useChat(({ conversation }) => conversation.title);
  const columns = useChat(({ conversation }) => conversation.columns.length);
  const blind = useChat((state) => state.blind !== undefined && state.blind.outcome === undefined);
  const conversationsOpen = useChat((state) => state.conversationsOpen);
  return (
    <ScreenHeader
      crumb={title === '' ? 'Chat' : `Chat · ${title}`}
      actions={
        <>
          <IconButton
            label="Conversations"
            pressed={conversationsOpen}
            onClick={() => useChat.setState({ conversationsOpen: !conversationsOpen })}
          >
            <History aria-hidden="true" />
          </IconButton>
          <IconButton
            label="Tally of blind votes"
            onClick={() => useChat.setState({ tallyOpen: true })}
          >
            <ListOrdered aria-hidden="true" />
          </IconButton>
          <Button
            icon={<Plus aria-hidden="true" />}
            disabled={blind || columns >= maximumColumns}
            onClick={() => useChat.setState({ choosingFor: 'new' })}
          >
            Add column
          </Button>
          <Menu
            align="end"
            trigger={
              <Button icon={<Download aria-hidden="true" />} disabled={columns === 0 || blind}>
                Export
              </Button>
            }
            items={[
              {
                label: 'Markdown',
                description: 'To read and to share.',
                onSelect: () => void exportConversation('markdown'),
              },
              {
                label: 'JSON',
                description: 'As the workspace keeps it, with all figures.',
                onSelect: () => void exportConversation('json'),
              },
            ]}
          />
        </>
      }
    />
  );
}

/** Which workspace's conversations are shown. */
let openedWorkspace: string | undefined;

/** Restores the last conversation, takes what other screens hand over, and hears when the engine ends. */
function useOpening(): void {
  const workspace = useStudio(({ state }) => state?.workspace.folder.id);
  const libraryVersion = useStudio((store) => store.libraryVersion);
  const handover = useNavigation((store) => store.handover);
  const started = useChat((state) => state.started);

  useEffect(() => {
    if (workspace === undefined || workspace === openedWorkspace) return;
    openedWorkspace = workspace;
    useChat.setState({ started: false, library: undefined });
    openLastConversation().catch((error: unknown) => notify.error(error));
  }, [workspace]);

  useEffect(() => void readLibrary(), [libraryVersion, workspace]);

  useEffect(() => {
    if (!started) return;
    const taken = takeHandover('chat');
    if (taken !== undefined) openFiles(taken.files).catch((error: unknown) => notify.error(error));
  }, [handover, started]);

  useEffect(() => {
    const save = () => void saveNow();
    window.addEventListener('pagehide', save);
    return () => {
      window.removeEventListener('pagehide', save);
      save();
    };
  }, []);
}

// Also while another screen is shown.
onWatchEvent((event) => {
  if (event.event === 'host' && event.host.name === 'engine' && event.host.state === 'crashed') {
    forgetLoaded();
  }
});
