// The merges of a BPE tokenizer as GGUF stores them: one string a pair, halves separated by a space. tokenizer.json holds
// strings or, since tokenizers 0.20, pairs; merges.txt is the older form (gguf-py, gguf/vocab.py).
import { StudioError } from '#src/errors/studio-error.ts';
import { arrayField, objectField, type JsonValue } from './json.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';

/** Empty when the folder has none. Throws `huggingface/invalid` for merges of another form. */
export function readMerges(files: TokenizerFiles): readonly string[] {
  const merges = arrayField(objectField(files.tokenizer, 'model'), 'merges');
  if (merges.length > 0) {
    return merges.map((merge, index) => mergeText(merge, index, files.label));
  }
  return files.merges === undefined ? [] : parseMergesText(files.merges);
}

function mergeText(merge: JsonValue, index: number, label: string): string {
  if (typeof merge === 'string') return merge;
  if (Array.isArray(merge) && merge.length === 2) {
    const [left, right] = merge as readonly JsonValue[];
    if (typeof left === 'string' && typeof right === 'string') {
      return `${encodeSpaces(left)} ${encodeSpaces(right)}`;
    }
  }
  throw new StudioError(
    'huggingface/invalid',
    `${label}/tokenizer.json: merge ${index} is ${JSON.stringify(merge)}, neither "a b" nor ["a", "b"].`,
  );
}

/** A space inside a half would read as the separator, so it becomes U+0120, as in the byte alphabet. */
function encodeSpaces(half: string): string {
  return half.replaceAll(' ', '\u0120');
}

/** What Python's str.strip and str.split take for white space. */
const whitespace = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** Lines of two words; a first line that starts with # is a comment, and other lines are ignored. */
export function parseMergesText(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  const words = (line: string) => line.split(whitespace).filter((word) => word !== '');
  const start = words(lines[0] ?? '')[0]?.startsWith('#') ? 1 : 0;
  return lines
    .slice(start)
    .map(words)
    .filter((pair) => pair.length === 2)
    .map((pair) => pair.join(' '));
}
