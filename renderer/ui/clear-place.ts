// Where notices stand: at the lower right, moved up past whatever they must not cover. Pure, so that it can be tested; the
// toaster measures and applies it.

/** A vertical stretch of the window, in CSS pixels from its top. */
export interface Stretch {
  readonly top: number;
  readonly bottom: number;
}

/** Room between a notice and what it keeps clear of. */
const margin = 8;

/**
 * The place in `within` for something `height` high: the lowest free stretch that is high enough, else the highest that
 * there is. The caller shows it at the bottom of that stretch and lets it scroll when it is higher.
 */
export function clearPlace(
  height: number,
  within: Stretch,
  obstacles: readonly Stretch[],
): Stretch {
  const free: Stretch[] = [];
  let bottom = within.bottom;
  for (const obstacle of [...obstacles].sort((a, b) => b.bottom - a.bottom)) {
    const end = obstacle.bottom + margin;
    if (end < bottom) free.push({ top: Math.max(end, within.top), bottom });
    bottom = Math.min(bottom, obstacle.top - margin);
    if (bottom <= within.top) break;
  }
  if (bottom > within.top) free.push({ top: within.top, bottom });
  const size = (stretch: Stretch) => stretch.bottom - stretch.top;
  const fitting = free.find((stretch) => size(stretch) >= height);
  if (fitting !== undefined) return fitting;
  // Everything is taken: covering something is better than saying nothing.
  if (free.length === 0) return within;
  return free.reduce((best, stretch) => (size(stretch) > size(best) ? stretch : best));
}
