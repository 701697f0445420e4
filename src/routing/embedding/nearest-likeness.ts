// The mean of each route's best likenesses, from those of all examples: the hot part of a decision by vectors, so nothing is
// made anew but its result.

/** As many neighbours as a manifest may ask for. */
const scratch = new Float64Array(100);

/**
 * By group: the mean of its `neighbours` highest likenesses, highest first; -1 for a group without any. The likenesses of a
 * group lie next to each other, up to its end in `ends`; the one at `leftOut` does not count (-1: all do).
 */
export function nearestLikenesses(
  likenesses: Float64Array,
  ends: readonly number[],
  neighbours: number,
  leftOut: number,
): number[] {
  const most = Math.min(neighbours, scratch.length);
  let at = 0;
  return ends.map((end) => {
    let count = 0;
    for (; at < end; at++) {
      const likeness = likenesses[at] as number;
      if (at === leftOut) continue;
      if (count === most) {
        if (likeness <= (scratch[count - 1] as number)) continue;
        count--;
      }
      let place = count++;
      while (place > 0 && (scratch[place - 1] as number) < likeness) {
        scratch[place] = scratch[place - 1] as number;
        place--;
      }
      scratch[place] = likeness;
    }
    if (count === 0) return -1;
    let sum = 0;
    for (let index = 0; index < count; index++) sum += scratch[index] as number;
    return sum / count;
  });
}
