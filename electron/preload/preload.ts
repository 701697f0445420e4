// The sandboxed bridge: asks the main process for the studio once, with one end of a message channel, and puts named
// functions on the page. The page gets neither ipcRenderer nor a channel's name.
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { z } from 'zod';
import type { MethodName } from '#src/contract/contract.ts';
import { studioContract, type StudioContract } from '#src/contract/studio.contract.ts';
import { toWireError } from '#src/errors/studio-error.ts';
import type { BridgeMethod, StudioBridge } from '#src/rpc/bridge.ts';
import { createClient } from '#src/rpc/client.ts';
import { acceptPathsChannel, connectChannel } from '#electron/main/channels.ts';
import { createPagePort } from './page-port.ts';

// The page's content security policy holds here, too: zod must not try to compile code.
z.config({ jitless: true });

const { port1, port2 } = new MessageChannel();
ipcRenderer.postMessage(connectChannel, null, [port2]);
const client = createClient(studioContract, createPagePort(port1), 'studio');

function bridgeMethod(method: MethodName<StudioContract>): BridgeMethod {
  return (params, onEvent) => {
    const controller = new AbortController();
    const outcome = client
      .call(method, params as never, { signal: controller.signal, onEvent })
      .then(
        (value) => ({ ok: true, value }) as const,
        (error: unknown) => ({ ok: false, error: toWireError(error) }) as const,
      );
    return { outcome, cancel: () => controller.abort() };
  };
}

const methods = Object.fromEntries(
  Object.keys(studioContract).map((method) => [
    method,
    bridgeMethod(method as MethodName<StudioContract>),
  ]),
) as StudioBridge['methods'];

/** Electron moved this from File.path to webUtils in version 29 and took the former away in 32. */
function pathOf(file: File): string {
  const utilities = webUtils as typeof webUtils | undefined;
  return utilities?.getPathForFile(file) ?? (file as File & { path?: string }).path ?? '';
}

const bridge: StudioBridge = {
  methods,
  closed: client.closed.then(({ reason, lastLines }) => ({ reason, lastLines })),
  async acceptDroppedFiles(files) {
    // Something dragged out of a page has no path.
    const paths = files.map(pathOf).filter((path) => path !== '');
    return (await ipcRenderer.invoke(acceptPathsChannel, paths)) as readonly string[];
  },
};

contextBridge.exposeInMainWorld('studio', bridge);
