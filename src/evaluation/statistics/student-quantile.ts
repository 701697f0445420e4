// 97.5 % quantiles of Student's t distribution, for intervals from few chunks.

/** 1 to 10 degrees of freedom, where the series below is too coarse (standard tables). */
const small = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
const z = 1.959963984540054;

/** The 97.5 % quantile for `degrees` >= 1; from 11 on by the Cornish-Fisher series (Abramowitz and Stegun 26.7.5). */
export function studentQuantile(degrees: number): number {
  const tabled = small[degrees - 1];
  if (tabled !== undefined) return tabled;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), z);
}
