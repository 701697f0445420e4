// The same manifest with another kind of classifier, for comparing them; what the kinds share (the embedding model) is kept.
import type { ManifestClassifier, RouterManifest } from '#src/contract/routing/manifest.ts';

export function withClassifier(
  manifest: RouterManifest,
  kind: ManifestClassifier['kind'],
): RouterManifest {
  const { classifier } = manifest;
  if (classifier.kind === kind) return manifest;
  const note = classifier.note === undefined ? {} : { note: classifier.note };
  if (kind === 'lexical') return { ...manifest, classifier: { kind, ...note } };
  const { file, sha256, parent, method, neighbours } =
    classifier.kind === 'lexical' ? noModel : classifier;
  return {
    ...manifest,
    classifier: {
      kind,
      ...(file === undefined ? {} : { file }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(parent === undefined ? {} : { parent }),
      ...(method === undefined ? {} : { method }),
      ...(neighbours === undefined ? {} : { neighbours }),
      ...note,
    },
  };
}

const noModel: Partial<Extract<ManifestClassifier, { kind: 'embedding' }>> = {};
