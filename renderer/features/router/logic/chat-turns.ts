// The conversation through the router: turns with their path, as pure steps. History that is sent is what was answered.
import type { Answer, ChatMessage } from '#src/contract/column.ts';
import type { Decision } from '#src/contract/routing/decision.ts';

export interface RoutedTurn {
  readonly id: string;
  readonly prompt: string;
  /** The route that a person chose instead of the router's. */
  readonly overruled: string | undefined;
  /** What the router had decided before it was overruled. */
  readonly first: Decision | undefined;
  readonly decision: Decision | undefined;
  readonly text: string;
  readonly state: 'answering' | 'done' | 'stopped' | 'failed';
  readonly answer: Answer | undefined;
  readonly error: unknown;
}

export function newTurn(id: string, prompt: string): RoutedTurn {
  return {
    id,
    prompt,
    overruled: undefined,
    first: undefined,
    decision: undefined,
    text: '',
    state: 'answering',
    answer: undefined,
    error: undefined,
  };
}

/** The turns with one changed. */
export function changedTurn(
  turns: readonly RoutedTurn[],
  id: string,
  change: (turn: RoutedTurn) => RoutedTurn,
): readonly RoutedTurn[] {
  return turns.map((turn) => (turn.id === id ? change(turn) : turn));
}

/** A turn that is answered again by another route: what came after it hangs on the old answer, and goes. */
export function overruledTurns(
  turns: readonly RoutedTurn[],
  id: string,
  route: string,
): readonly RoutedTurn[] {
  const at = turns.findIndex((turn) => turn.id === id);
  const turn = turns[at];
  if (turn === undefined) return turns;
  return [
    ...turns.slice(0, at),
    {
      ...newTurn(turn.id, turn.prompt),
      overruled: route,
      first: turn.first ?? turn.decision,
    },
  ];
}

/** What is sent for a turn: the answered ones before it, and its prompt. */
export function messagesFor(turns: readonly RoutedTurn[], id: string): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const turn of turns) {
    if (turn.id === id) {
      messages.push({ role: 'user', text: turn.prompt });
      break;
    }
    if (turn.text === '') continue;
    messages.push({ role: 'user', text: turn.prompt }, { role: 'assistant', text: turn.text });
  }
  return messages;
}
