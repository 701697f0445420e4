// Answers the windows: each gets the studio's contract on the port that its preload sent. Both channels ask the sender guard
// before anything else.
import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent } from 'electron';
import { studioContract } from '#src/contract/studio.contract.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { serve } from '#src/rpc/server.ts';
import type { Studio } from '#src/studio/studio-platform.ts';
import { acceptPathsChannel, connectChannel } from './channels.ts';
import { createMessagePort } from './message-port.ts';
import { isStudioFrame } from './sender-guard.ts';

/** Most files of one drop. */
const mostPaths = 1000;

/**
 * Starts listening; windows that ask before the studio is open wait for it. `onWatching` is called when a window has begun
 * to listen to events.
 */
export function serveWindows(studio: Promise<Studio>, onWatching: () => void): void {
  ipcMain.on(connectChannel, (event: IpcMainEvent) => {
    const [port] = event.ports;
    if (port === undefined) return;
    if (!isStudioFrame(event.senderFrame)) {
      port.close();
      return;
    }
    // What arrives meanwhile waits in the port.
    studio.then(
      ({ handlers }) =>
        serve(studioContract, tellingOfWatch(handlers, onWatching), createMessagePort(port)),
      () => port.close(),
    );
  });
  ipcMain.handle(acceptPathsChannel, async (event: IpcMainInvokeEvent, paths: unknown) => {
    if (!isStudioFrame(event.senderFrame)) {
      throw new StudioError('contract/invalid', 'Only the studio may hand over files.');
    }
    return (await studio).acceptPaths(checkPaths(paths));
  });
}

/** The same handlers; a window that has got the first event of `watch` gets all that follow. */
function tellingOfWatch(handlers: Studio['handlers'], onWatching: () => void): Studio['handlers'] {
  return {
    ...handlers,
    watch: (params, context) =>
      handlers.watch(params, {
        ...context,
        emit(event) {
          context.emit(event);
          if (event.event === 'jobs') setImmediate(onWatching);
        },
      }),
  };
}

function checkPaths(paths: unknown): readonly string[] {
  const fine =
    Array.isArray(paths) &&
    paths.length <= mostPaths &&
    paths.every(
      (path): path is string =>
        typeof path === 'string' && path.length <= 4096 && !path.includes('\0'),
    );
  if (fine) return paths;
  throw new StudioError('contract/invalid', `At most ${mostPaths} paths can be dropped at once.`);
}
