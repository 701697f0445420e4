import { beforeAll, describe, expect, it } from 'vitest';
import { checkTemplate } from '#src/doctor/template/check-template.ts';
import { knownTemplates } from '#src/doctor/template/known-templates.ts';
import { examineTemplates } from '#src/doctor/template/examine-template.ts';
import { entryString, stringEntry, withoutEntry } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { changeEntry, openSeedling, runCheck } from '#test/helpers/seedling-subject.ts'; // prettier-ignore

const key = 'tokenizer.chat_template';
let seedling: ModelView;
let own: string;
beforeAll(async () => {
  seedling = await openSeedling();
  own = entryString(seedling.metadata, key) ?? '';
});

const find = async (template: string, source?: ModelView) =>
  (
    await runCheck(checkTemplate, seedling, {
      metadata: changeEntry(key, () => stringEntry(key, template)),
      ...(source === undefined ? {} : { source }),
    })
  ).drafts;
const body = (start: string, end: string) =>
  `{% for message in messages %}{{ '${start}' + message['role'] + '\n' + message['content'] + '${end}\n' }}{% endfor %}`;
const prompt = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

describe('checkTemplate', () => {
  it('finds nothing in the template of a sound model, with and without its source', async () => {
    expect(await find(own)).toEqual([]);
    expect(await find(own, seedling)).toEqual([]);
  });

  it.each([
    ['template/syntax', "{% for message in messages %}{{ message['content'] }"],
    ['template/rendering', "{{ raise_exception('no') }}"],
    ['template/rendering', `{{ 'Hello' }}${prompt}`],
    ['template/ending', body('<|im_start|>', '<|im_end|>')],
    ['template/ending', `${body('<|im_start|>', '')}${prompt}`],
    ['template/tokens', `${body('<|start|>', '<|end|>')}${prompt.replace('im_start', 'start')}`],
  ])('%s: %s', async (code, template) => {
    const drafts = await find(template);
    expect(drafts.map((draft) => draft.code)).toEqual([code]);
    expect(drafts[0]?.fix).toMatchObject({ kind: 'set-metadata', key, value: { value: own } });
  });

  it('compares what templates make of a conversation, not how they are written', async () => {
    const rewritten = own.replace(
      '{% for message in messages %}',
      '{%- for message in messages -%}',
    );
    expect(await find(rewritten, seedling)).toEqual([]);
    const drafts = await find(`${body('<|im_start|> ', '<|im_end|>')}${prompt}`, seedling);
    expect(drafts).toMatchObject([{ code: 'template/differs', fix: { value: { value: own } } }]);
  });

  it('misses a template only where the source or all models of the tokenizer have one', async () => {
    const metadata = () => withoutEntry(seedling.metadata, key);
    const missing = await runCheck(checkTemplate, seedling, { metadata });
    expect(missing.drafts).toMatchObject([
      { code: 'template/missing', fix: { value: { value: own } } },
    ]);
    const strange = () => withoutEntry(metadata(), 'tokenizer.ggml.merges');
    expect((await runCheck(checkTemplate, seedling, { metadata: strange })).drafts).toEqual([]);
  });
});

describe('knownTemplates', () => {
  it.each(knownTemplates)(
    '$name renders and ends every turn with its own mark',
    ({ template, marks }) => {
      const task = { examined: [{ template, bosToken: marks[0] ?? '', eosToken: '' }] };
      const [examination] = examineTemplates(task).examinations ?? [];
      expect(examination?.syntax).toBeUndefined();
      const answered = examination?.scenarios.answered?.text ?? '';
      expect(marks.some((mark) => answered.trimEnd().endsWith(mark))).toBe(true);
    },
  );
});
