import { describe, expect, it } from 'vitest';
import { createProgressDisplay } from '#src/cli/show-progress.ts';
import { createStyle, type Terminal } from '#src/cli/terminal.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';

function setUp(redraws: boolean, options: { quiet?: boolean; verbose?: boolean } = {}) {
  const clock = { now: 0 };
  let written = '';
  const style = createStyle(false);
  const terminal: Terminal = {
    out: () => {
      throw new Error('progress must not touch standard output');
    },
    error: (text) => {
      written += text;
    },
    redraws,
    columns: 80,
    outStyle: style,
    errorStyle: style,
  };
  const display = createProgressDisplay(terminal, {
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    now: () => clock.now,
  });
  return { clock, display, read: () => written };
}

const bytes = (done: number): StageEvent => ({
  event: 'progress',
  done,
  total: 1_000_000_000,
  unit: 'bytes',
  detail: 'blk.0.ffn_up.weight',
});

describe('progress on a terminal', () => {
  it('redraws one line with percentage, rate and time left', () => {
    const { clock, display, read } = setUp(true);
    display.show({ event: 'phase', phase: 'Quantizing' });
    for (let second = 0; second <= 4; second++) {
      clock.now = second;
      display.show(bytes(second * 100_000_000));
    }
    const lines = read().split('\r\u001b[2K');
    expect(lines.at(-1)).toBe('Quantizing   40 %  100 MB/s  6.0 s left  blk.0.ffn_up.weight');
    expect(read()).not.toContain('\n');
  });

  it('tells the time left by the effort, and the speed by the bytes', () => {
    const { clock, display, read } = setUp(true);
    for (let second = 0; second <= 4; second++) {
      clock.now = second;
      const effort = { done: second, total: 50 };
      display.show({ ...bytes(second * 100_000_000), effort } as StageEvent);
    }
    expect(read()).toMatch(/40 % {2}100 MB\/s {2}46 s left {2}blk\.0\.ffn_up\.weight$/);
  });

  it('never draws wider than the terminal', () => {
    const { display, read } = setUp(true);
    display.show({ event: 'phase', phase: 'x'.repeat(500) });
    expect(read().replace('\r\u001b[2K', '').length).toBeLessThan(80);
  });

  it('clears the line before a notice and before other output', () => {
    const { display, read } = setUp(true);
    display.show(bytes(1));
    display.show({ event: 'notice', level: 'warning', message: 'Careful.' });
    expect(read()).toMatch(/\r\u001b\[2KWarning: Careful\.\n$/);
    display.show(bytes(2));
    display.clear();
    expect(read().endsWith('\r\u001b[2K')).toBe(true);
  });
});

describe('progress in a pipe', () => {
  it('prints a plain line every few seconds, without escape codes', () => {
    const { clock, display, read } = setUp(false);
    for (let tenth = 0; tenth <= 100; tenth++) {
      clock.now = tenth / 10;
      display.show(bytes(tenth * 10_000_000));
    }
    const lines = read().trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[3]).toMatch(/^ 90 % {2}100 MB\/s {2}1\.0 s left/);
    expect(read()).not.toContain('\u001b');
  });
});

describe('what is shown', () => {
  it('is only warnings with --quiet', () => {
    const { display, read } = setUp(true, { quiet: true });
    display.show({ event: 'phase', phase: 'Reading' });
    display.show(bytes(1));
    display.show({ event: 'notice', level: 'info', message: 'Hello.' });
    display.show({ event: 'artifact', path: '/out.gguf', bytes: 1 });
    expect(read()).toBe('');
    display.show({ event: 'notice', level: 'warning', message: 'Careful.' });
    expect(read()).toContain('Careful.');
  });

  it('has native log lines only with --verbose', () => {
    const log: StageEvent = { event: 'log', level: 'info', text: 'llama_model_loader: x' };
    const plain = setUp(true);
    plain.display.show(log);
    expect(plain.read()).toBe('');
    const verbose = setUp(true, { verbose: true });
    verbose.display.show(log);
    expect(verbose.read()).toContain('llama_model_loader');
  });

  it('names written and unchanged files', () => {
    const { display, read } = setUp(false);
    display.show({ event: 'artifact', path: '/a.gguf', bytes: 2_500_000 });
    display.show({ event: 'artifact', path: '/b.gguf', bytes: 1, reused: true });
    expect(read()).toBe('Written /a.gguf (2.50 MB)\nUnchanged /b.gguf (1 B)\n');
  });
});
