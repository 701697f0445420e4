// What no page may do, whatever it is: leave the studio, open windows, embed others, or be granted a permission. Set on
// every web contents that is ever made, not only on the window we know of.
import { app, shell, type Session } from 'electron';
import { mayOpenOutside } from './outside-links.ts';
import { isStudioUrl } from './sender-guard.ts';

/** Denies by default. Runs once, before the first window. */
export function limitAllWindows(): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event, url) => {
      // Reloading the studio is a navigation, too.
      if (!isStudioUrl(url)) event.preventDefault();
    });
    contents.on('will-redirect', (event, url) => {
      if (!isStudioUrl(url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      if (mayOpenOutside(url)) void shell.openExternal(url);
      return { action: 'deny' };
    });
  });
}

/** What the page may have without asking: writing a text to the clipboard after a click. */
const granted: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

/** Refuses every permission but the granted ones. */
export function limitSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, decide) =>
    decide(granted.has(permission) && isStudioUrl(contents.getURL())),
  );
  session.setPermissionCheckHandler(
    (_, permission, origin) => granted.has(permission) && isStudioUrl(origin),
  );
  session.setDevicePermissionHandler(() => false);
}
