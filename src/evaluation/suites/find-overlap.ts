// Evaluation never overlaps calibration: a text that a quantization was tuned on flatters it. Two texts overlap when they
// share a normalized line of 40 or more characters (design section 7); template markers do not count.

/** Shorter lines are shared by chance: greetings, headings, braces. */
export const shortestLine = 40;

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export interface Overlap {
  readonly evaluation: string;
  readonly calibration: string;
  /** How many lines they share, and the first of them as it stands in the evaluation text. */
  readonly lines: number;
  readonly line: string;
  /** From 1. */
  readonly lineNumber: number;
}

/** Chat markers with the role that follows them, and the tags of older templates. */
const markers =
  /<\|im_start\|>(?:system|user|assistant|tool)?|<\|[A-Za-z0-9_ -]{1,40}\|>|<\/?s>|\[\/?INST\]/g;

/** What two lines are compared by; undefined for lines that are too short to tell anything. */
export function normalizeLine(line: string): string | undefined {
  const plain = line.replace(markers, ' ').normalize('NFKC').replace(/\s+/g, ' ').trim();
  return plain.length >= shortestLine ? plain.toLowerCase() : undefined;
}

/** One entry per pair of texts that share a line; empty when the evaluation texts are held out. */
export function findOverlap(
  evaluation: readonly NamedText[],
  calibration: readonly NamedText[],
): Overlap[] {
  const owners = new Map<string, Set<string>>();
  for (const { name, text } of calibration) {
    for (const line of text.split(/\r?\n/)) {
      const normalized = normalizeLine(line);
      if (normalized === undefined) continue;
      const names = owners.get(normalized);
      if (names === undefined) owners.set(normalized, new Set([name]));
      else names.add(name);
    }
  }
  return evaluation.flatMap(({ name, text }) => overlapsOf(name, text, owners));
}

function overlapsOf(
  name: string,
  text: string,
  owners: ReadonlyMap<string, ReadonlySet<string>>,
): Overlap[] {
  const found = new Map<string, Overlap>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const normalized = normalizeLine(line);
    const calibrations = normalized === undefined ? undefined : owners.get(normalized);
    for (const calibration of calibrations ?? []) {
      const known = found.get(calibration);
      found.set(
        calibration,
        known === undefined
          ? {
              evaluation: name,
              calibration,
              lines: 1,
              line: line.trim(),
              lineNumber: index + 1,
            }
          : { ...known, lines: known.lines + 1 },
      );
    }
  }
  return [...found.values()];
}
