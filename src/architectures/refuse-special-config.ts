// Configurations of supported families that still need handling which we do not have: converted as they are, the file
// would be wrong or would not load.
import { StudioError } from '#src/errors/studio-error.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { isPlainObject } from './hyperparameters.ts';

const expertKeys = ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts'];
const towerKeys = [
  'vision_config',
  'audio_config',
  'text_config',
  'vision_tower',
  'mm_vision_tower',
];

/** Throws `architecture/unsupported` naming the key and what it means. */
export function refuseSpecialConfig(config: HuggingFaceConfig): void {
  const own = (key: string) => (Object.hasOwn(config, key) ? config[key] : undefined);
  const quantization = own('quantization_config');
  if (quantization !== undefined && quantization !== null) {
    const method = isPlainObject(quantization) ? quantization['quant_method'] : undefined;
    throw refusal(
      'quantization_config',
      `its weights are already quantized${typeof method === 'string' ? ` (${method.slice(0, 40)})` : ''}`,
      'Convert the original, unquantized model instead.',
    );
  }
  for (const key of expertKeys) {
    const count = own(key);
    if (typeof count === 'number' && count > 0) {
      throw refusal(
        key,
        'it is a mixture of experts',
        'Dense models of this family are supported.',
      );
    }
  }
  for (const key of towerKeys) {
    const tower = own(key);
    if (tower !== undefined && tower !== null) {
      throw refusal(key, 'it sees or hears', 'Text-only models of this family are supported.');
    }
  }
  if (own('draft_vocab_size') !== undefined) {
    throw refusal(
      'draft_vocab_size',
      'it is a draft model for speculative decoding',
      'Convert the model that it drafts for.',
    );
  }
}

function refusal(key: string, reason: string, hint: string): StudioError {
  return new StudioError(
    'architecture/unsupported',
    `This model is not supported: ${reason} (config.json has ${key}).`,
    { hint, details: { key } },
  );
}
