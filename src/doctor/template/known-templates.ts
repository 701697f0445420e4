// Chat templates that a repair may put in place of a broken one, each with the marks that tell whose it is. Few, and only
// such as are certain: a template of another model makes answers worse than none.
// ChatML: the form that most models with these marks were published with. Llama 3: meta-llama/Meta-Llama-3-8B-Instruct.
// Gemma: google/gemma-2-2b-it. Phi 3: microsoft/Phi-3.5-mini-instruct. The latter two as in llama.cpp's models/templates.
import type { Vocabulary } from '../tokenizer/vocabulary.ts';

export interface KnownTemplate {
  readonly name: string;
  /** Tokens that the vocabulary has to have, all of them. */
  readonly marks: readonly string[];
  readonly template: string;
}

export const knownTemplates: readonly KnownTemplate[] = [
  {
    name: 'Llama 3',
    marks: ['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    template:
      "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  },
  {
    name: 'Gemma',
    marks: ['<bos>', '<start_of_turn>', '<end_of_turn>'],
    template:
      "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}",
  },
  {
    name: 'Phi 3',
    marks: ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>', '<|endoftext|>', '<s>'],
    template:
      "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}",
  },
  {
    name: 'ChatML',
    marks: ['<|im_start|>', '<|im_end|>'],
    template:
      "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  },
];

/** The template of the vocabulary's family; undefined when its marks are of none or of several. */
export function knownTemplateOf({ idOf }: Pick<Vocabulary, 'idOf'>): KnownTemplate | undefined {
  const fitting = knownTemplates.filter(({ marks }) => marks.every((mark) => idOf.has(mark)));
  return fitting.length === 1 ? fitting[0] : undefined;
}
