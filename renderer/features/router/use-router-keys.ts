// The screen's keys: save, undo and redo, the test line, serve. Bound while the screen is in front.
import { useEffect } from 'react';
import { onWatchEvent } from '#renderer/stores/studio-store.ts';
import { isTyping } from '#renderer/ui/is-typing.ts';
import { isMac } from '#renderer/ui/keyboard.tsx';
import { save } from './state/router-files.ts';
import { saveAndServe } from './state/router-server.ts';
import { redo, undo, useRouter } from './state/router-store.ts';
import { testLineId } from './test-line.tsx';

export function useRouterKeys(): void {
  useEffect(() => {
    window.addEventListener('keydown', onKeyDown);
    const stop = onWatchEvent((event) => {
      if (event.event !== 'menu') return;
      if (event.command === 'save') void save();
      else if (event.command === 'undo') undo();
      else if (event.command === 'redo') redo();
    });
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      stop();
    };
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || useRouter.getState().document === undefined) return;
  if (document.querySelector('[role="dialog"]') !== null) return;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const key = event.key.toLowerCase();
  if (!mod && key === '/' && !isTyping(event.target)) {
    document.getElementById(testLineId)?.focus();
  } else if (mod && key === 's') void save();
  else if (mod && key === 'enter') void saveAndServe();
  // In a text field the browser takes back what was typed.
  else if (mod && key === 'z' && !isTyping(event.target)) {
    if (event.shiftKey) redo();
    else undo();
  } else if (mod && key === 'y' && !isTyping(event.target)) redo();
  else return;
  event.preventDefault();
}
