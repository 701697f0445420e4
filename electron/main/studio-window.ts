// The window: sandboxed, without Node, opened where it was, offered anew when its process dies. Unsaved edits are kept as
// drafts while the user works and offered again; closing asks only where the page wants to be asked (a router's manifest).
import { app, BrowserWindow, dialog, screen } from 'electron';
import { join } from 'node:path';
import { studioOrigin } from './sender-guard.ts';
import { followBackground, windowBackground } from './theme.ts';
import { fitBounds, readWindowState, smallestSize, writeWindowState } from './window-state.ts';

/** Opens the window; it becomes visible with its first paint. */
export function openStudioWindow(home: string): BrowserWindow {
  const state = readWindowState(home);
  const workAreas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(
    ({ workArea }) => workArea,
  );
  const window = new BrowserWindow({
    ...fitBounds(state.bounds, workAreas),
    minWidth: smallestSize.width,
    minHeight: smallestSize.height,
    show: false,
    title: 'GGUF Studio',
    backgroundColor: windowBackground(),
    // The menu is there for its shortcuts and for macOS; elsewhere Alt shows it.
    autoHideMenuBar: true,
    ...(process.platform === 'linux'
      ? { icon: join(app.getAppPath(), 'assets', 'icons', '256x256.png') }
      : {}),
    webPreferences: {
      preload: join(__dirname, '../preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  // Not `closed`: then the bounds are gone.
  window.on('close', () =>
    writeWindowState(home, {
      bounds: window.getNormalBounds(),
      maximized: window.isMaximized(),
    }),
  );
  followBackground(window);
  offerReload(window);
  askBeforeLeaving(window);
  void window.loadURL(`${studioOrigin}/`);
  return window;
}

/** The page has edits that are in no file yet. Whoever goes on finds them again at the next start. */
function askBeforeLeaving(window: BrowserWindow): void {
  window.webContents.on('will-prevent-unload', (event) => {
    const response = dialog.showMessageBoxSync(window, {
      type: 'question',
      message: 'The router has edits that are not saved.',
      detail:
        'Requests are not routed by them yet. They are kept, and offered again at the next start.',
      buttons: ['Keep editing', 'Close without saving'],
      defaultId: 0,
      cancelId: 0,
    });
    // Electron takes this as "leave although the page wants to stay".
    if (response === 1) event.preventDefault();
  });
}

/** The page's own process can run out of memory or be killed; the hosts and jobs behind it live on. */
function offerReload(window: BrowserWindow): void {
  const ask = async (message: string, detail: string) => {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons: ['Load the window again', 'Close it'],
      defaultId: 0,
      cancelId: 1,
    });
    if (window.isDestroyed()) return;
    if (response === 0) window.webContents.reload();
    else window.destroy();
  };
  window.webContents.on('render-process-gone', (_, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    void ask(
      `The window's process ended (${reason}, exit code ${exitCode}).`,
      'Jobs go on meanwhile, and unsaved edits of the canvas are kept: they are offered again.',
    );
  });
}
