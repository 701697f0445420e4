// The frame's own keys, and the commands of the native menu.
import { useEffect } from 'react';
import type { MenuCommand } from '#src/contract/studio/state.ts';
import { goTo, handOver, screens, useNavigation } from '#renderer/stores/navigation-store.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { onWatchEvent } from '#renderer/stores/studio-store.ts';
import { isMac } from '#renderer/ui/keyboard.tsx';
import { isTyping } from '#renderer/ui/is-typing.ts';
import { screenEntries } from './screens.ts';
import { matchesShortcut } from './shortcuts.ts';
import { shortcutsDialog } from './shortcuts-dialog.tsx';
import { chooseWorkspace } from './workspace-actions.ts';

/** Binds them as long as the frame stands. */
export function useShortcuts(): void {
  useEffect(() => {
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('dragover', refuseDrop);
    window.addEventListener('drop', refuseDrop);
    const stop = onWatchEvent((event) => {
      if (event.event === 'menu') void runMenuCommand(event.command);
      if (event.event === 'open-recipe') handOver({ to: 'workflow', open: event.file });
    });
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('dragover', refuseDrop);
      window.removeEventListener('drop', refuseDrop);
      stop();
    };
  }, []);
}

/** A file that is dropped where nothing takes it must not be opened in place of the window. */
function refuseDrop(event: DragEvent): void {
  if (event.defaultPrevented) return;
  event.preventDefault();
  if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const command = commandOf(event);
  if (command === undefined) return;
  event.preventDefault();
  void runMenuCommand(command);
}

function commandOf(event: KeyboardEvent): MenuCommand | undefined {
  const matches = (keys: string) => matchesShortcut(keys, event, isMac);
  if (matches('Mod+K')) return 'palette';
  if (matches('Mod+J')) return 'toggle-jobs';
  if (matches('Mod+Shift+O')) return 'open-workspace';
  // On its own screen the canvas answers this itself.
  if (matches('Mod+O') && useNavigation.getState().screen !== 'workflow') return 'open-recipe';
  if (matches('?') && !isTyping(event.target)) return 'shortcuts';
  return screenEntries.find(({ shortcut }) => matches(shortcut))?.screen;
}

async function runMenuCommand(command: MenuCommand): Promise<void> {
  const screen = screens.find((name) => name === command);
  if (screen !== undefined) {
    goTo(screen);
    return;
  }
  const { jobsOpen, paletteOpen, screen: shown } = useNavigation.getState();
  if (command === 'palette') useNavigation.setState({ paletteOpen: !paletteOpen });
  else if (command === 'toggle-jobs') useNavigation.setState({ jobsOpen: !jobsOpen });
  else if (command === 'shortcuts') shortcutsDialog.set(true);
  else if (command === 'open-workspace') await chooseWorkspace();
  else if (command === 'new-recipe' && shown !== 'workflow') goTo('workflow');
  else if (command === 'open-recipe' && shown !== 'workflow') {
    const recipe = await pickFile('recipe', 'Open a recipe');
    if (recipe !== undefined) handOver({ to: 'workflow', open: recipe });
  }
}
