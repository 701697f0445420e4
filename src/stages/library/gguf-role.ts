// What a GGUF is for, told from general.type and general.architecture: chat models, models that llama.cpp runs but that
// do not chat, and companions (projectors, vocoders, image and speech models) that other programs made GGUFs of.
import type { LibraryItem } from '#src/contract/library.ts';
import { entryNumber, entryString, entryValue } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';

export interface GgufRole {
  readonly kind: 'gguf' | 'companion';
  readonly role: NonNullable<LibraryItem['role']>;
}

/** `LLM_ARCH_NAMES` of llama.cpp v0.5.0 (src/llama-arch.cpp) without clip. */
const languageModels = new Set(
  `llama llama4 deci falcon grok gpt2 gptj gptneox mpt baichuan starcoder refact bert modern-bert nomic-bert
  nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert bloom stablelm qwen qwen2 qwen2moe qwen2vl qwen3 qwen3moe
  qwen3next qwen3vl qwen3vlmoe qwen35 qwen35moe qwen4exp phi2 phi3 phimoe plamo plamo2 plamo3 codeshell orion internlm2
  minicpm minicpm3 gemma gemma2 gemma3 gemma3n gemma4 gemma4-assistant gemma-embedding starcoder2 mamba mamba2 maple
  jamba falcon-h1 xverse command-r cohere2 cohere2moe dbrx olmo olmo2 olmoe muse-glimmer openelm arctic deepseek
  deepseek2 deepseek2-ocr deepseek32 deepseek4 chatglm glm4 glm4moe glm-dsa bitnet t5 t5encoder jais jais2 nemotron
  nemotron_h nemotron_h_moe exaone exaone4 exaone-moe rwkv6 rwkv6qwen2 rwkv7 arwkv7 granite granitemoe granitehybrid
  graniteswitch granite_swa chameleon wavtokenizer-dec plm bailingmoe bailingmoe2 bailingmoe3 dots1 dots3note arcee
  afmoe laguna ernie4_5 ernie4_5-moe hunyuan-moe hunyuan-dense hunyuan_vl hy_v3 hy_v4 smollm3 gpt-oss lfm2 lfm2moe dream
  smallthinker llada llada-moe seed_oss grovemoe apertus minimax-01 hrm_text minimax-m2 minimax-m3 cogvlm rnd1
  pangu-embedded mistral3 eagle3 dflash mistral4 paddleocr mimo2 step35 spark2_5 llama-embed maincoder kimi-linear
  kimi-k3 talkie mellum nanbeige qwen3tts pockettts`.split(/\s+/),
);

/** Whether llama.cpp v0.5.0 knows this `general.architecture` as a language model. */
export function isLanguageModel(architecture: string): boolean {
  return languageModels.has(architecture);
}

const voice =
  /wavtokenizer|vocoder|snac|\btts\b|tts$|tts[-_]|kokoro|parler|outetts|orpheus|bark|dia$|dac$|mimi/;
const speech = /whisper|asr|wav2vec|moonshine|parakeet|canary|sensevoice|paraformer|conformer/;
const embedding = /bert|embed|^t5encoder$/;
const emotions = /^(?:joy|anger|sadness|fear|surprise|disgust|love|neutral|happy|sad|angry)$/i;

/** Labels of a classifier: emotions where at least three are names of such. */
export function nameEmotions(labels: readonly string[]): boolean {
  return labels.filter((label) => emotions.test(label)).length >= 3;
}

/** The role of a model that has this architecture, in GGUF's or a configuration's spelling. */
export function roleOfArchitecture(architecture: string): GgufRole['role'] | undefined {
  const name = architecture.toLowerCase();
  if (voice.test(name)) return 'voice';
  if (speech.test(name)) return 'speech';
  return embedding.test(name) ? 'embedding' : undefined;
}

/** What a GGUF model (no adapter, no matrix) is. */
export function roleOfGguf(
  architecture: string,
  metadata: readonly GgufEntry[],
  tensorCount: number,
): GgufRole {
  const type = (entryString(metadata, 'general.type') ?? 'model').toLowerCase();
  const known = roleOfArchitecture(architecture) ?? roleOfArchitecture(type);
  if (type === 'mmproj' || architecture === 'clip') {
    const hears = entryValue(metadata, 'clip.has_audio_encoder');
    const sees = entryValue(metadata, 'clip.has_vision_encoder');
    const onlyHears = hears?.value === true && sees?.value !== true;
    return { kind: 'companion', role: onlyHears ? 'speech' : 'other' };
  }
  if (known === 'voice' || known === 'speech') return { kind: 'companion', role: known };
  if (type !== 'model' || !languageModels.has(architecture) || tensorCount === 0) {
    return { kind: 'companion', role: known ?? 'other' };
  }
  const labels = entryValue(metadata, `${architecture}.classifier.output_labels`);
  if (labels?.type === 'array' && labels.elementType === 'string') {
    return { kind: 'gguf', role: nameEmotions(labels.value) ? 'emotion' : 'other' };
  }
  // LLAMA_POOLING_TYPE: mean 1, cls 2, last 3 make embeddings, rank 4 scores.
  const pooling = entryNumber(metadata, `${architecture}.pooling_type`) ?? 0;
  if (pooling === 4) return { kind: 'gguf', role: 'other' };
  if (pooling > 0 || known === 'embedding') return { kind: 'gguf', role: 'embedding' };
  const isDraft = /^(?:eagle3|dflash|gemma4-assistant)$/.test(architecture);
  return { kind: isDraft ? 'companion' : 'gguf', role: isDraft ? 'other' : 'chat' };
}
