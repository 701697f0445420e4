// What is served: watched as long as the window stands, started and stopped here.
import { notify } from '#renderer/ui/notify.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { save } from './router-files.ts';
import { measureServed } from './router-measure.ts';
import { openManifestNow, useRouter } from './router-store.ts';

let watching = false;

/** Watches the server; begins again when the watch breaks off. Works once. */
export function followServer(): void {
  if (watching) return;
  watching = true;
  studio()
    .call(
      'watchServer',
      {},
      {
        onEvent({ server }) {
          useRouter.setState({ server });
          noteServed();
        },
      },
    )
    .catch((error: unknown) => notify.error(error))
    .finally(() => {
      watching = false;
    });
}

/** Remembers the manifest that is served while it is the one that was saved last: later edits are compared with it. */
export function noteServed(): void {
  const { server, document, served } = useRouter.getState();
  if (server?.state !== 'running') {
    if (served !== undefined) useRouter.setState({ served: undefined });
    return;
  }
  if (document === undefined || server.sha256 === undefined) return;
  if (server.sha256 === served?.sha256) return;
  const isThis = server.manifest?.path === document.file.path && server.sha256 === document.sha256;
  useRouter.setState({
    served: isThis
      ? { sha256: server.sha256, manifest: document.saved, evaluation: undefined }
      : undefined,
  });
  if (isThis) void measureServed();
}

/** Saves what is open and lets requests be routed by it. */
export async function saveAndServe(): Promise<void> {
  if (!(await save())) return;
  const document = openManifestNow();
  if (document === undefined) return;
  useRouter.setState({ busy: 'serving' });
  try {
    const server = await studio().call('startServing', { file: document.file.id });
    useRouter.setState({ server });
    noteServed();
    notify.success(
      server.address === undefined ? 'The family is served.' : `Served at ${server.address}.`,
    );
  } catch (error) {
    notify.error(error);
  } finally {
    useRouter.setState({ busy: undefined });
  }
}

export async function stopServing(): Promise<void> {
  useRouter.setState({ busy: 'stopping' });
  try {
    useRouter.setState({ server: await studio().call('stopServing', {}) });
    noteServed();
  } catch (error) {
    notify.error(error);
  } finally {
    useRouter.setState({ busy: undefined });
  }
}
