// Dark, light, or as the system has it. The settings decide; the browser's storage only remembers the last choice, so that
// the first paint has the right colours before the settings have arrived.
export type Theme = 'system' | 'dark' | 'light';

const key = 'gguf-studio.theme';
let chosen: Theme = 'system';
let listening = false;

/** The last choice on this machine; `system` when there is none. */
export function rememberedTheme(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'dark' || value === 'light' ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Paints the window in a theme, and goes with the system's as long as that is the choice. */
export function applyTheme(theme: Theme): void {
  chosen = theme;
  const light = window.matchMedia('(prefers-color-scheme: light)');
  if (!listening) {
    listening = true;
    light.addEventListener('change', () => applyTheme(chosen));
  }
  document.documentElement.dataset['theme'] = resolveTheme(theme, light.matches);
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Without storage the next start begins with the system's theme.
  }
}

export function resolveTheme(theme: Theme, systemIsLight: boolean): 'dark' | 'light' {
  return theme === 'system' ? (systemIsLight ? 'light' : 'dark') : theme;
}
