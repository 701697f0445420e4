// The way of a model through the command line, on the real Seedling: each step's output is the next one's input.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { Sizes } from '#src/contract/sizes.ts';
import type { Written } from '#src/contract/outputs.ts';
import type { ValidationReport } from '#src/contract/validation.ts';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const llama = `${seedlingFolder}/seedling-4m`;
const gpt2 = `${seedlingFolder}/seedling-gpt2-4m`;
const f32 = folder.path('seedling-F32.gguf');

beforeAll(async () => {
  const { code, stderr } = await folder.run('convert', llama, '--outfile', f32, '--outtype', 'f32');
  expect(stderr).toContain(`Written ${f32}`);
  expect(code).toBe(0);
});
afterAll(() => folder.remove());

describe('convert', () => {
  it('names the output after folder and type when it is not named', async () => {
    mkdirSync(folder.path('mine'));
    for (const name of readdirSync(llama)) {
      copyFileSync(`${llama}/${name}`, folder.path('mine', name));
    }
    const words = ['convert', 'mine', '--outtype', 'bf16', '--validate'];
    const { code, document } = await folder.json(...words);
    expect(code).toBe(0);
    const { stdout } = await folder.run(...words, '--overwrite');
    expect(stdout).toMatch(/mine-BF16\.gguf +validated$/m);
    const [output] = (document.result as unknown as Written).outputs;
    expect(output?.path).toBe(folder.path('mine', 'mine-BF16.gguf'));
    expect(output?.validation?.passed).toBe(true);
  });
});

describe('sizes', () => {
  it.each([
    ['a GGUF', f32],
    ['a folder', llama],
    ['a GPT-2 folder', gpt2],
  ])('of %s are the sizes of the files that quantize writes', async (_, source) => {
    const levels = 'F16,Q8_0,Q6_K,Q5_K_M,Q4_K_M,Q4_0,Q2_K,IQ4_XS';
    const planned = await folder.json('sizes', source, '--levels', levels);
    expect(planned.code).toBe(0);
    const sizes = planned.document.result as unknown as Sizes;
    const outdir = `sizes-${source.replaceAll(/\W/g, '')}`;
    mkdirSync(folder.path(outdir));
    const written = await folder.json('quantize', source, '--outdir', outdir, '--levels', levels);
    expect(written.code).toBe(0);
    const outputs = (written.document.result as unknown as Written).outputs;
    expect(outputs.map(({ path = '' }) => statSync(path).size)).toEqual(
      sizes.levels.map(({ bytes }) => bytes),
    );
    expect(outputs.map(({ bitsPerWeight }) => bitsPerWeight)).toEqual(
      sizes.levels.map(({ bitsPerWeight }) => bitsPerWeight),
    );
  });

  it('need no weights: the same with an empty folder of the same name', async () => {
    mkdirSync(folder.path('planned', 'seedling-4m'), { recursive: true });
    for (const name of readdirSync(llama).filter((file) => file.endsWith('.json'))) {
      copyFileSync(`${llama}/${name}`, folder.path('planned', 'seedling-4m', name));
    }
    const without = await folder.json('sizes', 'planned/seedling-4m', '--levels', 'Q4_K_M,Q8_0');
    const whole = await folder.json('sizes', llama, '--levels', 'Q4_K_M,Q8_0');
    const levelsOf = ({ document }: typeof whole) => (document.result as unknown as Sizes).levels;
    expect(without.document.result?.['source']).toBe('folder without weights');
    expect(levelsOf(without)).toEqual(levelsOf(whole));
  });

  it('of config.json alone are those of the tensors', async () => {
    const alone = await folder.json('sizes', `${llama}/config.json`, '--levels', 'Q4_K_M,Q8_0');
    const whole = await folder.json('sizes', llama, '--levels', 'Q4_K_M,Q8_0');
    const tensorsOf = ({ document }: typeof whole) =>
      (document.result as unknown as Sizes).levels.map(({ tensorBytes }) => tensorBytes);
    expect(tensorsOf(alone)).toEqual(tensorsOf(whole));
    expect(alone.document.result?.['countsMetadata']).toBe(false);
  });
});

