import { describe, expect, it } from 'vitest';
import {
  clampView,
  extentOf,
  isDamaged,
  mapTicks,
  nextSegment,
  panView,
  segmentAt,
  segmentOfRange,
  segmentsIn,
  tickText,
  viewOfRanges,
  viewWith,
  wholeView,
  zoomView,
} from '#renderer/features/doctor/logic/map-view.ts';
import { withDamage } from '#renderer/features/doctor/logic/live-map.ts';
import { buildFinding, buildMap } from '#test/helpers/build-diagnosis.ts';

const map = buildMap([
  { kind: 'header', size: 24 },
  { kind: 'metadata', size: 976 },
  { name: 'a', type: 'Q4_K', size: 4000 },
  { kind: 'padding', size: 0 },
  { name: 'b', type: 'Q6_K', size: 5000 },
]);

describe('the view of a file map', () => {
  it('reaches past the end of a file that lacks something', () => {
    expect(extentOf(map, 7000)).toBe(10_000);
    expect(extentOf(map, 12_000)).toBe(12_000);
    expect(extentOf([], 0)).toBe(1);
  });

  it('zooms around a byte that keeps its place', () => {
    const zoomed = zoomView(wholeView(10_000), 10_000, 4, 5000);
    expect(zoomed.end - zoomed.start).toBe(2500);
    expect((5000 - zoomed.start) / 2500).toBeCloseTo(0.5);
    expect(zoomView(zoomed, 10_000, 0.001, 5000)).toEqual({ start: 0, end: 10_000 });
  });

  it('never leaves the file and never gets closer than a few bytes', () => {
    expect(panView({ start: 0, end: 1000 }, 10_000, -3)).toEqual({ start: 0, end: 1000 });
    expect(panView({ start: 0, end: 1000 }, 10_000, 50)).toEqual({ start: 9000, end: 10_000 });
    expect(clampView({ start: 500, end: 500 }, 10_000)).toEqual({ start: 500, end: 564 });
    expect(clampView({ start: -10, end: 90_000 }, 10_000)).toEqual({ start: 0, end: 10_000 });
  });

  it('shows all ranges of a finding with room beside them', () => {
    const shown = viewOfRanges(
      [
        { offset: 2000, size: 100 },
        { offset: 2900, size: 100 },
      ],
      10_000,
      wholeView(10_000),
    );
    expect(shown).toEqual({ start: 1400, end: 3600 });
    expect(viewOfRanges([], 10_000, shown)).toBe(shown);
  });

  it('shows the part around a range, but never so much that the range is lost in it', () => {
    const range = { offset: 500_000, size: 100 };
    const whole = wholeView(1_000_000);
    const sizeIn = (size: number) => {
      const { start, end } = viewOfRanges([range], 1_000_000, whole, { offset: 499_000, size });
      expect((start + end) / 2).toBe(500_050);
      return end - start;
    };
    expect(sizeIn(3000)).toBe(3900);
    expect(sizeIn(400_000)).toBe(5000);
  });

  it('moves to a part out of sight and stays for one in sight', () => {
    const view = { start: 0, end: 1000 };
    expect(viewWith(view, 10_000, { offset: 900, size: 5000 })).toBe(view);
    expect(viewWith(view, 10_000, { offset: 5000, size: 0 })).toEqual({ start: 4500, end: 5500 });
  });
});

describe('parts by their bytes', () => {
  it('finds the part of a byte, never an empty one before another', () => {
    expect(segmentAt(map, 0)).toBe(0);
    expect(segmentAt(map, 23)).toBe(0);
    expect(segmentAt(map, 24)).toBe(1);
    expect(segmentAt(map, 5000)).toBe(4);
    expect(segmentAt(map, 9999)).toBe(4);
    expect(segmentAt(map, 10_000)).toBe(-1);
    expect(segmentAt(map, -1)).toBe(-1);
  });

  it('lists the parts that a view touches', () => {
    expect(segmentsIn(map, { start: 24, end: 1000 })).toEqual({ first: 1, last: 1 });
    expect(segmentsIn(map, { start: 23, end: 1001 })).toEqual({ first: 0, last: 2 });
    expect(segmentsIn(map, { start: 20_000, end: 30_000 })).toBeUndefined();
    expect(segmentsIn([], { start: 0, end: 1 })).toBeUndefined();
  });

  it('agrees with a plain search over thousands of parts', () => {
    const many = buildMap(Array.from({ length: 5000 }, (_, index) => ({ size: (index * 7) % 13 })));
    for (let byte = 0; byte < 30_000; byte += 37) {
      const found = segmentAt(many, byte);
      const segment = many[found];
      expect(segment !== undefined && segment.offset <= byte && byte < segment.offset + segment.size).toBe(true); // prettier-ignore
    }
  });

  it('walks to the next part that is wanted and stays where there is none', () => {
    const damaged = withDamage(map, [buildFinding({ ranges: [{ offset: 6000, size: 8 }] })]);
    expect(nextSegment(damaged, -1, 1, isDamaged)).toBe(4);
    expect(nextSegment(damaged, 4, 1, isDamaged)).toBe(4);
    expect(nextSegment(damaged, 4, -1, ({ kind }) => kind !== 'padding')).toBe(2);
  });

  it('leads a range past the end to the last part', () => {
    expect(segmentOfRange(map, { offset: 1200, size: 8 })).toBe(2);
    expect(segmentOfRange(map, { offset: 90_000, size: 8 })).toBe(4);
  });
});

describe('damage while a check runs', () => {
  it('splits a range over the parts that it touches', () => {
    const [, metadata, first] = withDamage(map, [
      buildFinding({ id: 'f7', ranges: [{ offset: 990, size: 20 }] }),
    ]);
    expect(metadata?.damaged).toEqual([{ offset: 990, size: 10, finding: 'f7' }]);
    expect(first?.damaged).toEqual([{ offset: 1000, size: 10, finding: 'f7' }]);
  });

  it('draws a range without bytes and leaves mere notes out', () => {
    const ranges = [{ offset: 2000, size: 0 }];
    expect(withDamage(map, [buildFinding({ ranges })])[2]?.damaged).toHaveLength(1);
    expect(withDamage(map, [buildFinding({ ranges, severity: 'info' })])[2]?.damaged).toEqual([]);
  });
});

describe('the axis', () => {
  it('has round offsets', () => {
    expect(mapTicks({ start: 0, end: 10_000 }, 5)).toEqual([0, 2000, 4000, 6000, 8000, 10_000]);
    expect(mapTicks({ start: 17, end: 81 }, 8)).toEqual([20, 30, 40, 50, 60, 70, 80]);
    expect(mapTicks({ start: 0, end: 1 }, 4)).toEqual([0, 1]);
  });

  it('gives neighbours different texts, however close', () => {
    expect(tickText(0, 1000)).toBe('0');
    expect(tickText(4_000_000, 2_000_000)).toBe('4 MB');
    const close = [4_123_400, 4_123_420, 4_123_440].map((byte) => tickText(byte, 20));
    expect(new Set(close).size).toBe(3);
    expect(close[1]).toBe('4.12342 MB');
  });
});
