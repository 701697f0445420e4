// The one dot product of routing: likeness of vectors, and sums of weighted inputs.

/** Of the numbers that both have. Four sums at once: one would wait for itself at every step. */
export function dotProduct(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const length = Math.min(left.length, right.length);
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    first += (left[at] as number) * (right[at] as number);
    second += (left[at + 1] as number) * (right[at + 1] as number);
    third += (left[at + 2] as number) * (right[at + 2] as number);
    fourth += (left[at + 3] as number) * (right[at + 3] as number);
  }
  for (let at = whole; at < length; at++) first += (left[at] as number) * (right[at] as number);
  return first + second + third + fourth;
}