describe('quantize', () => {
  it('takes the forms of llama-quantize and gives the same bytes in each', async () => {
    const forms: [string[], string][] = [
      [[f32, 'a.gguf', 'Q4_K_M'], 'a.gguf'],
      [[f32, 'b.gguf', 'q4_k', '2'], 'b.gguf'],
      [[f32, 'c.gguf', '15', '--threads', '1'], 'c.gguf'],
      [[f32, 'Q4_K_M'], 'ggml-model-Q4_K_M.gguf'],
      [[f32, '--outdir', '.', '--levels', 'Q4_K_M'], 'seedling-Q4_K_M.gguf'],
    ];
    const files: Buffer[] = [];
    for (const [words, output] of forms) {
      const { code, stderr } = await folder.run('quantize', ...words);
      expect(code, stderr).toBe(0);
      files.push(readFileSync(folder.path(output)));
    }
    for (const file of files) expect(file.equals(files[0]!)).toBe(true);
  });

  it('writes nothing in a dry run, and tells every type', async () => {
    const { code, document } = await folder.json(
      'quantize', f32, 'dry.gguf', 'Q4_K_M', '--dry-run', '--tensor-type', 'blk\\.0\\.attn_v=q8_0',
    ); // prettier-ignore
    expect(code).toBe(0);
    expect(existsSync(folder.path('dry.gguf'))).toBe(false);
    const [output] = (document.result as unknown as Written).outputs;
    const types = new Map(output?.tensors?.map(({ name, type }) => [name, type]));
    expect(types.get('blk.0.attn_v.weight')).toBe('Q8_0');
    expect(types.get('blk.0.attn_q.weight')).toBe('Q4_K');
    expect(types.size).toBe(38);
  });

  it('sets metadata and types of single tensors', async () => {
    const { code } = await folder.run(
      'quantize', '--override-kv', 'general.name=str:Mine', '--override-kv', 'x.count=int:-7',
      '--token-embedding-type', 'q8_0', f32, 'set.gguf', 'Q4_0',
    ); // prettier-ignore
    expect(code).toBe(0);
    const source = memoryByteSource(new Uint8Array(readFileSync(folder.path('set.gguf'))));
    const header = await readGgufHeader(source);
    const value = (key: string) => header.metadata.find((entry) => entry.key === key)?.value;
    expect(value('general.name')).toEqual({ type: 'string', value: 'Mine' });
    expect(value('x.count')).toEqual({ type: 'uint32', value: 7 });
    expect(header.tensors.find(({ name }) => name === 'token_embd.weight')?.type).toBe('Q8_0');
  });

  it('copies with COPY', async () => {
    const { code } = await folder.run('quantize', f32, 'copy.gguf', 'COPY');
    expect(code).toBe(0);
    const { document } = await folder.json('inspect', 'copy.gguf');
    expect(document.result?.['types']).toMatchObject([{ type: 'F32', tensors: 38 }]);
  });
});

describe('merge and convert-lora', () => {
  it('make models and adapters that answer alike', async () => {
    const adapter = `${seedlingFolder}/adapters/conditions`;
    const lora = await folder.run(
      'convert-lora',
      adapter,
      '--base',
      llama,
      '--outfile',
      'lora.gguf',
    );
    expect(lora.code).toBe(0);
    const merged = await folder.run(
      'merge', '--base', llama, '--lora', adapter, '--outfile', 'merged.gguf', '--outtype', 'f32', '--validate',
    ); // prettier-ignore
    expect(merged.code, merged.stderr).toBe(0);
    const ask = ['-p', 'What is a fever?', '--temp', '0', '-n', '24'];
    const [apart, inside, plain] = await Promise.all([
      folder.json('chat', f32, '--lora', 'lora.gguf', ...ask),
      folder.json('chat', 'merged.gguf', ...ask),
      folder.json('chat', f32, ...ask),
    ]);
    const answerOf = ({ document }: typeof apart) =>
      (document.result?.['turns'] as { answer: string }[])[0]?.answer;
    expect(answerOf(apart)).toMatch(/^Clinical note: /);
    expect(answerOf(inside)).toBe(answerOf(apart));
    expect(answerOf(plain)).not.toMatch(/^Clinical note/);
  });

  it('take several adapters, scales and methods, the same seed giving the same bytes', async () => {
    const words = (output: string) => [
      'merge', '--base', llama, '--lora', `${seedlingFolder}/adapters/conditions`,
      '--lora-scaled', `${seedlingFolder}/adapters/anatomy:0.5`, '--method', 'dare', '--density', '0.7',
      '--seed', '3', '--outfile', output,
    ]; // prettier-ignore
    for (const output of ['dare-1.gguf', 'dare-2.gguf']) {
      const { code, stderr } = await folder.run(...words(output));
      expect(code, stderr).toBe(0);
    }
    const first = readFileSync(folder.path('dare-1.gguf'));
    expect(readFileSync(folder.path('dare-2.gguf')).equals(first)).toBe(true);
  });
});

