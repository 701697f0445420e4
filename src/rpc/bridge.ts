// What the preload puts on the page as `window.studio`: one named function per method of the studio's contract. Types only,
// shared by the preload that builds it and the window's client that uses it.
import type { MethodName } from '#src/contract/contract.ts';
import type { StudioContract } from '#src/contract/studio.contract.ts';
import type { WireError } from '#src/errors/studio-error.ts';
import type { PortClosed } from './port.ts';

/** What a method of the preload answers; errors lose their class when they cross into the page. */
export type BridgeOutcome = { ok: true; value: unknown } | { ok: false; error: WireError };

/** One named method of the preload: starts a call, tells how to cancel it. */
export type BridgeMethod = (
  params: unknown,
  onEvent: (event: unknown) => void,
) => { readonly outcome: Promise<BridgeOutcome>; readonly cancel: () => void };

/** What the preload puts on the page. */
export interface StudioBridge {
  readonly methods: Readonly<Record<MethodName<StudioContract>, BridgeMethod>>;
  readonly closed: Promise<PortClosed>;
  /** References (ids) of files that the user dropped; the main process reads their paths and lets them be named. */
  readonly acceptDroppedFiles: (files: readonly File[]) => Promise<readonly string[]>;
}
