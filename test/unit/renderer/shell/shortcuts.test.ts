import { expect, it } from 'vitest';
import { matchesShortcut, shortcutGroups } from '#renderer/shell/shortcuts.ts';
import { shortcutText } from '#renderer/ui/keyboard.tsx';

const key = (
  name: string,
  held: Partial<Record<'ctrl' | 'meta' | 'alt' | 'shift', true>> = {},
) => ({
  key: name,
  ctrlKey: held.ctrl === true,
  metaKey: held.meta === true,
  altKey: held.alt === true,
  shiftKey: held.shift === true,
});

it('Mod is Ctrl, and the command key on a Mac', () => {
  expect(matchesShortcut('Mod+K', key('k', { ctrl: true }), false)).toBe(true);
  expect(matchesShortcut('Mod+K', key('k', { ctrl: true }), true)).toBe(false);
  expect(matchesShortcut('Mod+K', key('k', { meta: true }), true)).toBe(true);
  expect(matchesShortcut('Mod+K', key('k', { ctrl: true, shift: true }), false)).toBe(false);
  expect(matchesShortcut('Mod+K', key('k'), false)).toBe(false);
});

it('a sign may need Shift on the keyboard', () => {
  expect(matchesShortcut('?', key('?', { shift: true }), false)).toBe(true);
  expect(matchesShortcut('?', key('?'), false)).toBe(true);
});

it('shortcuts are written as the platform does', () => {
  expect(shortcutText('Mod+Shift+O', false)).toBe('Ctrl+Shift+O');
  expect(shortcutText('Mod+Shift+O', true)).toBe('⌘⇧O');
});

it('no screen lists a key twice', () => {
  for (const { shortcuts } of shortcutGroups) {
    const keys = shortcuts.map((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  }
});
