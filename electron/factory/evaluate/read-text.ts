// The texts of a measurement: files joined, checked, hashed, cut into tokens once for all subjects.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { MeasuredText, TextRequest } from '#src/contract/quality/subjects.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { scoredPerChunk } from '#src/evaluation/chunk-plan.ts';
import { toIoError } from '#src/io/io-error.ts';
import type { LlamaLibrary, VocabularyHandle } from '../ffi/llama-library.types.ts';

/** llama_tokenize takes and gives 32-bit lengths. */
const maximumBytes = 1 << 30;

export interface ReadText {
  readonly request: TextRequest;
  readonly text: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface TokenizedText {
  readonly measured: MeasuredText;
  /** Whole chunks only, as they stand in the text. */
  readonly tokens: Int32Array;
}

/**
 * Reads and joins a text's files; a file without a line's end gets one before the next. Like llama-perplexity's `-f`,
 * one line's end at the end of all is left out. Throws `io/*`, and `evaluation/text` for what is not UTF-8 or too long.
 */
export async function readText(request: TextRequest): Promise<ReadText> {
  const pieces: Buffer[] = [];
  let total = 0;
  for (const path of request.paths) {
    const { size } = await stat(path).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    total += size;
    if (total > maximumBytes) {
      throw new StudioError(
        'evaluation/text',
        `The text "${request.title}" is longer than 1 GiB.`,
        {
          hint: 'Give a part of it; a few hundred kilobytes tell the same.',
        },
      );
    }
    const content = await readFile(path).catch((error: unknown) => {
      throw toIoError(error, path);
    });
    checkUtf8(content, path);
    if (pieces.length > 0 && pieces.at(-1)?.at(-1) !== 10) pieces.push(Buffer.from('\n'));
    pieces.push(content);
  }
  const joined = Buffer.concat(pieces);
  const content = joined.at(-1) === 10 ? joined.subarray(0, -1) : joined;
  return {
    request,
    text: content.toString('utf8'),
    bytes: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

function checkUtf8(content: Uint8Array, path: string): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw new StudioError('evaluation/text', `${path} is not a text in UTF-8.`, {
      hint: 'Save it as UTF-8, or choose another file.',
      cause: error,
    });
  }
}

/** Throws `evaluation/text` when it is shorter than llama-perplexity's least: two chunks. */
export function tokenizeText(
  { request, text, bytes, sha256 }: ReadText,
  library: LlamaLibrary,
  vocabulary: VocabularyHandle,
  { contextSize, chunks: limit }: { contextSize: number; chunks?: number | undefined },
): TokenizedText {
  const { parseSpecial } = request;
  const all = cutText(text, library, vocabulary, parseSpecial);
  if (all.length < 2 * contextSize) {
    throw new StudioError(
      'evaluation/text',
      `The text "${request.title}" has ${all.length} tokens; ${2 * contextSize} are needed with a context of ${contextSize}.`,
      {
        hint: 'Give a longer text, or a smaller context (-c).',
        details: { text: request.id, tokens: all.length, needed: 2 * contextSize },
      },
    );
  }
  const chunks = Math.min(Math.floor(all.length / contextSize), limit ?? Infinity);
  return {
    measured: {
      ...request,
      sha256,
      bytes,
      tokens: all.length,
      chunks,
      scoredTokens: chunks * scoredPerChunk(contextSize),
    },
    tokens: all.slice(0, chunks * contextSize),
  };
}

/** llama-perplexity aborts on vocabularies that put EOS behind a text; here that one token is left out. */
function cutText(
  text: string,
  { vocabulary: words }: LlamaLibrary,
  vocabulary: VocabularyHandle,
  parseSpecial: boolean,
): Int32Array {
  const tokens = words.tokenize(vocabulary, text, { addSpecial: true, parseSpecial });
  const endsWithEos =
    words.addsEos(vocabulary) && tokens.at(-1) === words.specialTokens(vocabulary).eos;
  return endsWithEos ? tokens.subarray(0, -1) : tokens;
}
