// Names of a matrix run's parts: ids name files, so no two may be alike; labels are what people read.

/** The quantized base alone. */
export function baseSubjectId(level: string): string {
  return level;
}

/** The quantized base with the adapter at run time. No level's name has a plus or begins with `merged`. */
export function runTimeSubjectId(adapter: string, level: string): string {
  return `${level}+${adapter}`;
}

export function mergedSubjectId(adapter: string, level: string): string {
  return `merged-${level}-${adapter}`;
}

/** The unquantized base with the adapter. */
export function referenceIdOf(adapter: string): string {
  return `reference+${adapter}`;
}

/** Leaves room for the level in a subject's id (128 characters). */
export const longestAdapterName = 96;
