import { describe, expect, it } from 'vitest';
import { linearScale, logScale, tickText } from '#src/evaluation/charts/scales.ts';

describe('a linear scale', () => {
  it('puts the ends of its domain at the ends of its range', () => {
    const scale = linearScale([1, 3], [100, 500], { padding: 0 });
    expect([scale.at(1), scale.at(2), scale.at(3)]).toEqual([100, 300, 500]);
  });

  it('has ticks at round numbers inside its domain', () => {
    expect(linearScale([0, 1], [0, 100], { padding: 0 }).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    const { ticks, domain } = linearScale([2.16, 4.6], [0, 900]);
    expect(ticks.every((tick) => tick >= domain[0] && tick <= domain[1])).toBe(true);
    expect(ticks).toContain(2.5);
  });

  it('gives one value room on both sides', () => {
    const scale = linearScale([5], [0, 100]);
    expect(scale.at(5)).toBeCloseTo(50);
    expect(scale.ticks.length).toBeGreaterThan(1);
  });
});

describe('a logarithmic scale', () => {
  it('puts equal ratios at equal distances', () => {
    const scale = logScale([0.001, 0.1], [300, 0]);
    expect(scale.at(0.001) - scale.at(0.01)).toBeCloseTo(scale.at(0.01) - scale.at(0.1));
    expect(scale.ticks).toEqual([0.001, 0.01, 0.1]);
  });

  it('draws zero at its lower end instead of nowhere', () => {
    const scale = logScale([0, 0.01, 0.1], [300, 0]);
    expect(scale.at(0)).toBe(300);
  });

  it('has steps between powers of ten where there are few of those', () => {
    expect(logScale([0.02, 0.05], [300, 0]).ticks).toContain(0.05);
  });
});

it('writes ticks with the digits they need', () => {
  expect([0, 0.1, 0.30000000000000004, 2.5, 1e-7].map(tickText)).toEqual([
    '0',
    '0.1',
    '0.3',
    '2.5',
    '1e-7',
  ]);
});
