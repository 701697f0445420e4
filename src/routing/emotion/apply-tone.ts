// What an emotion changes: a tone is a sentence behind the route's system prompt and sampling on top of the route's own. A
// route's tones stand before those that the step has for all routes.
import type { Decision, EmotionalContext } from '#src/contract/routing/decision.ts';
import type { EmotionLabel, RouterManifest, Tone } from '#src/contract/routing/manifest.ts';
import type { DetectedEmotion } from './detect-emotion.ts';

export { defaultTones } from '#src/contract/routing/default-tones.ts';

/** The emotion step that is on, if any. */
export function emotionStepOf({
  steps,
}: RouterManifest): RouterManifest['steps'][number] | undefined {
  return steps.find(({ kind, enabled }) => kind === 'emotion' && enabled !== false);
}

/** The tone of an emotion for a route (null: the fallback). */
export function toneOf(
  manifest: RouterManifest,
  route: string | null,
  label: EmotionLabel,
): Tone | undefined {
  const step = emotionStepOf(manifest);
  if (step === undefined || !step.labels.includes(label)) return undefined;
  const owner = manifest.routes.find(({ id }) => id === route) ?? manifest.fallback;
  return owner.tones?.[label] ?? step.tones?.[label];
}

/** What was seen and what the tone made of it, as a decision carries it. */
export function emotionalContext(
  manifest: RouterManifest,
  route: string | null,
  detected: DetectedEmotion,
): EmotionalContext {
  const tone = toneOf(manifest, route, detected.label);
  const { systemPrompt, sampling } = tone ?? {};
  const changed = {
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
    ...(sampling === undefined ? {} : { sampling: { ...sampling } }),
  };
  return {
    ...detected,
    words: [...detected.words],
    ...(Object.keys(changed).length === 0 ? {} : { changed }),
  };
}

/**
 * What a decision's answer is asked with: the route's (or fallback's) system prompt with the tone behind it, and its
 * sampling with the tone's on top.
 */
export function answerSettings(
  manifest: RouterManifest,
  decision: Pick<Decision, 'route' | 'emotion'>,
): { systemPrompt?: string; sampling: Record<string, number> } {
  const owner = manifest.routes.find(({ id }) => id === decision.route) ?? manifest.fallback;
  const changed = decision.emotion?.changed;
  const prompts = [owner.systemPrompt, changed?.systemPrompt].filter(
    (prompt) => prompt !== undefined && prompt !== '',
  );
  return {
    ...(prompts.length === 0 ? {} : { systemPrompt: prompts.join('\n\n') }),
    sampling: { ...owner.sampling, ...changed?.sampling },
  };
}
