// Colours of levels and forms in reports: those of the window (renderer/theme), which a file that stands alone must carry itself.

/** The CSS variable of a level: `--level-q4`. The same rule as the window's. */
export function levelVariable(level: string | undefined): string {
  const bits = /^(?:I|T)?Q(\d)/i.exec(level ?? '')?.[1];
  if (bits === undefined) return '--level-f16';
  const step = Math.min(8, Math.max(2, Number(bits)));
  return `--level-q${step === 7 ? 8 : step}`;
}

export const formWords = {
  stock: 'stock level',
  hybrid: 'hybrid',
  merged: 'adapters merged',
  'run-time': 'adapters at run time',
} as const;
