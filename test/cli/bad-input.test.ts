// What users really give: wrong files, missing files, outputs in the way. Each ends with its exit code, a sentence that
// names the file and the value, and nothing new on the disk.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedlingFolder, studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
const model = folder.path('model.gguf');

beforeAll(async () => {
  const { code } = await folder.run('convert', `${seedlingFolder}/seedling-4m`, '--outfile', model);
  expect(code).toBe(0);
});
afterAll(() => folder.remove());

function write(name: string, content: string): string {
  writeFileSync(folder.path(name), content);
  return folder.path(name);
}

function truncated(): string {
  const path = folder.path('truncated.gguf');
  copyFileSync(model, path);
  truncateSync(path, 1_000_000);
  return path;
}

const lfsPointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4920739232\n';

describe('files that are not what they seem', () => {
  it('names a git-LFS pointer', async () => {
    const path = write('lfs.gguf', lfsPointer);
    for (const words of [
      ['inspect', path],
      ['sizes', path],
      ['quantize', path, 'out.gguf', 'Q8_0'],
    ]) {
      const { code, stderr } = await folder.run(...words);
      expect(code).toBe(2);
      expect(stderr).toContain('git-LFS pointer (the real file has 4920739232 bytes)');
      expect(stderr).toContain('git lfs pull');
    }
    expect(existsSync(folder.path('out.gguf'))).toBe(false);
  });

  it('names an HTML page', async () => {
    const path = write('page.gguf', '<!DOCTYPE html><html><title>Sign in</title></html>');
    const { code, stderr } = await folder.run('inspect', path);
    expect(code).toBe(2);
    expect(stderr).toMatch(/HTML page.*\/resolve\//s);
  });

  it('tells how many bytes of a truncated file are missing', async () => {
    const { code, document } = await folder.json('quantize', truncated(), 'out.gguf', 'Q4_0');
    expect(code).toBe(2);
    expect(document.error).toMatchObject({
      code: 'format/truncated',
      message: expect.stringMatching(/bytes are missing/) as string,
    });
    expect(existsSync(folder.path('out.gguf'))).toBe(false);
    expect(existsSync(folder.path('out.gguf.partial'))).toBe(false);
  });

  it('refuses a wrong magic number', async () => {
    const bytes = readFileSync(model);
    bytes.write('GGUX', 0);
    writeFileSync(folder.path('magic.gguf'), bytes);
    const { code, stderr } = await folder.run('sizes', folder.path('magic.gguf'));
    expect(code).toBe(2);
    expect(stderr).toContain('not a GGUF file');
  });

  it('says that a path does not exist', async () => {
    const { code, stderr } = await folder.run('inspect', 'nowhere.gguf');
    expect(code).toBe(2);
    expect(stderr).toContain(`${folder.path('nowhere.gguf')} does not exist`);
  });

  it('refuses an unsupported architecture before anything is written, naming those that are', async () => {
    mkdirSync(folder.path('strange'));
    write('strange/config.json', '{"architectures": ["MambaForCausalLM"]}');
    const { code, stderr } = await folder.run('convert', 'strange', '--outfile', 'strange.gguf');
    expect(code).toBe(2);
    expect(stderr).toContain('MambaForCausalLM');
    expect(stderr).toContain('llama');
    expect(readdirSync(folder.path()).filter((name) => name.startsWith('strange.'))).toEqual([]);
  });

  it('does not let file names or metadata steer the terminal', async () => {
    const path = write('\u001b[31mred.gguf', '\u001b]0;title\u0007');
    const { stderr } = await folder.run('inspect', path);
    expect(stderr).toContain('red.gguf');
    expect(stderr).not.toContain('\u001b');
  });
});

describe('outputs', () => {
  it('are never an input, not even through a hard link', async () => {
    const link = folder.path('link.gguf');
    linkSync(model, link);
    const before = readFileSync(model);
    for (const output of [model, link]) {
      const { code, stderr } = await folder.run('quantize', model, output, 'Q8_0', '--overwrite');
      expect(code).toBe(2);
      expect(stderr).toMatch(/is both input and output|is the same file as the input/);
    }
    expect(readFileSync(model).equals(before)).toBe(true);
  });

  it('are not replaced without --overwrite', async () => {
    const path = write('there.gguf', 'something else');
    const refused = await folder.run('quantize', model, path, 'Q8_0');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('exists already');
    expect(readFileSync(path, 'utf8')).toBe('something else');
    const replaced = await folder.run('quantize', model, path, 'Q8_0', '--overwrite');
    expect(replaced.code).toBe(0);
    expect(readFileSync(path).subarray(0, 4).toString()).toBe('GGUF');
  });

  it('in a missing folder are an error before work begins', async () => {
    const { code, stderr } = await folder.run('quantize', model, 'no/such/out.gguf', 'Q8_0');
    expect(code).toBe(2);
    expect(stderr).toContain(folder.path('no/such'));
  });

  it('go into a folder that is made, but only when there is something to write', async () => {
    const made = await folder.run('quantize', model, '--outdir', 'new/er', '--levels', 'Q8_0');
    expect(made.code, made.stderr).toBe(0);
    expect(readdirSync(folder.path('new/er'))).toEqual(['model-Q8_0.gguf']);
    const refused = await folder.run('quantize', model, '--outdir', 'other', '--levels', 'IQ1_S');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('needs an importance matrix');
    expect(existsSync(folder.path('other'))).toBe(false);
  });

  it('of one path for two levels are refused', async () => {
    const { code, document } = await folder.json(
      'quantize',
      model,
      '--levels',
      'Q8_0,Q8_0',
      '--outdir',
      '.',
    );
    // The same level twice is one output.
    expect(code).toBe(0);
    expect(document.result?.['outputs']).toHaveLength(1);
  });
});

describe('adapters', () => {
  it('are never written over their base', async () => {
    mkdirSync(folder.path('base'));
    for (const name of readdirSync(`${seedlingFolder}/seedling-4m`)) {
      copyFileSync(`${seedlingFolder}/seedling-4m/${name}`, folder.path('base', name));
    }
    const weights = folder.path('base', 'model.safetensors');
    const before = readFileSync(weights);
    for (const [base, output] of [
      ['base', weights],
      [model, model],
    ]) {
      const { code, document } = await folder.json(
        'convert-lora', `${seedlingFolder}/adapters/conditions`, '--base', base!, '--outfile', output!,
        '--overwrite',
      ); // prettier-ignore
      expect(code).toBe(2);
      expect(document.error?.code).toBe('output/is-input');
    }
    expect(readFileSync(weights).equals(before)).toBe(true);
  });

  it('of another base are refused, naming the first tensor', async () => {
    const { code, document } = await folder.json(
      'merge',
      '--base',
      `${seedlingFolder}/seedling-4m`,
      '--lora',
      `${seedlingFolder}/adapters-gpt2/conditions`,
      '--outfile',
      'merged.gguf',
    );
    expect(code).toBe(2);
    expect(document.error?.code).toBe('adapter/wrong-base');
    expect(document.error?.message).toMatch(/transformer\.h\.0\.\S+|c_attn|c_fc|c_proj/);
    expect(existsSync(folder.path('merged.gguf'))).toBe(false);
  });

  it('are not taken for models', async () => {
    const made = await folder.run(
      'convert-lora',
      `${seedlingFolder}/adapters/conditions`,
      '--base',
      `${seedlingFolder}/seedling-4m`,
      '--outfile',
      'adapter.gguf',
    );
    expect(made.code).toBe(0);
    const { code, stderr } = await folder.run('quantize', 'adapter.gguf', 'out.gguf', 'Q8_0');
    expect(code).toBe(2);
    expect(stderr).toContain('is a LoRA adapter');
  });
});

describe('an input that is already quantized', () => {
  it('is refused without --allow-requantize, and then warned about', async () => {
    const first = await folder.run('quantize', model, 'q8.gguf', 'Q8_0');
    expect(first.code).toBe(0);
    const refused = await folder.json('quantize', 'q8.gguf', 'q4.gguf', 'Q4_0');
    expect(refused.code).toBe(2);
    expect(refused.document.error?.code).toBe('quantize/requantize');
    const allowed = await folder.json(
      'quantize',
      'q8.gguf',
      'q4.gguf',
      'Q4_0',
      '--allow-requantize',
    );
    expect(allowed.code).toBe(0);
    expect(allowed.document.notices).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        message: expect.stringMatching(/quantized/) as string,
      }),
    );
  });

  it('takes no adapter for q8_0 without --allow-requantize, but does for f16', async () => {
    expect((await folder.run('quantize', model, 'base.gguf', 'Q8_0')).code).toBe(0);
    const adapter = `${seedlingFolder}/adapters/conditions`;
    const merge = (...words: string[]) =>
      folder.json('merge', '--base', 'base.gguf', '--lora', adapter, '--outfile', ...words);
    const refused = await merge('twice.gguf', '--outtype', 'q8_0');
    expect(refused.code).toBe(2);
    expect(refused.document.error?.code).toBe('quantize/requantize');
    expect(existsSync(folder.path('twice.gguf'))).toBe(false);
    const allowed = await merge('twice.gguf', '--outtype', 'q8_0', '--allow-requantize');
    expect(allowed.code, JSON.stringify(allowed.document.error)).toBe(0);
    const float = await merge('float.gguf', '--outtype', 'f16');
    expect(float.code, JSON.stringify(float.document.error)).toBe(0);
    for (const { document } of [allowed, float]) {
      expect(document.notices?.map(({ message }) => message).join()).toContain('already quantized');
    }
  });
});
