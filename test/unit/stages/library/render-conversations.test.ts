import { describe, expect, it } from 'vitest';
import { renderConversations } from '#src/stages/library/render-conversations.ts';

const chatml =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';
const conversations = [
  [{ role: 'user', content: 'Hi' }],
  [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Bye' },
  ],
];

function render(template: string) {
  return renderConversations({ template, bosToken: '<s>', eosToken: '</s>', conversations });
}

describe('renderConversations', () => {
  it('renders each conversation up to where the answer begins', () => {
    expect(render(`{{ bos_token }}${chatml}`)).toEqual({
      prompts: [
        '<s><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
        '<s><|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n',
      ],
    });
  });

  it('says why a template cannot be used', () => {
    expect(render('{{ bos_token }} nothing')).toEqual({ problem: 'it drops what the user says' });
    expect(render('{{ raise_exception("no system") }}').problem).toContain('no system');
    expect(render('{% for %}').problem).toBeDefined();
    expect(render('x'.repeat(300_000)).problem).toContain('300000 characters');
  });
});
