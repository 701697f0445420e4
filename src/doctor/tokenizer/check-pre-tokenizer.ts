// The pre-tokenizer of a byte-level BPE vocabulary: without it, or with another model's, every text is cut at other places
// than in training. What would be right follows from the vocabulary itself: by its merges, or by the reference's check text.
import type { Draft } from '../findings.ts';
import { preTokenizerNames } from '#src/architectures/vocabulary/pre-tokenizer-names.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { textFix } from '../metadata/fix-value.ts';
import { recognizeByCheckText } from './encode-check-text.ts';
import { findKnownTokenizer } from './known-tokenizers.ts';
import { splitAlike } from './pre-tokenizer-classes.ts';
import { tokenKeys, type Vocabulary } from './vocabulary.ts';

interface Right {
  /** The likeliest first. */
  readonly names: readonly string[];
  readonly because: string;
}

export async function checkPreTokenizer(
  vocabulary: Vocabulary,
  source: readonly GgufEntry[] | undefined,
): Promise<Draft[]> {
  // Other kinds of vocabulary have none; Gemma 4's is fixed by its model.
  if (vocabulary.model !== 'gpt2') return [];
  const { pre } = vocabulary;
  const isKnown = pre !== undefined && preTokenizerNames.includes(pre);
  const given = source === undefined ? undefined : entryString(source, tokenKeys.pre);
  const right: Right | undefined =
    given !== undefined && preTokenizerNames.includes(given)
      ? { names: [given], because: 'the source has it' }
      : await rightNames(vocabulary);
  const [name] = right?.names ?? [];
  const better = name === undefined ? {} : { fix: textFix(tokenKeys.pre, name) };
  const remedy =
    name === undefined
      ? 'Name the model that the file was made from (--source), or set the name that llama.cpp has for its tokenizer.'
      : `Sets ${tokenKeys.pre} to "${name}".`;
  const base = {
    keys: [tokenKeys.pre],
    evidence: {
      pre: pre ?? null,
      right: right?.names ?? [],
      ...(right === undefined ? {} : { because: right.because }),
    },
    remedy,
    ...better,
  };
  const itIs = name === undefined ? '' : ` It is "${name}": ${right?.because ?? ''}.`;
  if (pre === undefined || pre === '') {
    return [
      {
        ...base,
        code: 'tokenizer/pre-missing',
        message: `The file does not say how its tokenizer splits text; llama.cpp then splits by a default.${itIs}`,
      },
    ];
  }
  if (!isKnown) {
    return [
      {
        ...base,
        code: 'tokenizer/pre-unknown',
        message: `llama.cpp v0.5.0 knows no pre-tokenizer "${pre.slice(0, 60)}" and refuses the file.${itIs}`,
      },
    ];
  }
  if (name === undefined || right?.names.some((other) => splitAlike(pre, other)) !== false)
    return [];
  return [
    {
      ...base,
      code: 'tokenizer/pre-wrong',
      message: `The pre-tokenizer is "${pre}", but the vocabulary is one of "${name}": ${right.because}.`,
    },
  ];
}

async function rightNames(vocabulary: Vocabulary): Promise<Right | undefined> {
  const known = await findKnownTokenizer(vocabulary.merges);
  if (known !== undefined) {
    return { names: known.pre, because: `its merges are those of ${known.name}` };
  }
  const names = await recognizeByCheckText(vocabulary);
  return names.length === 0
    ? undefined
    : { names, because: "it encodes llama.cpp's check text to the ids of that tokenizer" };
}
