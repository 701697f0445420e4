// Tokenizers that the reference's check text does not tell, or that are published with more than one pre-tokenizer, by the
// SHA-256 of their merges (joined by line feeds): models that were trained further share them with their origin, whatever
// tokens were added. Merges of Seedling: assets/seedling; the others: llama.cpp v0.5.0,
// models/ggml-vocab-*.gguf.

export interface KnownTokenizer {
  readonly name: string;
  readonly merges: string;
  /** Pre-tokenizers that files of it rightly have, the usual one first. */
  readonly pre: readonly string[];
  /** The token that ends an answer, where all models of it have the same. */
  readonly end?: string;
  /** The name of the chat template (template/known-templates.ts) that all models of it have. */
  readonly template?: string;
}

export const knownTokenizers: readonly KnownTokenizer[] = [
  {
    name: 'Seedling',
    merges: 'e1bb265e0f1ceed981567aca20ce91a6f977eef94cf03e6008177519102689f2',
    pre: ['gpt-2'],
    end: '<|im_end|>',
    template: 'ChatML',
  },
  {
    // llama.cpp publishes its vocabulary with the splitting rules of Qwen 3.5 as well.
    name: 'Qwen 2',
    merges: 'bbeef245f0b03a9613753068e5799c2496290005594c68f09eed68feedbe6d1f',
    pre: ['qwen2', 'qwen35'],
  },
  {
    name: 'GPT-NeoX',
    merges: '0a1f07b1d32153dcdf48f57189b0c217a69b11e11a3bee8a053861987e1640e4',
    pre: ['mpt', 'olmo', 'gpt-2'],
  },
];

export async function findKnownTokenizer(
  merges: readonly string[] | undefined,
): Promise<KnownTokenizer | undefined> {
  if (merges === undefined || merges.length === 0) return undefined;
  const fingerprint = await fingerprintOfMerges(merges);
  return knownTokenizers.find((known) => known.merges === fingerprint);
}

export async function fingerprintOfMerges(merges: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(merges.join('\n'));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
