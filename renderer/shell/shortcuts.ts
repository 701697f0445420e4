// Every shortcut of the window: what the dialog lists, and the frame's own ones. Screens bind theirs themselves.

export interface Shortcut {
  readonly keys: string;
  readonly does: string;
}

export interface ShortcutGroup {
  readonly name: string;
  readonly shortcuts: readonly Shortcut[];
}

export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    name: 'Everywhere',
    shortcuts: [
      { keys: 'Mod+K', does: 'Find a command, recipe, workspace or model' },
      { keys: 'Mod+J', does: 'Show or hide jobs' },
      { keys: 'Mod+1', does: 'Library' },
      { keys: 'Mod+2', does: 'Workflow' },
      { keys: 'Mod+3', does: 'Compare' },
      { keys: 'Mod+4', does: 'Chat' },
      { keys: 'Mod+5', does: 'Router' },
      { keys: 'Mod+6', does: 'Doctor' },
      { keys: 'Mod+,', does: 'Settings' },
      { keys: 'Mod+O', does: 'Open a workflow' },
      { keys: 'Mod+Shift+O', does: 'Open a workspace' },
      { keys: '?', does: 'Show these shortcuts' },
    ],
  },
  {
    name: 'Library',
    shortcuts: [
      { keys: '/', does: 'Search' },
      { keys: '↑ ↓', does: 'Choose a model' },
      { keys: 'Enter', does: 'Chat with it' },
      { keys: 'Escape', does: 'Close its details' },
    ],
  },
  {
    name: 'Workflow',
    shortcuts: [
      { keys: '/', does: 'Add a step' },
      { keys: 'Mod+Enter', does: 'Run' },
      { keys: 'Mod+S', does: 'Save' },
      { keys: 'Mod+Z', does: 'Undo' },
      { keys: 'Mod+Shift+Z', does: 'Redo' },
      { keys: 'Mod+C', does: 'Copy the selected steps' },
      { keys: 'Mod+V', does: 'Paste them' },
      { keys: 'Delete', does: 'Remove what is selected' },
    ],
  },
  {
    name: 'Chat',
    shortcuts: [
      { keys: 'Enter', does: 'Send' },
      { keys: 'Shift+Enter', does: 'Start a new line' },
      { keys: '↑ ↓', does: 'Recall earlier prompts' },
      { keys: 'Alt+1', does: 'Send to the first column alone (2, 3, ... likewise; 0 for all)' },
      { keys: 'Escape', does: 'Stop answering' },
      { keys: 'Mod+R', does: 'Answer the last prompt again in all columns' },
      { keys: 'F6', does: 'Go to the next column, then to the prompt' },
      { keys: 'Mod+Shift+ArrowRight', does: 'Move the column to the right (or left)' },
      { keys: '1', does: 'Blind vote: the first answer is best (2, 3, ... likewise; 0 for a tie)' },
    ],
  },
  {
    name: 'Router',
    shortcuts: [
      { keys: '/', does: 'Test a prompt' },
      { keys: 'Mod+S', does: 'Save' },
      { keys: 'Mod+Enter', does: 'Save and serve' },
      { keys: 'Mod+Z', does: 'Undo' },
      { keys: 'Mod+Shift+Z', does: 'Redo' },
      { keys: '↑ ↓', does: 'Go to the next route or parent' },
      { keys: 'Enter', does: 'Edit it' },
      { keys: 'M', does: 'Send the route somewhere else' },
      { keys: 'Delete', does: 'Remove the route' },
    ],
  },
];

export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Whether a pressed key is the shortcut; `Mod` is Ctrl, or the command key on a Mac. */
export function matchesShortcut(shortcut: string, event: PressedKey, mac: boolean): boolean {
  const parts = shortcut.split('+');
  const key = parts[parts.length - 1] ?? '';
  const has = (name: string) => parts.slice(0, -1).includes(name);
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    mod === has('Mod') &&
    !other &&
    event.altKey === has('Alt') &&
    // A sign such as ? or / needs Shift on some keyboards and not on others.
    (event.shiftKey === has('Shift') || /^[^a-z0-9]$/i.test(key))
  );
}
