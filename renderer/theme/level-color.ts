// The one colour of a level, from cool (many bits) to warm (few), on canvas, charts, columns and tables alike.

/** The CSS variable for a level or tensor type name: `Q4_K_M`, `IQ2_XS`, `BF16`, `as-is`. */
export function levelColor(level: string): string {
  const bits = /^(?:I|T)?Q(\d)/i.exec(level)?.[1];
  if (bits === undefined) return 'var(--level-f16)';
  const step = Math.min(8, Math.max(2, Number(bits)));
  return `var(--level-q${step === 7 ? 8 : step})`;
}
