// Which model of a family embeds texts: for its classifier, and for `/v1/embeddings` where nothing else is named. One rule for
// the server, the command line and the window, so that thresholds are trained on what serves.
import type { ManifestParent, RouterManifest } from '#src/contract/routing/manifest.ts';

export interface EmbeddingFile {
  /** As the manifest names it. */
  readonly file: string;
  readonly sha256?: string | undefined;
}

/** The classifier's own file, else the base of its parent, else that of the fallback's parent. */
export function embeddingModelOf({
  classifier,
  parents,
  fallback,
}: Pick<RouterManifest, 'classifier' | 'parents' | 'fallback'>): EmbeddingFile | ManifestParent {
  if (classifier.kind !== 'lexical' && classifier.file !== undefined) {
    return { file: classifier.file, sha256: classifier.sha256 };
  }
  const id = classifier.kind === 'lexical' ? undefined : classifier.parent;
  const find = (wanted: string | undefined) => parents.find((parent) => parent.id === wanted);
  return find(id) ?? find(fallback.parent) ?? parents[0]!;
}
