// `clean` as a process, and with someone at the terminal (in this process: only there can the answer be given).
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askYes } from '#src/cli/ask-yes.ts';
import { cleanCommand } from '#src/cli/commands/clean.ts';
import { runCommand } from '#src/cli/run-command.ts';
import { createStyle } from '#src/cli/terminal.ts';
import { studioFolder, type StudioFolder } from '#test/helpers/run-studio.ts';

let folder: StudioFolder;
let partial = '';
beforeEach(() => {
  folder = studioFolder();
  vi.stubEnv('GGUF_STUDIO_HOME', folder.path('home'));
  writeFileSync(folder.path('gguf-studio.json'), '{"version": 1}');
  mkdirSync(folder.path('outputs'));
  partial = folder.path('outputs', 'a.gguf.partial');
  writeFileSync(partial, Buffer.alloc(5000));
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder.remove();
});

describe('clean', () => {
  it('lists what would go and deletes nothing; with --yes it deletes it, once', async () => {
    for (const words of [['clean'], ['clean', '--dry-run']]) {
      const { code, stdout } = await folder.run(...words);
      expect(code).toBe(0);
      expect(stdout).toMatch(/partial +8\.\d+ kB +.*a\.gguf\.partial\n1 item, .*Nothing was deleted/);
    }
    const listed = await folder.json('clean');
    expect(listed.document.result).toMatchObject({ deleted: false, bytes: 8192, items: [{ kind: 'partial', path: partial }] });
    expect(existsSync(partial)).toBe(true);

    const { document } = await folder.json('clean', '--yes');
    expect(document.result).toMatchObject({ deleted: true, bytes: 8192, items: [{ path: partial }] });
    expect(existsSync(partial)).toBe(false);
    expect((await folder.run('clean', '--yes')).stdout).toBe('Nothing to clean.\n');
    expect((await folder.run('clean', '--yes', '--dry-run')).code).toBe(64);
  }); // prettier-ignore

  it.each([
    { answer: true, text: /Deleted 1 item, / },
    { answer: false, text: /Nothing was deleted\.\n$/ },
  ])('asks on a terminal and does what is answered ($answer)', async ({ answer, text }) => {
    let written = '';
    const asked: string[] = [];
    const style = createStyle(false);
    const code = await runCommand(['clean', folder.path()], {
      commands: [cleanCommand],
      signal: new AbortController().signal,
      folder: folder.path(),
      openHosts: () => ({ dispose: () => Promise.resolve() }) as never,
      terminal: {
        out: (line) => (written += line),
        error: () => undefined,
        redraws: false,
        columns: 80,
        outStyle: style,
        errorStyle: style,
        ask: (question) => {
          asked.push(question);
          return Promise.resolve(answer);
        },
      },
    });
    expect(code).toBe(0);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^Delete \d+ items?, /);
    expect(written).toContain('a.gguf.partial');
    expect(written).toMatch(text);
    expect(existsSync(partial)).toBe(!answer);
  });
});

describe('a question', () => {
  it.each([
    ['y\n', true],
    [' YES \n', true],
    ['\n', false],
    ['yep\n', false],
    ['n\ny\n', false],
    ['', false],
  ])('answered with %j is %s', async (typed, expected) => {
    const input = new PassThrough();
    input.end(typed);
    const { signal } = new AbortController();
    expect(await askYes('Delete?', signal, input, new PassThrough())).toBe(expected);
  });

  it('is no answer when everything is cancelled', async () => {
    const cancel = new AbortController();
    const asking = askYes('Delete?', cancel.signal, new PassThrough(), new PassThrough());
    cancel.abort(new Error('cancelled'));
    await expect(asking).rejects.toThrow('cancelled');
  });
});