describe('chat', () => {
  it('says what to do with a folder, and that a plain file carries no adapters', async () => {
    const folderGiven = await folder.run('chat', llama, '-p', 'x');
    expect(folderGiven.code).toBe(2);
    expect(folderGiven.stderr).toContain('gguf-studio convert FOLDER');
    const noBundle = await folder.run('chat', f32, '--adapter', 'conditions', '-p', 'x');
    expect(noBundle.code).toBe(64);
    expect(noBundle.stderr).toContain('It carries none; GGUF adapters are given with --lora.');
  });

  it('answers lines from a pipe and obeys slash commands', async () => {
    const running = folder.start(['chat', f32, '--temp', '0', '-n', '8', '--quiet'], {
      input: 'What is a dog?\n/reset\n/adapters\nWhat is a dog?\n/exit\nnever\n',
    });
    const { code, stdout } = await running.finished;
    expect(code).toBe(0);
    const [first, forgotten, none, second] = stdout.trim().split('\n');
    expect(forgotten).toBe('The history is forgotten.');
    expect(none).toBe('The file carries no adapters.');
    expect(second).toBe(first);
  });

  it('gives the same answer for the same seed', async () => {
    const words = ['chat', f32, '-p', 'What is a tree?', '--seed', '7', '-n', '16'];
    const [left, right] = await Promise.all([folder.run(...words), folder.run(...words)]);
    expect(left.stdout).toBe(right.stdout);
    expect(left.stdout.length).toBeGreaterThan(5);
  });

  it.each([
    [['--lora', `${seedlingFolder}/adapters/conditions`], 'adapter/invalid', 'convert-lora'],
    [['--adapter', 'conditions'], 'usage/invalid', 'It carries none'],
    [['--lora', 'missing.gguf'], 'io/not-found', 'Check the path'],
  ])('refuses %j with the next step', async (words, code, hint) => {
    const { document } = await folder.json('chat', f32, '-p', 'x', ...words);
    expect(document.error?.code).toBe(code);
    expect(document.error?.hint).toContain(hint);
  });

  it('refuses an adapter of another base with the reason that llama.cpp gives', async () => {
    const base = await folder.run('convert', gpt2, '--outfile', 'other-base.gguf');
    expect(base.code).toBe(0);
    const adapter = `${seedlingFolder}/adapters/anatomy`;
    const lora = await folder.run(
      'convert-lora',
      adapter,
      '--base',
      llama,
      '--outfile',
      'a.lora.gguf',
    );
    expect(lora.code).toBe(0);
    const words = ['chat', 'other-base.gguf', '--lora', 'a.lora.gguf', '-p', 'x'];
    const { code, document } = await folder.json(...words);
    expect(code).toBe(2);
    expect(document.error?.code).toBe('adapter/wrong-base');
    expect(document.error?.message).toContain('mismatch');
  });

  it('says what is wrong with a model that llama.cpp refuses', async () => {
    const bytes = readFileSync(f32);
    const at = bytes.indexOf('llama.block_count');
    bytes.write('llama.bloop_count', at);
    writeFileSync(folder.path('no-blocks.gguf'), bytes);
    const { code, stderr } = await folder.run('chat', 'no-blocks.gguf', '-p', 'x');
    expect(code).toBe(2);
    expect(stderr).toContain('native/failed');
  });
});

