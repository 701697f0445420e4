import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderInProcess } from '#electron/factory/library/render-in-process.ts';
import { renderChatTemplate } from '#electron/factory/methods/render-chat-template.ts';
import { stringArrayEntry, stringEntry, uint32Entry } from '#src/formats/gguf/entries.ts';
import { renderedLimit } from '#src/stages/library/render-template.ts';
import { libraryFolder, smallGguf, type LibraryFolder } from '#test/helpers/library-files.ts';

const context = { signal: new AbortController().signal, emit: () => undefined };
const template =
  '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
let folder: LibraryFolder;

beforeAll(async () => {
  folder = await libraryFolder();
});
afterAll(() => folder.remove());

const render = (text: string, milliseconds = 10_000) =>
  renderInProcess({ template: text, bosToken: '<s>', eosToken: '</s>' }, { milliseconds });

describe('the chat template', () => {
  it('of a GGUF is rendered with its own special tokens', async () => {
    const path = await folder.write(
      'm.gguf',
      smallGguf([
        stringEntry('tokenizer.chat_template', template),
        stringArrayEntry('tokenizer.ggml.tokens', ['<unk>', '<bos>', '<eos>']),
        uint32Entry('tokenizer.ggml.bos_token_id', 1),
        uint32Entry('tokenizer.ggml.eos_token_id', 2),
      ]),
    );
    const result = await renderChatTemplate({ path }, context);
    expect(result.template).toBe(template);
    expect(result.problem).toBeUndefined();
    expect(result.rendered).toMatch(
      /^<bos>\[system\].+<eos>\[user\].+\[assistant\].+\[user\].+<eos>\[assistant\]$/,
    );
  });

  it('of a folder is the one that converting writes', async () => {
    await folder.write('hf/config.json', {});
    await folder.write('hf/tokenizer_config.json', {
      bos_token: { content: '<B>' },
      eos_token: '<E>',
    });
    await folder.write('hf/chat_template.jinja', template);
    const result = await renderChatTemplate({ path: join(folder.path, 'hf') }, context);
    expect(result.rendered).toMatch(/^<B>\[system\].+<E>\[assistant\]$/);
  });

  it('that is not there is said in words', async () => {
    const path = await folder.write('plain.gguf', smallGguf());
    const result = await renderChatTemplate({ path }, context);
    expect(result).toEqual({
      template: '',
      problem: expect.stringContaining('no chat template') as string,
    });
  });

  it('that throws or does not parse is a problem, not an error', async () => {
    expect(await render("{{ raise_exception('never') }}")).toEqual({ problem: 'never' });
    expect((await render('{% for %}')).problem).toContain('Unexpected token');
  });

  it('that refuses a system message is rendered without one', async () => {
    const refusing = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${template}`;
    const result = await render(refusing);
    expect(result.rendered).toMatch(/^<s>\[user\]/);
    expect(result.problem).toBe('It refuses a system message: no system');
  });

  it('that loops for ever is ended', async () => {
    const loop = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
    expect((await render(loop, 600)).problem).toContain('loops for ever');
  });

  it('that fills the memory takes nobody else with it', async () => {
    const huge = '{% for a in range(1000000000) %}{% endfor %}';
    expect((await render(huge)).problem).toMatch(/memory|for ever/);
  });

  it('that writes without end is cut', async () => {
    const result = await render(
      '{% for a in range(5000) %}0123456789012345678901234567890{% endfor %}',
    );
    expect(result.rendered).toHaveLength(renderedLimit);
    expect(result.problem).toContain('of a short conversation');
  });

  it('reaches no object of the program', async () => {
    const escape = "{{ messages.constructor.constructor('return process')().version }}";
    expect((await render(escape)).rendered).toBeUndefined();
  });
});
