// The tones that a manifest begins with. They stand in the manifest, where they are seen, edited and switched off; nothing is
// added to a prompt that is not written there.
import type { EmotionLabel, Tone } from './manifest.ts';

/** Short and careful. */
export const defaultTones: Partial<Record<EmotionLabel, Tone>> = {
  sad: {
    systemPrompt:
      'The user seems sad. Acknowledge it in one warm sentence, then answer gently and simply.',
    sampling: { temperature: 0.6 },
  },
  angry: {
    systemPrompt:
      'The user seems upset. Stay calm, do not argue, and get to what helps in short sentences.',
    sampling: { temperature: 0.4 },
  },
  anxious: {
    systemPrompt:
      'The user seems worried. Be calm and clear, say what is known, and give one next step.',
    sampling: { temperature: 0.5 },
  },
  positive: {
    systemPrompt: 'The user is in good spirits. Match it lightly and stay to the point.',
  },
};
