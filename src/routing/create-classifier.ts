// The classifier that a manifest asks for, trained on its examples.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { EmbedTexts, TrainedClassifier } from './classifier.ts';
import { createCascadeClassifier } from './embedding/cascade-classifier.ts';
import { createEmbeddingClassifier } from './embedding/embedding-classifier.ts';
import { createLexicalClassifier } from './lexical/lexical-classifier.ts';

const defaultNeighbours = 5;
const defaultCertain = 0.8;

/** Throws `routing/embedding` where a model is needed and `embed` is missing. */
export async function createClassifier(
  manifest: RouterManifest,
  embed?: EmbedTexts,
): Promise<TrainedClassifier> {
  const { routes, classifier } = manifest;
  const none = manifest.fallback.examples ?? [];
  if (classifier.kind === 'lexical') return createLexicalClassifier(routes, none);
  if (embed === undefined) {
    throw new StudioError(
      'routing/embedding',
      `The classifier "${classifier.kind}" of ${manifest.name} needs an embedding model, and none is at hand here.`,
      { hint: 'Use it where models run, or set the classifier to "lexical".' },
    );
  }
  const embedding = await createEmbeddingClassifier(routes, none, embed, {
    method: classifier.method ?? 'nearest',
    neighbours: classifier.neighbours ?? defaultNeighbours,
  });
  return classifier.kind === 'embedding'
    ? embedding
    : createCascadeClassifier(
        createLexicalClassifier(routes, none),
        embedding,
        classifier.certain ?? defaultCertain,
      );
}
