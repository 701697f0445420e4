// Calibration texts as chunks of tokens: each text is cut on its own, what is left at its end is not used, as llama-imatrix
// has it.
import type { TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { readText, type ReadText } from '../evaluate/read-text.ts';
import type { LlamaLibrary, VocabularyHandle } from '../ffi/llama-library.types.ts';

export interface CalibrationText {
  readonly title: string;
  /** Whole chunks, as they stand in the text. */
  readonly tokens: Int32Array;
  readonly chunks: number;
}

export async function readTexts(requests: readonly TextRequest[]): Promise<readonly ReadText[]> {
  const texts: ReadText[] = [];
  for (const request of requests) texts.push(await readText(request));
  return texts;
}

/** Throws `evaluation/text` for a text that is shorter than one chunk. */
export function cutIntoChunks(
  { request, text }: ReadText,
  { vocabulary: words }: LlamaLibrary,
  vocabulary: VocabularyHandle,
  { contextSize, chunks: limit = Infinity }: { contextSize: number; chunks?: number | undefined },
): CalibrationText {
  const { title, parseSpecial } = request;
  const all = words.tokenize(vocabulary, text, { addSpecial: true, parseSpecial });
  // llama-imatrix aborts on vocabularies that put EOS behind a text; here that one token is left out.
  const { eos } = words.specialTokens(vocabulary);
  const ends = words.addsEos(vocabulary) && all.at(-1) === eos;
  const tokens = ends ? all.subarray(0, -1) : all;
  const chunks = Math.min(Math.floor(tokens.length / contextSize), limit);
  if (chunks === 0) {
    throw new StudioError(
      'evaluation/text',
      `The text "${title}" has ${tokens.length} tokens, which is less than one chunk of ${contextSize}.`,
      {
        hint: 'Give a longer text, or smaller chunks (-c).',
        details: { text: request.id, tokens: tokens.length, contextSize },
      },
    );
  }
  return { title, tokens: tokens.slice(0, chunks * contextSize), chunks };
}

export interface CalibrationBatch {
  readonly text: CalibrationText;
  /** Index of the first chunk in its text. */
  readonly firstChunk: number;
  /** Chunks that are computed side by side. */
  readonly chunks: number;
}

/** The order of work: every text's chunks, `sideBySide` at a time. */
export function planCalibration(
  texts: readonly CalibrationText[],
  sideBySide: number,
): CalibrationBatch[] {
  return texts.flatMap((text) =>
    Array.from({ length: Math.ceil(text.chunks / sideBySide) }, (_, index) => ({
      text,
      firstChunk: index * sideBySide,
      chunks: Math.min(sideBySide, text.chunks - index * sideBySide),
    })),
  );
}
