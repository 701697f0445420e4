// Choosing what turns texts into vectors: a model of the library or a file, copied into the family's folder by the studio, or
// a parent's hidden states. Thresholds are found for it at once, and all of it is one step of undo.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { withClassifier } from '#src/routing/manifest/with-classifier.ts';
import { notify } from '#renderer/ui/notify.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { studio } from '#renderer/stores/studio-store.ts';
import { withEmbedding, withThresholdsOf } from '../logic/edit-manifest.ts';
import { measureNow } from './router-measure.ts';
import { edit, useRouter } from './router-store.ts';

let running: AbortController | undefined;

/** A model file by its id: checked, copied beside the manifest, named in the edits. */
export function chooseEmbeddingFile(model: string): Promise<void> {
  return change(async (file, signal) => {
    const { file: name, sha256 } = await studio().call(
      'addEmbeddingModel',
      { file, model },
      {
        signal,
        onEvent: ({ phase, detail }) =>
          become({ doing: detail === undefined ? phase : `${phase} ${detail}` }),
      },
    );
    return (manifest) => withEmbedding(manifest, { kind: 'file', file: name, sha256 });
  });
}

export async function pickEmbeddingFile(): Promise<void> {
  const picked = await pickFile('gguf', 'Choose an embedding model');
  if (picked !== undefined) await chooseEmbeddingFile(picked.id);
}

/** The mean of a parent's last hidden states; undefined: of the first parent. */
export function chooseHiddenStates(parent: string | undefined): Promise<void> {
  return change(() => (manifest) => withEmbedding(manifest, { kind: 'parent', id: parent }));
}

/** Words alone. */
export function chooseNoEmbedding(): Promise<void> {
  return change(() => (manifest) => withClassifier(manifest, 'lexical'));
}

export function stopChoosing(): void {
  running?.abort();
  running = undefined;
  useRouter.setState({ embedding: undefined });
}

type Change = (manifest: RouterManifest) => RouterManifest;

/** Runs what leads to a change, trains for it, and edits once. */
async function change(
  prepare: (file: string, signal: AbortSignal) => Change | Promise<Change>,
): Promise<void> {
  const { document } = useRouter.getState();
  if (document === undefined) return;
  running?.abort();
  const asked = new AbortController();
  running = asked;
  const { id } = document.file;
  const isCurrent = () =>
    running === asked && useRouter.getState().document?.file.id === id && !asked.signal.aborted;
  useRouter.setState({ embedding: { doing: 'Looking', error: undefined } });
  try {
    const step = await prepare(id, asked.signal);
    if (!isCurrent()) return;
    const candidate = step(document.manifest);
    const trained = await trainFor(id, candidate, asked.signal);
    if (!isCurrent()) return;
    edit(
      (current) => {
        const next = step(current);
        return trained === undefined || next === current ? next : withThresholdsOf(next, trained);
      },
      { step: 'Choose the embedding' },
    );
    useRouter.setState({ embedding: undefined });
    // A model was asked anyway: its figures are wanted now.
    void measureNow();
  } catch (error) {
    if (isCurrent()) useRouter.setState({ embedding: { doing: undefined, error } });
  } finally {
    if (running === asked) running = undefined;
  }
}

/** Thresholds for a candidate. Without examples nothing can be trained: the choice stands, and it is said. */
async function trainFor(
  file: string,
  manifest: RouterManifest,
  signal: AbortSignal,
): Promise<RouterManifest | undefined> {
  if (manifest.routes.every(({ examples }) => examples.length === 0)) return undefined;
  become({ doing: 'Training thresholds' });
  try {
    return await studio().call('trainRouter', { file, manifest, examples: false }, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    notify.error(error);
    return undefined;
  }
}

function become(state: { readonly doing: string }): void {
  useRouter.setState(({ embedding }) =>
    embedding === undefined ? {} : { embedding: { ...embedding, ...state } },
  );
}
