import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration } from '#src/text/format-number.ts';
import { nearestName } from '#src/cli/nearest-name.ts';
import { createRateMeter } from '#src/jobs/rate-meter.ts';
import { renderTable } from '#src/cli/render-table.ts';
import { wantsColours } from '#src/cli/terminal.ts';

describe('formatBytes', () => {
  it('gives three digits and decimal units', () => {
    const cases = [0, 999, 1000, 9_994, 9_996, 99_940, 999_499, 999_500, 4_920_739_232];
    expect(cases.map(formatBytes)).toEqual([
      '0 B', '999 B', '1.00 kB', '9.99 kB', '10.0 kB', '99.9 kB', '999 kB', '1.00 MB', '4.92 GB',
    ]); // prettier-ignore
  });
});

describe('formatDuration', () => {
  it('changes its units with the length', () => {
    expect([0.04, 9.94, 9.96, 59.4, 59.6, 185, 7800].map(formatDuration)).toEqual([
      '0.0 s', '9.9 s', '10 s', '59 s', '1 min 00 s', '3 min 05 s', '2 h 10 min',
    ]); // prettier-ignore
  });
});

describe('nearestName', () => {
  const names = ['convert', 'convert-lora', 'quantize', 'validate', 'env'];
  it('finds typing mistakes: missing, extra, wrong and swapped letters', () => {
    expect(nearestName('quantise', names)).toBe('quantize');
    expect(nearestName('qauntize', names)).toBe('quantize');
    expect(nearestName('validat', names)).toBe('validate');
    expect(nearestName('evn', names)).toBe('env');
    expect(nearestName('conv', names)).toBe('convert');
  });
  it('stays silent when nothing is near', () => {
    expect(nearestName('serve', names)).toBeUndefined();
    expect(nearestName('xyzzy', names)).toBeUndefined();
  });
});

describe('the rate meter', () => {
  it('knows nothing before a second has passed', () => {
    const meter = createRateMeter();
    meter.record(0, 100, 0);
    meter.record(50, 100, 0.5);
    expect(meter.rate()).toBeUndefined();
    expect(meter.secondsLeft()).toBeUndefined();
  });
  it('forgets a slow start', () => {
    const meter = createRateMeter();
    for (let second = 0; second <= 60; second++) {
      meter.record(second < 30 ? second : 30 + (second - 30) * 10, 1000, second);
    }
    expect(meter.rate()).toBeCloseTo(10, 5);
    expect(meter.secondsLeft()).toBeCloseTo(67, 5);
  });
  it('starts anew when a new task begins', () => {
    const meter = createRateMeter();
    meter.record(0, 10, 0);
    meter.record(10, 10, 2);
    meter.record(0, 10, 3);
    expect(meter.rate()).toBeUndefined();
  });
});

describe('tables', () => {
  it('align numbers to the right and ignore escape codes when measuring', () => {
    const table = renderTable(
      [{ title: 'level' }, { title: 'bytes', align: 'right' }],
      [
        ['\u001b[1mQ8_0\u001b[22m', '1,000'],
        ['Q4_K_M', '500'],
      ],
    );
    expect(table).toBe('level   bytes\n\u001b[1mQ8_0\u001b[22m    1,000\nQ4_K_M    500\n');
  });
});

describe('colours', () => {
  it('follow NO_COLOR, FORCE_COLOR, the terminal and its kind', () => {
    expect(wantsColours({ isTTY: true }, {})).toBe(true);
    expect(wantsColours({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColours({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(wantsColours({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(wantsColours({}, {})).toBe(false);
    expect(wantsColours({}, { FORCE_COLOR: '1' })).toBe(true);
  });
});
