// Talk to the family as its clients do: every turn shows the path that it took, and can be sent another way.
import { useEffect, useRef, useState } from 'react';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import {
  ask,
  forgetChat,
  isAnswering,
  stopAnswering,
  useRouterChat,
} from '../state/router-chat.ts';
import { saveAndServe } from '../state/router-server.ts';
import { useRouter } from '../state/router-store.ts';
import css from './chat.module.css';
import { RoutedTurnView } from './routed-turn.tsx';

export function ChatPanel({ manifest }: { manifest: RouterManifest }) {
  const serving = useRouter(({ server }) => server?.state === 'running');
  const turns = useRouterChat((store) => store.turns);
  const busy = useRouter((store) => store.busy);
  const end = useRef<HTMLDivElement>(null);
  const answering = useRouterChat(isAnswering);
  const shown = turns.at(-1)?.text.length;
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [turns.length, shown]);
  return (
    <div className={css.panel}>
      <div className={css.turns} role="log" aria-label="Conversation" tabIndex={0}>
        {turns.length === 0 && (
          <div className={css.empty}>
            {serving ? (
              <p>
                Ask something. Each answer tells which route took it and why; send it another way
                where the router was wrong, and keep that as an example.
              </p>
            ) : (
              <>
                <p>
                  Nothing is served yet. Serving answers here, and for every program that knows the
                  address.
                </p>
                <Button
                  variant="primary"
                  busy={busy !== undefined}
                  onClick={() => void saveAndServe()}
                >
                  Save and serve
                </Button>
              </>
            )}
          </div>
        )}
        {turns.map((turn) => (
          <RoutedTurnView key={turn.id} turn={turn} manifest={manifest} />
        ))}
        <div ref={end} />
      </div>
      <Composer disabled={!serving} answering={answering} empty={turns.length === 0} />
    </div>
  );
}

function Composer({
  disabled,
  answering,
  empty,
}: {
  disabled: boolean;
  answering: boolean;
  empty: boolean;
}) {
  const [text, setText] = useState('');
  const send = () => {
    if (!disabled && ask(text)) setText('');
  };
  return (
    <div className={css.composer}>
      <textarea
        className={css.prompt}
        aria-label="Prompt"
        placeholder={disabled ? 'Serve the family to ask it' : 'Ask the family…'}
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            send();
          } else if (event.key === 'Escape' && answering) stopAnswering();
        }}
      />
      <div className={css.buttons}>
        {answering ? (
          <Button onClick={stopAnswering}>Stop</Button>
        ) : (
          <Button disabled={disabled || text.trim() === ''} onClick={send}>
            Send
          </Button>
        )}
        <Button variant="quiet" disabled={empty} onClick={forgetChat}>
          New conversation
        </Button>
      </div>
    </div>
  );
}
