// The manifest as it is served: known while it is the one that this window saved last, so that edits can be compared with it.
import { measureServed } from './router-measure.ts';
import { useRouter } from './router-store.ts';

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
