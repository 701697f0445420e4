// What the names in a PEFT checkpoint mean. PEFT drops the adapter's name on saving (peft/utils/save_and_load.py), so
// `...q_proj.lora_A.default.weight` is stored as `...q_proj.lora_A.weight`.

export type PeftTensorRole =
  /** A factor of the change of `module`'s weight; embeddings name theirs differently. */
  | { readonly kind: 'factor'; readonly factor: 'a' | 'b'; readonly embedding: boolean; readonly module: string }
  /** DoRA's magnitudes of `module`. */
  | { readonly kind: 'magnitude'; readonly module: string }
  /** A whole tensor of the base, trained: modules_to_save, biases, norms. */
  | { readonly kind: 'saved'; readonly name: string }
  /** A copy of the base's own weight: nothing to do. */
  | { readonly kind: 'base-copy' }
  | { readonly kind: 'unknown' }; // prettier-ignore

const prefix = 'base_model.model.';

export function peftTensorRole(storedName: string): PeftTensorRole {
  const name = storedName.startsWith(prefix) ? storedName.slice(prefix.length) : storedName;
  const factor = /^(.+)\.lora_(A|B)(?:\.default)?\.weight$/.exec(name);
  if (factor !== null) return factorRole(factor, false);
  const embedding = /^(.+)\.lora_embedding_(A|B)(?:\.default)?$/.exec(name);
  if (embedding !== null) return factorRole(embedding, true);
  const magnitude = /^(.+)\.lora_magnitude_vector(?:\.default)?(?:\.weight)?$/.exec(name);
  if (magnitude?.[1] !== undefined) return { kind: 'magnitude', module: magnitude[1] };
  // With bias "all" the trained bias of a wrapped layer is stored as `q_proj.base_layer.bias`.
  const isWrappedBias = name.endsWith('.base_layer.bias');
  if (name.includes('.original_module.') || (name.includes('.base_layer.') && !isWrappedBias)) {
    return { kind: 'base-copy' };
  }
  if (/(?:^|\.)(?:lora_|token_adapter\.)/.test(name)) return { kind: 'unknown' };
  const saved = name.replace(
    /\.(?:modules_to_save(?:\.default)?|base_layer)(?=\.(?:weight|bias)$)/,
    '',
  );
  return /\.(?:weight|bias)$/.test(saved) ? { kind: 'saved', name: saved } : { kind: 'unknown' };
}

function factorRole(match: RegExpExecArray, embedding: boolean): PeftTensorRole {
  const [, module = '', letter] = match;
  return { kind: 'factor', factor: letter === 'A' ? 'a' : 'b', embedding, module };
}
