// Whose messages the main process takes: the studio's own page in a window's main frame, nothing else. Every channel asks
// here before it looks at what was sent.

/** Scheme and host of the window's page; main.ts registers them. */
export const studioScheme = 'app';
export const studioHost = 'studio';
export const studioOrigin = `${studioScheme}://${studioHost}`;

/** The little of Electron's WebFrameMain that is looked at. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: unknown;
}

/** True for a message from the studio's page: the right scheme and host, and not a frame inside a page. */
export function isStudioFrame(frame: SenderFrame | null | undefined): boolean {
  return frame?.parent === null && isStudioUrl(frame.url);
}

/** True for an address of the studio's own page. Parsed, because prefixes lie (`app://studio.evil/`). */
export function isStudioUrl(text: string): boolean {
  try {
    const { protocol, host, username, password } = new URL(text);
    return (
      protocol === `${studioScheme}:` && host === studioHost && username === '' && password === ''
    );
  } catch {
    return false;
  }
}
