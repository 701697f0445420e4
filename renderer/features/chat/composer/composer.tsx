// Where prompts are written: to all columns or to one, with the sampling they share in sight. The text is this component's
// own state: typing draws nothing else.
import {
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type KeyboardEvent,
  type Ref,
} from 'react';
import { Button } from '#renderer/ui/button.tsx';
import { Keyboard } from '#renderer/ui/keyboard.tsx';
import { Menu } from '#renderer/ui/menu.tsx';
import { shortName } from '../logic/column-name.ts';
import { promptsOf } from '../logic/conversation-changes.ts';
import { shownColumns, startBlindRound } from '../state/blind-actions.ts';
import { askedColumns, send } from '../state/chat-actions.ts';
import { isAnyBusy, useChat } from '../state/chat-store.ts';
import { stop } from '../state/column-runner.ts';
import css from './composer.module.css';
import { SamplingChips } from './sampling-chips.tsx';

/** Id of the prompt, to focus it from elsewhere. */
export const promptId = 'chat-prompt';

const numbers = ['', 'one', 'both', 'three', 'four', 'five', 'six'];

export function Composer() {
  const busy = useChat(isAnyBusy);
  const blind = useChat((state) => state.blind !== undefined);
  const columns = useChat(({ conversation }) => conversation.columns);
  const usable = columns.some(({ model }) => model !== null);
  const prompt = useRef<PromptHandle>(null);
  return (
    <div className={css.composer} data-keep-clear>
      <PromptInput ref={prompt} />
      <div className={css.buttons}>
        {busy ? (
          <Button onClick={() => stop()} shortcut="Esc">
            Stop
          </Button>
        ) : (
          <Button variant="primary" disabled={!usable} onClick={() => prompt.current?.submit()}>
            Send
          </Button>
        )}
        <Button disabled={busy || blind || columns.length < 2} onClick={startBlindRound}>
          Blind vote
        </Button>
      </div>
      <div className={css.below}>
        <SamplingChips />
        <TargetMenu />
      </div>
    </div>
  );
}

interface PromptHandle {
  submit: () => void;
}

function PromptInput({ ref }: { ref: Ref<PromptHandle> }) {
  const [text, setText] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  /** Place in the history while recalling; undefined: what is being written. */
  const recalled = useRef<number | undefined>(undefined);
  const asked = useChat(({ conversation, target }) => askedText(conversation, target));

  useEffect(() => {
    const element = input.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(200, element.scrollHeight + 2)}px`;
  }, [text]);

  const submit = () => {
    if (!send(text)) return;
    recalled.current = undefined;
    setText('');
  };

  useImperativeHandle(ref, () => ({ submit }));

  const recall = (event: KeyboardEvent<HTMLTextAreaElement>, step: number) => {
    const prompts = promptsOf(useChat.getState().conversation);
    const at = (recalled.current ?? prompts.length) + step;
    if (at < 0 || at > prompts.length) return;
    event.preventDefault();
    recalled.current = at === prompts.length ? undefined : at;
    setText(prompts[at] ?? '');
  };

  return (
    <textarea
      id={promptId}
      ref={input}
      className={css.prompt}
      aria-label="Prompt"
      placeholder={asked}
      rows={2}
      value={text}
      onChange={(event) => {
        recalled.current = undefined;
        setText(event.target.value);
      }}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing || event.altKey) return;
        if (event.key === 'Enter' && !event.shiftKey) {
          event.preventDefault();
          submit();
        }
        if (event.ctrlKey || event.metaKey) return;
        const recalling = text === '' || recalled.current !== undefined;
        if (event.key === 'ArrowUp' && recalling) recall(event, -1);
        if (event.key === 'ArrowDown' && recalled.current !== undefined) recall(event, 1);
      }}
    />
  );
}

/** `Ask all three…`, `Ask Q4_K_M…`. */
function askedText(conversation: Parameters<typeof askedColumns>[0], target: string): string {
  const asked = askedColumns(conversation, target);
  if (asked.length === 0) return 'Add a column to ask a model…';
  if (asked.length === 1) return `Ask ${shortName(asked[0]?.model ?? null)}…`;
  return asked.length === 2 ? 'Ask both…' : `Ask all ${numbers[asked.length] ?? asked.length}…`;
}

function TargetMenu() {
  const target = useChat((state) => state.target);
  const conversation = useChat((state) => state.conversation);
  const blind = useChat((state) => state.blind);
  const columns = shownColumns({ ...useChat.getState(), conversation, blind });
  // A blind round asks all columns.
  if (columns.length < 2 || (blind !== undefined && blind.outcome === undefined)) return null;
  const name = (index: number) => shortName(columns[index]?.model ?? null);
  const chosen = columns.findIndex(({ id }) => id === target);
  return (
    <Menu
      align="end"
      side="top"
      trigger={
        <button type="button" className={css.target}>
          {chosen < 0 ? 'All columns' : `Only ${name(chosen)}`}{' '}
          <Keyboard shortcut={chosen < 0 ? `Alt+1–${Math.min(9, columns.length)}` : 'Alt+0'} />{' '}
          {chosen < 0 ? 'one' : 'all'}
        </button>
      }
      items={[
        {
          label: 'All columns',
          checked: chosen < 0,
          shortcut: 'Alt+0',
          onSelect: () => useChat.setState({ target: 'all' }),
        },
        ...columns.map(({ id }, index) => ({
          label: `Only ${name(index)}`,
          checked: id === target,
          shortcut: index < 9 ? `Alt+${index + 1}` : undefined,
          onSelect: () => useChat.setState({ target: id }),
        })),
      ]}
    />
  );
}
