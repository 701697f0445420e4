// A manifest that decides: texts in, decisions out, with reasons. Pure but for the function that embeds texts, which whoever
// runs models gives (the engine); the lexical classifier needs none.
import type { Decision } from '#src/contract/routing/decision.ts';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { EmbedTexts } from './classifier.ts';
import { createClassifier } from './create-classifier.ts';
import { emotionalContext, emotionStepOf } from './emotion/apply-tone.ts';
import { detectEmotion, type DetectEmotion } from './emotion/detect-emotion.ts';
import { decideRoute, type Turn } from './decide-route.ts';
import { checkManifest } from './manifest/check-manifest.ts';
import { splitIntents } from './split-intents.ts';

export type { EmbedTexts } from './classifier.ts';
export type { Turn } from './decide-route.ts';

export interface Router {
  /** Decides one text. `turns` are the conversation's earlier ones, oldest first. */
  decide(
    text: string,
    options?: { readonly turns?: readonly Turn[]; readonly signal?: AbortSignal },
  ): Promise<Decision>;
}

export interface RouterOptions {
  /** Detects emotions in place of the lexicon: a companion model. */
  readonly detect?: DetectEmotion;
}

/**
 * Trains the manifest's classifier on its examples (milliseconds for `lexical`; with `embed` all examples are embedded
 * once). Throws `routing/manifest` for a manifest that cannot route, `routing/embedding` where a model is needed and
 * `embed` is missing.
 */
export async function createRouter(
  manifest: RouterManifest,
  embed?: EmbedTexts,
  { detect = detectEmotion }: RouterOptions = {},
): Promise<Router> {
  const problem = checkManifest(manifest).find(({ severity }) => severity === 'error');
  if (problem !== undefined) {
    throw new StudioError(
      'routing/manifest',
      `${manifest.name}, ${problem.at}: ${problem.message}`,
      {
        ...(problem.hint === undefined ? {} : { hint: problem.hint }),
        details: { at: problem.at },
      },
    );
  }
  const classifier = await createClassifier(manifest, embed);
  return {
    decide: async (text, { turns = [], signal } = {}) => {
      const begin = performance.now();
      signal?.throwIfAborted();
      const emotion = emotionStepOf(manifest) === undefined ? undefined : await detect(text);
      const parts = splitIntents(text);
      const [whole, ...classified] = await classifier.classify([text, ...parts]);
      signal?.throwIfAborted();
      if (whole === undefined) throw new Error('A classifier classifies every text.');
      const decision = decideRoute(
        manifest,
        text,
        whole,
        classified.map((classification, index) => ({ text: parts[index] ?? '', classification })),
        turns,
      );
      return {
        ...decision,
        ...(emotion === undefined
          ? {}
          : { emotion: emotionalContext(manifest, decision.route, emotion) }),
        milliseconds: performance.now() - begin,
      };
    },
  };
}
