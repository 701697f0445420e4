// What is served: watched as long as the window stands, started and stopped here.
import { notify } from '#renderer/ui/notify.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { save } from './router-files.ts';
import { noteServed } from './router-served.ts';
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
