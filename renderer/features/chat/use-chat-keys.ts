// The chat's keys: which column is asked, stopping, voting, and moving among the columns.
import { useEffect } from 'react';
import { promptId } from './composer/composer.tsx';
import { shownColumns, vote, canVote } from './state/blind-actions.ts';
import { regenerate } from './state/chat-actions.ts';
import { isAnyBusy, useChat } from './state/chat-store.ts';
import { move } from './state/column-actions.ts';
import { stop } from './state/column-runner.ts';

/** Binds them while the screen is shown. */
export function useChatKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isOverlayOpen()) return;
      if (runKey(event)) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** A dialog or menu has the keys for itself. */
function isOverlayOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** True when the key meant something here. */
function runKey(event: KeyboardEvent): boolean {
  const state = useChat.getState();
  const modifier = event.ctrlKey || event.metaKey;
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  if (event.key === 'Escape' && isAnyBusy(state)) {
    stop();
    return true;
  }
  if (event.altKey && !modifier && digit !== undefined) return choose(Number(digit));
  if (!modifier && !event.altKey && digit !== undefined && canVote(state)) {
    const typed = isTyping(event.target) && (event.target as HTMLTextAreaElement).value !== '';
    if (typed || Number(digit) > state.conversation.columns.length) return false;
    void vote(digit === '0' ? null : Number(digit) - 1);
    return true;
  }
  if (modifier && event.key.toLowerCase() === 'r' && !event.shiftKey && !event.altKey) {
    regenerate();
    return true;
  }
  if (event.key === 'F6') return focusNext(event.shiftKey ? -1 : 1);
  const arrow = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
  if (!modifier || arrow === 0) return false;
  if (isTyping(event.target) && (event.target as HTMLTextAreaElement).value !== '') return false;
  if (!event.shiftKey) return focusNext(arrow);
  const column = focusedColumn();
  if (column === undefined || state.blind !== undefined) return false;
  move(column, arrow);
  return true;
}

/** Alt+1..9: ask one column; the same again, or Alt+0: all. */
function choose(digit: number): boolean {
  const state = useChat.getState();
  if (state.blind !== undefined) return false;
  const id = shownColumns(state)[digit - 1]?.id;
  useChat.setState({ target: id === undefined || id === state.target ? 'all' : id });
  document.getElementById(promptId)?.focus();
  return true;
}

function stops(): HTMLElement[] {
  const prompt = document.getElementById(promptId);
  return [
    ...document.querySelectorAll<HTMLElement>('[data-column]'),
    ...(prompt === null ? [] : [prompt]),
  ];
}

function focusedColumn(): string | undefined {
  return stops().find((element) => element.contains(document.activeElement))?.dataset['column'];
}

/** Columns from left to right, then the prompt, round and round. */
function focusNext(step: number): boolean {
  const elements = stops();
  const at = elements.findIndex((element) => element.contains(document.activeElement));
  const next =
    elements[
      at < 0
        ? step > 0
          ? 0
          : elements.length - 1
        : (at + step + elements.length) % elements.length
    ];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return next !== undefined;
}
