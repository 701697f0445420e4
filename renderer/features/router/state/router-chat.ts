// The chat of the Router screen: every prompt goes through what is served, its path comes first, then its text.
import { create } from 'zustand';
import { studio } from '#renderer/stores/studio-store.ts';
import {
  changedTurn,
  messagesFor,
  newTurn,
  overruledTurns,
  type RoutedTurn,
} from '../logic/chat-turns.ts';

export interface RouterChat {
  /** Names the conversation to the server, which keeps it with its route. */
  readonly conversation: string;
  readonly turns: readonly RoutedTurn[];
}

export const useRouterChat = create<RouterChat>(() => ({
  conversation: crypto.randomUUID(),
  turns: [],
}));

let running: AbortController | undefined;

export function isAnswering({ turns }: RouterChat): boolean {
  return turns.at(-1)?.state === 'answering';
}

/** Asks; false while an answer is running or for nothing. */
export function ask(prompt: string): boolean {
  const text = prompt.trim();
  if (text === '' || isAnswering(useRouterChat.getState())) return false;
  const turn = newTurn(crypto.randomUUID(), text);
  useRouterChat.setState(({ turns }) => ({ turns: [...turns, turn] }));
  void answer(turn.id);
  return true;
}

/** Answers a turn again, by the route that a person chose. */
export function overrule(id: string, route: string): void {
  stopAnswering();
  useRouterChat.setState(({ turns }) => ({ turns: overruledTurns(turns, id, route) }));
  void answer(id);
}

export function stopAnswering(): void {
  running?.abort();
  running = undefined;
}

/** A new conversation. */
export function forgetChat(): void {
  stopAnswering();
  useRouterChat.setState({ conversation: crypto.randomUUID(), turns: [] });
}

async function answer(id: string): Promise<void> {
  const asked = new AbortController();
  running = asked;
  const { conversation, turns } = useRouterChat.getState();
  const { overruled } = turns.find((turn) => turn.id === id) ?? {};
  const change = (next: (turn: RoutedTurn) => RoutedTurn) => {
    useRouterChat.setState((store) => ({ turns: changedTurn(store.turns, id, next) }));
  };
  // An answer that was stopped to be given anew by another route must not speak into the new one.
  const isCurrent = () => running === asked;
  try {
    const result = await studio().call(
      'askRouter',
      {
        conversation,
        messages: messagesFor(turns, id),
        ...(overruled === undefined ? {} : { route: overruled }),
      },
      {
        signal: asked.signal,
        onEvent(event) {
          if (!isCurrent()) return;
          if (event.event === 'decision') {
            const { decision } = event;
            change((turn) => ({ ...turn, decision }));
          } else {
            const { text } = event;
            change((turn) => ({ ...turn, text: turn.text + text }));
          }
        },
      },
    );
    if (!isCurrent()) return;
    change((turn) => ({
      ...turn,
      decision: result.decision,
      answer: result.answer,
      text: result.answer.text,
      state: result.answer.stopReason === 'abort' ? 'stopped' : 'done',
    }));
  } catch (error) {
    const state = asked.signal.aborted ? ('stopped' as const) : ('failed' as const);
    if (isCurrent() || asked.signal.aborted) {
      change((turn) => (turn.state === 'answering' ? { ...turn, state, error } : turn));
    }
  } finally {
    if (isCurrent()) running = undefined;
  }
}