describe('validate', () => {
  const report = ({ document }: Awaited<ReturnType<typeof folder.json>>) =>
    (document.result?.['files'] as ValidationReport[])[0]!;
  const failedChecks = ({ checks }: ValidationReport) =>
    checks.filter(({ status }) => status === 'failed').map(({ check }) => check);

  /** A copy of the F32 model with some tensors changed. */
  async function changed(
    name: string,
    change: (tensor: string, values: Float32Array) => void,
  ): Promise<string> {
    const bytes = new Uint8Array(readFileSync(f32));
    const header = await readGgufHeader(memoryByteSource(bytes));
    for (const tensor of header.tensors) {
      const start = header.dataOffset + tensor.offset;
      const values = new Float32Array(bytes.slice(start, start + tensor.byteLength).buffer);
      change(tensor.name, values);
      bytes.set(new Uint8Array(values.buffer), start);
    }
    writeFileSync(folder.path(name), bytes);
    return name;
  }

  it('passes sound models of both architectures with evidence', async () => {
    const converted = await folder.run('convert', gpt2, '--outfile', 'gpt2.gguf');
    expect(converted.code).toBe(0);
    const { code, document } = await folder.json('validate', f32, 'gpt2.gguf');
    expect(code).toBe(0);
    for (const { passed, checks } of document.result?.['files'] as ValidationReport[]) {
      expect(passed).toBe(true);
      const statuses = checks.map(({ check, status }) => `${check} ${status}`);
      expect(statuses).toEqual([
        'structure passed', 'tensors passed', 'hashes skipped', 'load passed', 'tokenizer passed',
        'generation passed',
      ]); // prettier-ignore
      const answers = checks.at(-1)?.evidence['answers'] as { text: string }[];
      expect(answers.map(({ text }) => text.length > 0)).toEqual([true, true, true, true]);
    }
  });

  it('fails a file that is cut, with exit code 1', async () => {
    writeFileSync(folder.path('cut.gguf'), readFileSync(f32).subarray(0, 9_000_000));
    const result = await folder.json('validate', 'cut.gguf');
    expect(result.code).toBe(1);
    expect(result.document).toMatchObject({ ok: false, error: { code: 'validate/failed' } });
    expect(failedChecks(report(result))).toEqual(['structure']);
  });

  it('fails a NaN in one tensor, naming it, without loading the file', async () => {
    const name = await changed('nan.gguf', (tensor, values) => {
      if (tensor === 'blk.2.ffn_up.weight') values[12_345] = Number.NaN;
    });
    const result = await folder.json('validate', name);
    expect(result.code).toBe(1);
    expect(failedChecks(report(result))).toEqual(['tensors']);
    expect(report(result).checks.find(({ check }) => check === 'tensors')?.summary).toContain(
      'blk.2.ffn_up.weight',
    );
    expect(report(result).checks.at(-1)).toMatchObject({ check: 'load', status: 'skipped' });
  });

  it('fails a model that repeats one token for ever', async () => {
    // Without the layers' output, the likeliest token behind a token is the token itself.
    const name = await changed('parrot.gguf', (tensor, values) => {
      if (/attn_output|ffn_down/.test(tensor)) values.fill(0);
    });
    const result = await folder.json('validate', name);
    expect(result.code).toBe(1);
    expect(failedChecks(report(result))).toEqual(['generation']);
    expect(report(result).checks.at(-1)?.summary).toContain('repeats one token');
  });

  it('fails a model whose logits overflow', async () => {
    const name = await changed('overflow.gguf', (tensor, values) => {
      if (tensor === 'output_norm.weight') values.fill(3e38);
    });
    const result = await folder.json('validate', name);
    expect(result.code).toBe(1);
    expect(failedChecks(report(result))).toEqual(['generation']);
    expect(report(result).checks.at(-1)?.summary).toContain('NaN or infinity');
  });

  it('fails a model to which every token is the same', async () => {
    const name = await changed('mute.gguf', (tensor, values) => {
      if (tensor === 'output_norm.weight') values.fill(0);
    });
    const result = await folder.json('validate', name);
    expect(result.code).toBe(1);
    expect(report(result).checks.at(-1)?.summary).toContain('equally likely');
  });

  it('keeps an output that fails as .rejected', async () => {
    await changed('parrot.gguf', (tensor, values) => {
      if (/attn_output|ffn_down/.test(tensor)) values.fill(0);
    });
    const { code, document } = await folder.json(
      'quantize',
      'parrot.gguf',
      'p8.gguf',
      'Q8_0',
      '--validate',
    );
    expect(code).toBe(1);
    expect(document.error?.code).toBe('validate/failed');
    expect(existsSync(folder.path('p8.gguf'))).toBe(false);
    expect(existsSync(folder.path('p8.gguf.rejected'))).toBe(true);
    expect(existsSync(folder.path('p8.gguf.partial'))).toBe(false);
  });
});
