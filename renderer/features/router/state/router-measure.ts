// The held-out figures: measured when a manifest is opened and again after each edit where that costs nothing (lexical), on
// request where a model is asked. The served manifest is measured once, to tell the difference.
import { notify } from '#renderer/ui/notify.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { edit, useRouter } from './router-store.ts';

/** Edits rest this many milliseconds before they are measured. */
const rest = 350;

let timer: ReturnType<typeof setTimeout> | undefined;
let running: AbortController | undefined;

/** After an edit: measures soon, where no model is needed. */
export function measureAgain(): void {
  clearTimeout(timer);
  const { document } = useRouter.getState();
  if (document?.manifest.classifier.kind !== 'lexical') return;
  timer = setTimeout(() => void measureNow(), rest);
}

/** The Evaluate button. */
export async function measureNow(): Promise<void> {
  clearTimeout(timer);
  const { document } = useRouter.getState();
  if (document === undefined || document.manifest.routes.length === 0) return;
  running?.abort();
  const asked = new AbortController();
  running = asked;
  const { file, manifest, moved } = document;
  useRouter.setState((store) => ({ measured: { ...store.measured, state: 'running' } }));
  try {
    const result = await studio().call(
      'evaluateRouter',
      { file: file.id, manifest, moved: [...moved] },
      { signal: asked.signal },
    );
    if (running !== asked) return;
    useRouter.setState({ measured: { state: 'ready', result, manifest, error: undefined } });
    void measureServed();
  } catch (error) {
    if (running !== asked || asked.signal.aborted) return;
    useRouter.setState((store) => ({ measured: { ...store.measured, state: 'failed', error } }));
  }
}

/** Measures what is served, once for every version of it. */
export async function measureServed(): Promise<void> {
  const { document, served } = useRouter.getState();
  if (document === undefined || served === undefined || served.evaluation !== undefined) return;
  if (served.manifest.classifier.kind !== 'lexical') return;
  try {
    const evaluation = await studio().call('evaluateRouter', {
      file: document.file.id,
      manifest: served.manifest,
      moved: [],
    });
    useRouter.setState((store) =>
      store.served?.sha256 === served.sha256 ? { served: { ...store.served, evaluation } } : {},
    );
  } catch {
    // Without it only the difference cannot be told.
  }
}

/** Finds thresholds on held-out examples; with `examples`, the routes learn those of the routing set first. One step of undo. */
export async function train(examples: boolean): Promise<boolean> {
  const { document } = useRouter.getState();
  if (document === undefined) return false;
  const { file, manifest } = document;
  useRouter.setState({ busy: 'training' });
  try {
    const trained = await studio().call('trainRouter', { file: file.id, manifest, examples });
    edit((current) => (current === manifest ? trained : current), {
      step: examples ? 'Take examples and train' : 'Train thresholds',
    });
    return true;
  } catch (error) {
    notify.error(error);
    return false;
  } finally {
    useRouter.setState({ busy: undefined });
  }
}
