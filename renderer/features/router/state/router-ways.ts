// Words, embedding and both on the same held-out prompts, each with thresholds of its own: what a choice between them is made
// by. Models are loaded for it, so it runs on request alone, and nothing is edited before one is chosen.
import { withClassifier } from '#src/routing/manifest/with-classifier.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { withThresholdsOf } from '../logic/edit-manifest.ts';
import {
  edit,
  useRouter,
  type ClassifierKind,
  type MeasuredWay,
  type Ways,
} from './router-store.ts';

export const allWays: readonly ClassifierKind[] = ['lexical', 'embedding', 'cascade'];

let running: AbortController | undefined;

/** Trains and measures one after another; a second call begins anew. */
export async function measureWays(): Promise<void> {
  const { document } = useRouter.getState();
  if (document === undefined || document.manifest.routes.length === 0) return;
  running?.abort();
  const asked = new AbortController();
  running = asked;
  const { signal } = asked;
  const { file, manifest, moved } = document;
  const become = (change: Partial<Ways>) => {
    if (running !== asked) return;
    useRouter.setState(({ ways }) =>
      ways?.of === manifest ? { ways: { ...ways, ...change } } : {},
    );
  };
  useRouter.setState({
    ways: { of: manifest, running: undefined, measured: [], error: undefined },
  });
  const measured: MeasuredWay[] = [];
  try {
    for (const kind of allWays) {
      become({ running: kind });
      const trained = await studio().call(
        'trainRouter',
        { file: file.id, manifest: withClassifier(manifest, kind), examples: false },
        { signal },
      );
      const result = await studio().call(
        'evaluateRouter',
        { file: file.id, manifest: trained, moved: [...moved] },
        { signal },
      );
      measured.push({ kind, manifest: trained, result });
      become({ measured: [...measured] });
    }
    become({ running: undefined });
  } catch (error) {
    become({ running: undefined, error: signal.aborted ? undefined : error });
  }
}

export function stopWays(): void {
  running?.abort();
  running = undefined;
  useRouter.setState(({ ways }) => ({
    ways: ways === undefined ? undefined : { ...ways, running: undefined },
  }));
}

/** Takes a way with its thresholds: one step of undo. Other edits that were made meanwhile stay. */
export function chooseWay({ kind, manifest, result }: MeasuredWay): void {
  edit((current) => withThresholdsOf(withClassifier(current, kind), manifest), {
    step: 'Choose how to decide',
  });
  // What was measured for the comparison is what the held-out figures would be, unless something else was edited since.
  useRouter.setState(({ document, ways }) =>
    document !== undefined && document.past.at(-1)?.manifest === ways?.of
      ? { measured: { state: 'ready', result, manifest: document.manifest, error: undefined } }
      : {},
  );
}
