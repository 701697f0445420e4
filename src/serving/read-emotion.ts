// Detects the emotion of a request: with the family's companion model of the role emotion when there is one, else with the
// lexicon. A companion that cannot be asked is told once and replaced by the lexicon: no answer waits for a feeling.
import {
  emotionLabels,
  type EmotionLabel,
  type RouterManifest,
} from '#src/contract/routing/manifest.ts';
import { isAbort, StudioError } from '#src/errors/studio-error.ts';
import { dotProduct } from '#src/routing/dot-product.ts';
import { emotionStepOf } from '#src/routing/emotion/apply-tone.ts';
import { detectEmotion, type DetectedEmotion } from '#src/routing/emotion/detect-emotion.ts';
import type { FamilyEngine } from './family-engine.ts';

export type ReadEmotion = (
  text: string,
  signal?: AbortSignal,
) => Promise<DetectedEmotion | undefined>;

/** What an embedding model compares a text with. */
export const emotionAnchors: Readonly<Record<EmotionLabel, readonly string[]>> = {
  neutral: ['Please tell me how this works.', 'What is the capital of the country?'],
  positive: ['I am so happy, this is wonderful!', 'Thank you, that made my day.'],
  sad: ['I feel so sad and alone.', 'I have lost someone and cannot stop crying.'],
  angry: ['This is outrageous, I am furious!', 'I am sick of this nonsense.'],
  anxious: ['I am really worried and afraid.', 'I am nervous that something is wrong with me.'],
};

const mostCharacters = 2_000;

/** Answers nothing where the manifest has no step or it is off. `tell` gets why the companion is not used. */
export function emotionReader(
  manifest: RouterManifest,
  engine: FamilyEngine,
  tell: (message: string) => void,
): ReadEmotion {
  if (emotionStepOf(manifest) === undefined) return () => Promise.resolve(undefined);
  const companion = manifest.companions.find(({ role }) => role === 'emotion');
  if (companion === undefined) return (text) => Promise.resolve(detectEmotion(text));
  let ask: 'answers' | 'vectors' | 'nothing' = 'answers';
  let anchored: Promise<readonly Float32Array[]> | undefined;

  const byAnswer = async (text: string, signal?: AbortSignal): Promise<DetectedEmotion> => {
    const { text: said } = await engine.completeFile(companion, {
      input: { prompt: questionOf(text) },
      sampling: { temperature: 0, maxTokens: 12 },
      stop: ['\n'],
      conversation: 'emotion',
      signal,
      onText: () => undefined,
    });
    const label = firstLabel(said);
    return label === undefined
      ? detectEmotion(text)
      : { label, confidence: 1, source: companion.file, words: [] };
  };
  const byVectors = async (text: string, signal?: AbortSignal): Promise<DetectedEmotion> => {
    const lines = emotionLabels.flatMap((label) => emotionAnchors[label]);
    anchored ??= engine.embed(companion, lines, { cut: true }).then(({ vectors }) => vectors);
    anchored.catch(() => (anchored = undefined));
    const [known, own] = await Promise.all([
      anchored,
      engine.embed(companion, [text.slice(0, mostCharacters)], { cut: true, signal }),
    ]);
    return nearestLabel(own.vectors[0]!, known, companion.file);
  };

  return async (text, signal) => {
    if (text.trim() === '') return detectEmotion(text);
    try {
      if (ask === 'answers') return await byAnswer(text, signal);
      if (ask === 'vectors') return await byVectors(text, signal);
    } catch (error) {
      if (isAbort(error)) throw error;
      const isEmbeddingModel =
        error instanceof StudioError && error.code === 'architecture/unsupported';
      if (isEmbeddingModel && ask === 'answers') {
        ask = 'vectors';
        return byVectors(text, signal).catch(() => detectEmotion(text));
      }
      ask = 'nothing';
      tell(`The emotion model ${companion.file} is not used: ${(error as Error).message}`);
    }
    return detectEmotion(text);
  };
}

function questionOf(text: string): string {
  const shown = text.slice(0, mostCharacters).replaceAll(/\s+/g, ' ');
  return `Which emotion does the text show: ${emotionLabels.join(', ')}?\nText: ${shown}\nEmotion:`;
}

function firstLabel(said: string): EmotionLabel | undefined {
  const found = emotionLabels
    .map((label) => ({ label, at: said.toLowerCase().indexOf(label) }))
    .filter(({ at }) => at !== -1);
  return found.toSorted((left, right) => left.at - right.at)[0]?.label;
}

/** Cosine similarity to the nearest anchor of each label; the share of the best one's lead. */
function nearestLabel(
  own: Float32Array,
  known: readonly Float32Array[],
  source: string,
): DetectedEmotion {
  let index = 0;
  const scores = emotionLabels.map((label) => {
    const similar = emotionAnchors[label].map(() => dotProduct(own, known[index++]!));
    return { label, score: Math.exp(10 * Math.max(...similar)) };
  });
  const sum = scores.reduce((total, { score }) => total + score, 0);
  const best = scores.toSorted((left, right) => right.score - left.score)[0]!;
  return { label: best.label, confidence: best.score / sum, source, words: [] };
}
