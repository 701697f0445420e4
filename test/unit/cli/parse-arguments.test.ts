import { describe, expect, it } from 'vitest';
import { parseArguments } from '#src/cli/parse-arguments.ts';
import { commonOptions } from '#src/cli/common-options.ts';
import { quantizeDescriptor } from '#src/stages/quantize/descriptor.ts';
import { mergeDescriptor } from '#src/stages/merge/descriptor.ts';
import type { OptionSet } from '#src/stages/stage-descriptor.ts';

const quantize = { ...quantizeDescriptor.options, ...commonOptions };
const options: OptionSet = {
  validate: { kind: 'flag', default: true, label: '', description: '' },
  prompt: { kind: 'text', valueName: 'TEXT', aliases: ['-p'], label: '', description: '' },
  'gpu-layers': {
    kind: 'integer',
    valueName: 'N',
    minimum: -1,
    maximum: 999,
    aliases: ['-ngl'],
    label: '',
    description: '',
  },
  density: {
    kind: 'number',
    valueName: 'X',
    minimum: 0,
    maximum: 1,
    default: 0.5,
    label: '',
    description: '',
  },
  method: { kind: 'choice', choices: ['sum', 'ties'], valueName: 'M', label: '', description: '' },
};

const parse = (...words: string[]) => parseArguments(options, words, '/here');
const usage = (message: RegExp, hint: RegExp) =>
  expect.objectContaining({
    code: 'usage/invalid',
    exitCode: 64,
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  }) as Error;

describe('parseArguments', () => {
  it('reads flags anywhere and keeps the positional arguments in order', () => {
    const { values, positionals } = parseArguments(
      quantize,
      ['--pure', 'in.gguf', '--threads', '4', 'out.gguf', 'q4_k_m', '--json', '2'],
      '/here',
    );
    expect(positionals).toEqual(['in.gguf', 'out.gguf', 'q4_k_m', '2']);
    expect(values).toMatchObject({ pure: true, threads: 4, json: true, quiet: false });
  });

  it('collects repeated flags in order, as llama-quantize does', () => {
    const { values } = parseArguments(
      quantize,
      ['--tensor-type', 'attn_v=q8_0', '--tensor-type=ffn.*=q4_K', '--include-weights', 'a'],
      '/here',
    );
    expect(values['tensor-type']).toEqual(['attn_v=q8_0', 'ffn.*=q4_K']);
    expect(values['include-weights']).toEqual(['a']);
    expect(values['exclude-weights']).toEqual([]);
  });

  it('knows aliases of one and of several letters', () => {
    expect(parse('-ngl', '12', '-p', 'hello').values).toMatchObject({
      'gpu-layers': 12,
      prompt: 'hello',
    });
  });

  it('takes values that begin with a dash, but not known flags', () => {
    expect(parse('-p', '- a list', '-ngl', '-1').values).toMatchObject({
      prompt: '- a list',
      'gpu-layers': -1,
    });
    expect(() => parse('--prompt', '--validate')).toThrow(
      usage(/--prompt needs a value/, /--prompt TEXT/),
    );
    expect(() => parse('--prompt')).toThrow(usage(/needs a value/, /TEXT/));
  });

  it('negates only flags that are on by default', () => {
    expect(parse('--no-validate').values['validate']).toBe(false);
    expect(parse().values['validate']).toBe(true);
    expect(() => parse('--no-prompt')).toThrow(usage(/Unknown flag --no-prompt/, /--/));
  });

  it('refuses an unknown flag with the nearest name', () => {
    expect(() => parse('--promt', 'x')).toThrow(usage(/--promt/, /Did you mean --prompt\?/));
    expect(() => parse('--validte')).toThrow(usage(/--validte/, /Did you mean --validate\?/));
    expect(() => parse('--zzzzzz')).toThrow(usage(/--zzzzzz/, /--help/));
    expect(() => parse('-x')).toThrow(usage(/-x/, /./));
  });

  it('treats everything behind -- as arguments', () => {
    expect(parse('--', '--prompt', '-x').positionals).toEqual(['--prompt', '-x']);
  });

  it('refuses values of the wrong form, naming flag and value', () => {
    expect(() => parse('-ngl', 'many')).toThrow(usage(/-ngl got "many"/, /whole number/));
    expect(() => parse('-ngl', '1000')).toThrow(usage(/1000/, /from -1 to 999/));
    expect(() => parse('--density', '1.5')).toThrow(usage(/1\.5/, /from 0 to 1/));
    expect(() => parse('--density', 'NaN')).toThrow(usage(/NaN/, /number/));
    expect(() => parse('--method', 'max')).toThrow(usage(/max/, /sum, ties/));
    expect(() => parse('--validate=yes')).toThrow(usage(/takes no value/, /alone/));
    expect(parse('--method', 'TIES').values['method']).toBe('ties');
  });

  it('makes paths absolute', () => {
    const { values } = parseArguments(quantize, ['--outdir', 'out', '--imatrix', '/a/b'], '/here');
    expect(values).toMatchObject({ outdir: '/here/out', imatrix: '/a/b' });
  });

  it('reads levels in any case, each once, and names the nearest level', () => {
    const read = (text: string) =>
      parseArguments(quantize, ['--levels', text], '/here').values['levels'];
    expect(read('q4_k_m,Q5_K_M, q4_k')).toEqual(['Q4_K_M', 'Q5_K_M']);
    expect(() => read('Q4_K_M,Q4_K_N')).toThrow(usage(/Q4_K_N/, /Did you mean Q4_K_[MS]\?/));
    expect(() => read('')).toThrow(usage(/no level ""/, /--help/));
  });

  it('splits a scaled adapter at its last colon', () => {
    const read = (...texts: string[]) =>
      parseArguments(
        mergeDescriptor.options,
        texts.flatMap((text) => ['--lora-scaled', text]),
        '/here',
      ).values['lora-scaled'];
    expect(read('a.gguf:0.5', '/x:y/b:-2')).toEqual([
      { path: '/here/a.gguf', scale: 0.5 },
      { path: '/x:y/b', scale: -2 },
    ]);
    expect(read('a:1,b:2')).toEqual([
      { path: '/here/a', scale: 1 },
      { path: '/here/b', scale: 2 },
    ]);
    for (const wrong of ['a.gguf', 'a.gguf:', ':0.5', 'a:half', 'a:NaN', 'a:Infinity']) {
      expect(() => read(wrong), wrong).toThrow(usage(/--lora-scaled/, /adapter\.gguf:0\.5/));
    }
  });
});
