// The family of a model that is there only as a GGUF: its sizes are read back from the metadata, so that an adapter's
// checkpoint names can be mapped without the config.json that the model was converted from.
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import type { ConfiguredArchitecture } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { configureArchitecture, supportedFamilies } from './registry.ts';

/** A family that writes this `general.architecture`; several share `llama`, with the same tensors and transforms. */
const huggingFaceNameOf = new Map([
  ['llama', 'LlamaForCausalLM'],
  ['qwen2', 'Qwen2ForCausalLM'],
  ['qwen3', 'Qwen3ForCausalLM'],
  ['phi3', 'Phi3ForCausalLM'],
  ['gpt2', 'GPT2LMHeadModel'],
  ['gemma2', 'Gemma2ForCausalLM'],
  ['gemma3', 'Gemma3ForCausalLM'],
  ['bert', 'BertModel'],
]);

type GgufModel = Pick<ModelView, 'label' | 'architecture' | 'metadata' | 'tensors'>;

/**
 * For mapping tensor names; the metadata that it gives are the family's defaults, not the model's. Throws
 * `architecture/unsupported` for other architectures, `gguf/invalid` when a size is missing or no single number.
 */
export function architectureFromGguf(model: GgufModel): ConfiguredArchitecture {
  const { architecture } = model;
  const name = huggingFaceNameOf.get(architecture);
  if (name === undefined) {
    throw new StudioError(
      'architecture/unsupported',
      `${model.label} has the architecture "${architecture.slice(0, 100)}", whose tensor names are not known.`,
      {
        hint: `Supported are ${supportedFamilies().join(', ')}; for others use adapters in GGUF form.`,
        details: { architecture, supported: supportedFamilies() },
      },
    );
  }
  return configureArchitecture({ architectures: [name], ...sizesOf(model) });
}

function sizesOf(model: GgufModel): HuggingFaceConfig {
  const { architecture: arch } = model;
  const embedding = model.tensors.find((tensor) => tensor.name === 'token_embd.weight')?.shape;
  const required = (key: string, value = entryNumber(model.metadata, `${arch}.${key}`)) => {
    if (value !== undefined) return value;
    throw new StudioError('gguf/invalid', `${model.label} has no single number ${arch}.${key}.`, {
      hint: 'Models whose layers differ in size are not supported here; use adapters in GGUF form.',
    });
  };
  const heads = required('attention.head_count');
  const length = required('embedding_length');
  const blocks = required('block_count');
  const feedForward = required('feed_forward_length');
  const vocabulary = required('vocab_size', embedding?.[1]);
  if (arch === 'gpt2') {
    const [n_embd, n_layer, n_head, n_inner] = [length, blocks, heads, feedForward];
    return { vocab_size: vocabulary, n_embd, n_layer, n_head, n_inner, ...isTied(model) };
  }
  const headLength = entryNumber(model.metadata, `${arch}.attention.key_length`);
  return {
    vocab_size: vocabulary,
    hidden_size: length,
    intermediate_size: feedForward,
    num_hidden_layers: blocks,
    num_attention_heads: heads,
    num_key_value_heads: entryNumber(model.metadata, `${arch}.attention.head_count_kv`) ?? heads,
    ...(headLength === undefined ? {} : { head_dim: headLength }),
    ...isTied(model),
  };
}

/** Without an output matrix of its own a model multiplies with its token embedding. */
function isTied(model: GgufModel): { tie_word_embeddings: boolean } {
  return { tie_word_embeddings: !model.tensors.some((tensor) => tensor.name === 'output.weight') };
}
