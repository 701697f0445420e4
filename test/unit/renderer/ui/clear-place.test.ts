import { describe, expect, it } from 'vitest';
import { clearPlace } from '#renderer/ui/clear-place.ts';

const within = { top: 52, bottom: 656 };

describe('the place of notices', () => {
  it('is the lowest one where nothing stands in their way', () => {
    expect(clearPlace(80, within, [])).toEqual(within);
    // A button in the header, above all that notices use.
    expect(clearPlace(80, within, [{ top: 8, bottom: 36 }])).toEqual(within);
  });

  it('is above a composer at the bottom', () => {
    expect(clearPlace(80, within, [{ top: 560, bottom: 672 }])).toEqual({ top: 52, bottom: 552 });
  });

  it('is between or below obstacles when there is room', () => {
    const obstacles = [
      { top: 120, bottom: 148 },
      { top: 400, bottom: 428 },
    ];
    expect(clearPlace(200, within, obstacles)).toEqual({ top: 436, bottom: 656 });
    expect(clearPlace(230, within, obstacles)).toEqual({ top: 156, bottom: 392 });
  });

  it('does not depend on the order of obstacles, nor on overlapping ones', () => {
    const obstacles = [
      { top: 300, bottom: 420 },
      { top: 560, bottom: 672 },
      { top: 350, bottom: 380 },
    ];
    const expected = { top: 428, bottom: 552 };
    expect(clearPlace(100, within, obstacles)).toEqual(expected);
    expect(clearPlace(100, within, [...obstacles].reverse())).toEqual(expected);
  });

  it('is the highest free stretch when they fit nowhere, and all of it when nothing is free', () => {
    const middle = [{ top: 300, bottom: 420 }];
    expect(clearPlace(900, within, middle)).toEqual({ top: 52, bottom: 292 });
    expect(clearPlace(10, within, [{ top: 0, bottom: 700 }])).toEqual(within);
  });
});
