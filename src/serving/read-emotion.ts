// The emotional context of a request: what the step of the manifest detects in the user's text.
import type { EmotionalContext } from '#src/contract/routing/decision.ts';
import type { FamilyFiles } from './family-files.ts';
import type { EngineCall } from './family.ts';
import type { ReadFamily } from './read-family.ts';

export type ReadEmotion = (
  text: string,
  signal?: AbortSignal,
) => Promise<EmotionalContext | undefined>;

/** Nothing where the manifest has no step, or it is switched off. */
// eslint-disable-next-line @typescript-eslint/require-await
export async function emotionReader(
  { manifest }: ReadFamily,
  _files: FamilyFiles,
  _engine: EngineCall,
): Promise<ReadEmotion> {
  const step = manifest.steps.find(({ kind }) => kind === 'emotion');
  if (step === undefined || step.enabled === false) return () => Promise.resolve(undefined);
  return () => Promise.resolve(undefined);
}
