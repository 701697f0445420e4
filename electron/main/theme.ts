// The window's theme follows the setting: native parts through nativeTheme, the page through its own style, and the window's
// background so that nothing flashes before the first paint.
import { nativeTheme, type BrowserWindow } from 'electron';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsSchema, type Settings } from '#src/contract/settings.ts';
import type { Studio } from '#src/studio/studio-platform.ts';

/** `--bg` of renderer/theme/tokens.css. */
const backgrounds = { dark: '#0d0f12', light: '#f6f7f9' } as const;

/** The theme as it is now: the setting, or the system's. */
export function currentTheme(): 'dark' | 'light' {
  return nativeTheme.shouldUseDarkColors ? 'dark' : 'light';
}

export function windowBackground(): string {
  return backgrounds[currentTheme()];
}

/** Reads the setting before the studio is open, so that the first window is right at once. */
export function applyKeptTheme(home: string): void {
  try {
    const kept: unknown = JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'));
    const theme = settingsSchema.shape.theme.safeParse((kept as { theme?: unknown } | null)?.theme);
    if (theme.success) applyTheme(theme.data);
  } catch {
    // No settings yet, or broken ones: the studio tells about those.
  }
}

/** Follows the setting until `signal` is aborted. */
export async function followTheme(studio: Studio, signal: AbortSignal): Promise<void> {
  await studio.handlers.watch(
    {},
    {
      signal,
      emit(event) {
        if (event.event === 'state') applyTheme(event.state.settings.theme);
      },
    },
  );
}

/** Keeps a window's background in step; it shows while the window grows and before the page is drawn. */
export function followBackground(window: BrowserWindow): void {
  const update = () => window.setBackgroundColor(windowBackground());
  nativeTheme.on('updated', update);
  window.once('closed', () => nativeTheme.off('updated', update));
}

function applyTheme(theme: Settings['theme']): void {
  if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme;
}
