// llama.cpp's pre-tokenizers by what they do: names of one class split every text alike (regex_exprs of llm_tokenizer_bpe
// and ignore_merges in src/llama-vocab.cpp of v0.5.0). A name of the same class is no defect.

const classes: readonly (readonly string[])[] = [
  ['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano'],
  ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'],
  ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'],
  ['starcoder', 'refact', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
  ['gpt-2', 'phi-2', 'jina-es', 'jina-de', 'gigachat', 'jina-v2-es', 'jina-v2-de', 'a.x-4.0', 'mellum', 'modern-bert',
    'jina-v1-en', 'jina-v2-code', 'roberta-bpe', 'mpt', 'olmo', 'jais', 'trillion', 'granite-docling', 'exaone4'],
  ['stablelm2', 'qwen2', 'deepseek-r1-qwen', 'kormo', 'f2llmv2', 'megrez', 'hunyuan', 'solar-open', 'grok-2'],
  ['bloom', 'poro-chat', 'gpt3-finnish'],
  ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'],
  ['tiny_aya', 'cohere2moe'],
  ['bailingmoe', 'bailingmoe2', 'llada-moe'],
  ['gemma4', 'granite-embed-multi-311m', 'sarvam-moe'],
]; // prettier-ignore

const classOf = new Map(
  classes.flatMap((names, index) => names.map((name) => [name, index] as const)),
);

/** Whether two names split alike. */
export function splitAlike(left: string, right: string): boolean {
  return left === right || (classOf.has(left) && classOf.get(left) === classOf.get(right));
}
