// The command line as a process: help, mistakes and exit codes.
import { afterAll, describe, expect, it } from 'vitest';
import { studioFolder } from '#test/helpers/run-studio.ts';

const folder = studioFolder();
afterAll(() => folder.remove());

const commandNames = [
  'inspect',
  'sizes',
  'convert',
  'convert-lora',
  'merge',
  'quantize',
  'build',
  'validate',
  'chat',
  'clean',
  'env',
];

describe('help', () => {
  it('lists every command and the exit codes', async () => {
    const { code, stdout, stderr } = await folder.run('--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const name of commandNames) expect(stdout).toContain(`  ${name} `);
    expect(stdout).toMatch(/Exit codes: 0 .*130/s);
  });

  it.each(commandNames)('of %s ends with an example and has --json', async (name) => {
    const { code, stdout } = await folder.run(name, '--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?\\n  # .+\\n  gguf-studio ${name}`));
    expect(stdout).toContain('--json');
  });

  it('is shown on standard error, with exit code 64, when there is no command', async () => {
    const { code, stdout, stderr } = await folder.run();
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('Commands');
  });

  it('gives the version', async () => {
    const { code, stdout } = await folder.run('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('mistakes on the command line', () => {
  it('end with 64 and name the nearest flag', async () => {
    const { code, stderr } = await folder.run('quantize', 'a.gguf', 'Q4_K_M', '--thread', '2');
    expect(code).toBe(64);
    expect(stderr).toContain('Unknown flag --thread');
    expect(stderr).toContain('Did you mean --threads?');
  });

  it('end with 64 and name the nearest command', async () => {
    const { code, stderr } = await folder.run('quantise');
    expect(code).toBe(64);
    expect(stderr).toContain('Did you mean quantize?');
  });

  it('are one JSON document with --json, with nothing on standard error', async () => {
    const { code, document, stderr } = await folder.json('quantize', 'a.gguf', 'Q4_K_N');
    expect(code).toBe(64);
    expect(document).toMatchObject({
      ok: false,
      command: 'quantize',
      error: { code: 'usage/invalid', hint: expect.stringMatching(/Q4_K_[MS]/) as string },
    });
    expect(stderr).toBe('');
  });

  it.each([
    [['quantize'], /needs an argument/],
    [['quantize', 'a.gguf'], /needs a level/],
    [['quantize', 'a', 'b', 'Q8_0', '0'], /number of threads/],
    [['quantize', 'a', '--levels', 'Q8_0'], /belong together/],
    [['quantize', 'a', 'b', 'Q8_0', '--levels', 'Q8_0', '--outdir', 'o'], /too many/],
    [['quantize', 'a', 'Q8_0', '--keep-split'], /--keep-split is not supported: .*single files/],
    [['quantize', 'a', 'Q8_0', '--include-weights', 'x'], /choose from an importance matrix/],
    [['quantize', 'a', 'Q8_0', '--tensor-type', 'attn_v'], /--tensor-type got "attn_v"/],
    [['quantize', 'a', 'Q8_0', '--tensor-type', 'attn_v=q4_x'], /no type "q4_x"/],
    [['quantize', 'a', 'Q8_0', '--prune-layers', '1,x'], /--prune-layers got/],
    [['quantize', 'a', 'Q8_0', '--override-kv', 'k=int:x'], /not a whole number/],
    [['merge', '--base', 'b', '--outfile', 'o'], /needs an adapter/],
    [
      ['merge', '--base', 'b', '--lora', 'a', '--outfile', 'o', '--seed', '1'],
      /no meaning for sum/,
    ],
    [['convert-lora', 'a'], /needs the base/],
    [['convert', 'a', 'b'], /one argument too many/],
    [['chat', 'm', '--temp', 'hot'], /--temp got "hot"/],
  ])('%j ends with 64', async (words, message) => {
    const { code, stderr } = await folder.run(...words);
    expect(stderr).toMatch(message);
    expect(code).toBe(64);
  });
});

describe('env', () => {
  it('describes the machine', async () => {
    const { code, document } = await folder.json('env');
    expect(code).toBe(0);
    expect(document.result).toMatchObject({
      platform: process.platform,
      nodeVersion: process.versions.node,
      llama: { release: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string },
    });
    expect(document.result?.['cores']).toBeGreaterThan(0);
  });
});
