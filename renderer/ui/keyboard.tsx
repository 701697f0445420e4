// How a shortcut is written: `Mod+K` is Ctrl+K, and ⌘K on a Mac.
import css from './keyboard.module.css';

export const isMac =
  typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent);

const macSigns: Readonly<Record<string, string>> = {
  Mod: '⌘',
  Shift: '⇧',
  Alt: '⌥',
  Enter: '↵',
  Backspace: '⌫',
};

/** Keys whose sign is on the key itself, everywhere. */
const arrows: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

/** The text of a shortcut on this platform: `Mod+Shift+P` is `Ctrl+Shift+P` or `⌘⇧P`. */
export function shortcutText(shortcut: string, mac: boolean = isMac): string {
  const keys = shortcut.split('+').map((key) => arrows[key] ?? key);
  if (mac) return keys.map((key) => macSigns[key] ?? key).join('');
  return keys.map((key) => (key === 'Mod' ? 'Ctrl' : key)).join('+');
}

/** A key cap. */
export function Keyboard({ shortcut }: { shortcut: string }) {
  return <kbd className={css.key}>{shortcutText(shortcut)}</kbd>;
}
