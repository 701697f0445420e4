// Which tokens end a generation: llama.cpp takes the stated ids and every token of certain texts (llama_vocab::impl::load,
// special_eog_ids), because files are so often wrong about it.
import { specialId, type Vocabulary } from './vocabulary.ts';

/** llama.cpp also treats these as control tokens, whatever type the file gives them. */
export const endTexts: ReadonlySet<string> = new Set([
  '<|eot_id|>', '<|im_end|>', '<|end|>', '<|return|>', '<|call|>', '<|flush|>', '<|calls|>', '<end_of_turn>',
  '<|endoftext|>', '</s>', '<|eom_id|>', '<EOT>', '_<EOT>', '[EOT]', '[EOS]', '<|end_of_text|>',
  '<end_of_utterance>', '<eos>', '<turn|>', '<|tool_response>', '<｜end▁of▁sentence｜>', '[e~[',
]); // prettier-ignore

/** Ids at which llama.cpp stops. */
export function endTokens(vocabulary: Vocabulary): ReadonlySet<number> {
  const stated = ['eos', 'eot', 'eom']
    .map((name) => specialId(vocabulary, name))
    .filter((id) => id !== undefined && id < vocabulary.tokens.length);
  const byText = [...endTexts]
    .map((text) => vocabulary.idOf.get(text))
    .filter((id) => id !== undefined);
  return new Set([...stated, ...byText].filter((id) => id !== undefined));
}

/** Ids that the file itself states as an end: other programs know no others. */
export function statedEndTokens(vocabulary: Vocabulary): ReadonlySet<number> {
  return new Set(
    ['eos', 'eot', 'eom']
      .map((name) => specialId(vocabulary, name))
      .filter((id) => id !== undefined),
  );
}
