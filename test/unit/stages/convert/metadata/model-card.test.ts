import { describe, expect, it } from 'vitest';
import { memoryFolder } from '#test/helpers/memory-folder.ts';
import { processorMilliseconds } from '#test/helpers/processor-time.ts';
import { authorshipOf } from '#src/stages/convert/metadata/card-metadata.ts';
import {
  authorshipEntries,
  samplingEntries,
} from '#src/stages/convert/metadata/general-metadata.ts';
import { parseModelCard, readModelCard } from '#src/stages/convert/metadata/model-card.ts';

function card(...lines: string[]) {
  return parseModelCard(['---', ...lines, '---', '# Title', 'license: not this one'].join('\n'));
}

function entriesOf(lines: string[], folderName = 'folder') {
  const authorship = authorshipOf({
    card: card(...lines),
    nameOrPath: undefined,
    folderName,
    parameterCount: 0,
  });
  return Object.fromEntries(
    authorshipEntries(authorship).map(({ key, value }) => [key, value.value]),
  );
}

describe('the model card', () => {
  it('keeps scalars as they are written', () => {
    const values = card(
      'version: 1.0',
      'language: no',
      'date: 2024-01-01',
      'on: 0x10',
      'x: "null"',
    );
    expect([...values.values()]).toEqual(['1.0', 'no', '2024-01-01', '0x10', 'null']);
  });

  it('has nothing without front matter', () => {
    expect(parseModelCard('# Title\n---\nlicense: mit\n---\n').size).toBe(0);
    expect(parseModelCard('').size).toBe(0);
    expect(parseModelCard('---\n- a\n- b\n---\n').size).toBe(0);
  });

  it('reads front matter that is never closed, with tabs and Windows line ends', () => {
    expect(parseModelCard('---\r\ntags:\r\n\t- a\r\n\t- b').get('tags')).toEqual(['a', 'b']);
  });

  it('takes the last of equal keys', () => {
    expect(card('license: mit', 'license: apache-2.0').get('license')).toBe('apache-2.0');
  });

  it('is ignored with a notice when it is broken', async () => {
    const notices: string[] = [];
    const folder = memoryFolder({ 'README.md': '---\nlicense: [mit\n---\n' });
    expect((await readModelCard(folder, (notice) => notices.push(notice))).size).toBe(0);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('README.md');
  });

  it('does not follow aliases that multiply', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [index, name] of [...'bcdefghi'].entries()) {
      const before = String.fromCharCode('a'.charCodeAt(0) + index);
      bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
    }
    const notices: string[] = [];
    const folder = memoryFolder({ 'README.md': ['---', ...bomb, '---'].join('\n') });
    const started = processorMilliseconds();
    expect((await readModelCard(folder, (notice) => notices.push(notice))).size).toBe(0);
    expect(notices).toHaveLength(1);
    expect(processorMilliseconds() - started).toBeLessThan(5_000);
  });

  it('cannot reach a prototype', () => {
    const values = card('__proto__: {name: x}', 'constructor: y');
    expect(({} as Record<string, unknown>)['name']).toBeUndefined();
    expect(values.get('constructor')).toBe('y');
  });
});

describe('metadata from the card', () => {
  it('prefers the card to the name of the folder', () => {
    expect(entriesOf(['model_name: Own Name', 'model_creator: me'], 'Other-7B')).toMatchObject({
      'general.name': 'Own Name',
      'general.author': 'me',
      'general.size_label': '7B',
    });
  });

  it('lists base models and datasets given as names, addresses or maps', () => {
    const entries = entriesOf([
      'base_model: [org/model-7B-v2, "https://huggingface.co/a/b", "ssh://example.org/c", {name: N, doi: D, x: y}]',
      'dataset: some/data',
    ]);
    expect(entries).toMatchObject({
      'general.base_model.count': 4,
      'general.base_model.0.name': 'Model 7B v2',
      'general.base_model.0.version': 'v2',
      'general.base_model.0.organization': 'Org',
      'general.base_model.0.repo_url': 'https://huggingface.co/org/model-7B-v2',
      'general.base_model.1.repo_url': 'https://huggingface.co/a/b',
      'general.base_model.1.name': 'B',
      'general.base_model.2.repo_url': 'ssh://example.org/c',
      'general.base_model.3.name': 'N',
      'general.base_model.3.doi': 'D',
      'general.dataset.count': 1,
      'general.dataset.0.organization': 'Some',
    });
    expect(entries).not.toHaveProperty('general.base_model.3.x');
  });

  it('counts an empty list of base models and writes no empty list of tags', () => {
    const entries = entriesOf(['base_model:', 'tags: []', 'license:']);
    expect(entries).toMatchObject({ 'general.base_model.count': 0 });
    expect(entries).not.toHaveProperty('general.tags');
    expect(entries).not.toHaveProperty('general.license');
  });

  it('joins several licences', () => {
    expect(entriesOf(['license: [mit, apache-2.0]'])['general.license']).toBe('mit,apache-2.0');
  });
});

describe('sampling settings', () => {
  it('are taken over in the order of the reference, others are not', () => {
    const entries = samplingEntries({
      repetition_penalty: 1.1,
      temperature: 1,
      top_k: 40,
      top_p: null,
      min_p: 'much',
      mirostat: 2.5,
      max_length: 20,
    });
    expect(entries.map(({ key, value }) => [key, value.type, value.value])).toEqual([
      ['general.sampling.top_k', 'int32', 40],
      ['general.sampling.temp', 'float32', 1],
      ['general.sampling.penalty_repeat', 'float32', 1.1],
    ]);
  });
});
