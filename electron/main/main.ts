// The desktop program's entry: reads as the list of what happens, in order. It owns windows, menus and dialogs, and starts
// the studio, whose hosts do all the work; no model is read here.
import { app, BrowserWindow, dialog, session } from 'electron';
import { toWireError } from '#src/errors/studio-error.ts';
import { rendererFolder } from '#src/io/renderer-files.ts';
import { studioHome } from '#src/io/studio-home.ts';
import { openStudio } from '#src/studio/open-studio.ts';
import type { Studio } from '#src/studio/studio-platform.ts';
import { registerStudioScheme, serveStudioFiles } from './app-protocol.ts';
import { setApplicationMenu } from './application-menu.ts';
import { createDesktopPlatform } from './desktop-platform.ts';
import { handedPaths, handedWorkspace, takeHandedPaths } from './handed-paths.ts';
import { createDesktopFamilyHost, type DesktopFamilyHost } from './serve-family.ts';
import { serveWindows } from './serve-windows.ts';
import { openStudioWindow } from './studio-window.ts';
import { applyKeptTheme, currentTheme, followTheme } from './theme.ts';
import { limitAllWindows, limitSession } from './window-limits.ts';

// 1. Before the app is ready.
app.setName('GGUF Studio');
registerStudioScheme();
limitAllWindows();

// 2. One studio per user and machine: a second start shows the first's window and gives it its files.
if (app.requestSingleInstanceLock()) boot();
else app.exit(0);

function boot(): void {
  const home = studioHome();
  const families = createDesktopFamilyHost();

  // 3. The studio opens while Chromium starts; windows that ask early wait for it.
  const studio = openStudio({
    platform: { ...createDesktopPlatform(), serveFamily: (family) => families.serve(family) },
    workspaceFolder: handedWorkspace(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd()),
  });
  const ending = new AbortController();
  const watching = new Promise<void>((resolve) => serveWindows(studio, resolve));
  studio.then(
    (opened) => void followTheme(opened, ending.signal).catch(() => undefined),
    (error: unknown) => fail(error),
  );

  // A window that does not listen yet would miss what it is told to open.
  const hand = (paths: readonly string[]) =>
    void watching
      .then(() => studio)
      .then((opened) => takeHandedPaths(opened, paths))
      .catch((error: unknown) => tell('This file cannot be opened', error));
  app.on('second-instance', (_, words, folder) => {
    showWindow();
    hand(handedPaths(words, folder));
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    hand([path]);
  });
  hand(handedPaths(process.argv, process.cwd()));

  // 4. The window.
  void app.whenReady().then(() => {
    applyKeptTheme(home);
    limitSession(session.defaultSession);
    serveStudioFiles(session.defaultSession, rendererFolder(), currentTheme);
    setApplicationMenu((command) => void studio.then((opened) => opened.sendMenuCommand(command)));
    openStudioWindow(home);
    app.on('activate', () => {
      if (BrowserWindow.getAllWindows().length === 0) openStudioWindow(home);
    });
  }, fail);

  // 5. The end: hosts and locks are let go before the process ends.
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let ended = false;
  app.on('will-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    ending.abort();
    void endStudio(studio, families).finally(() => {
      ended = true;
      app.quit();
    });
  });
}

async function endStudio(studio: Promise<Studio>, families: DesktopFamilyHost): Promise<void> {
  // A host that does not end is killed by its starter; this only keeps a hanging disk from holding the program.
  const patience = new Promise((resolve) => setTimeout(resolve, 8000));
  const disposed = studio.then(
    (opened) => opened.dispose(),
    () => undefined,
  );
  const ended = Promise.all([disposed, families.close()]);
  await Promise.race([ended, patience]).catch(() => undefined);
}

function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

function tell(title: string, error: unknown): void {
  const { message, hint } = toWireError(error);
  dialog.showErrorBox(title, [message, hint].filter(Boolean).join('\n\n'));
}

/** The studio cannot open (a broken installation, a home that cannot be made): said in a dialog, as nothing else is there. */
function fail(error: unknown): void {
  tell('GGUF Studio cannot start', error);
  app.exit(1);
}
