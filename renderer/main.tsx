// The window's entry. Validation must not make code from strings (the page's policy forbids eval), and zod decides that when
// the first schema is made: it is told before anything that has schemas is loaded.
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import '#renderer/theme/tokens.css';
import '#renderer/theme/base.css';
import { config } from 'zod';
import { applyTheme, rememberedTheme } from '#renderer/theme/apply-theme.ts';

config({ jitless: true });
applyTheme(rememberedTheme());

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
const { startWindow } = await import('#renderer/start.tsx');
await startWindow(root);
