// The families that can be converted. Adding one: a file beside this one and a line in `families`.
import { StudioError } from '#src/errors/studio-error.ts';
import type { ArchitectureFamily, ConfiguredArchitecture } from './architecture.ts';
import type { HuggingFaceConfig } from './hugging-face-config.ts';
import { bert } from './bert.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { refuseSpecialConfig } from './refuse-special-config.ts';

const families: readonly ArchitectureFamily[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  phi3,
  gpt2,
  gemma2,
  gemma3,
  bert,
];

/** Names of the families, for help texts and messages. */
export function supportedFamilies(): string[] {
  return families.map((family) => family.name);
}

/**
 * Configures the family that `architectures[0]` of config.json names. Throws `architecture/unsupported` for all others
 * and for variants that need handling which we do not have, `huggingface/invalid` for values that no model has.
 */
export function configureArchitecture(config: HuggingFaceConfig): ConfiguredArchitecture {
  const name = architectureName(config);
  const family = families.find((candidate) => candidate.huggingFaceNames.includes(name));
  if (family === undefined) throw unsupportedArchitecture(name);
  refuseSpecialConfig(config);
  return family.configure(config);
}

function architectureName(config: HuggingFaceConfig): string {
  const names: unknown = Object.hasOwn(config, 'architectures') ? config['architectures'] : [];
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  if (typeof name === 'string') return name;
  throw new StudioError('architecture/unsupported', 'config.json names no architecture.', {
    hint: `It should list one under "architectures". Supported are ${supportedNames()}.`,
    details: { supported: supportedFamilies() },
  });
}

function unsupportedArchitecture(name: string): StudioError {
  return new StudioError(
    'architecture/unsupported',
    `The architecture "${name.slice(0, 100)}" is not supported${reasonFor(name)}.`,
    {
      hint: `Supported are ${supportedNames()}.`,
      details: { architecture: name, supported: supportedFamilies() },
    },
  );
}

/** Names of unsupported relatives say what is special about them. */
function reasonFor(name: string): string {
  if (/moe|mixtral/i.test(name)) return ': it is a mixture of experts';
  if (/vl|vision|llava|conditionalgeneration/i.test(name)) return ': it sees or hears';
  return '';
}

function supportedNames(): string {
  return families
    .map((family) => `${family.name} (${family.huggingFaceNames.join(', ')})`)
    .join('; ');
}
