// Keys of PEFT's rank_pattern and alpha_pattern: Python regular expressions out of an untrusted file. Only the part that
// real adapters use is accepted, so that no pattern can keep the matcher busy for ever.
import { StudioError } from '#src/errors/studio-error.ts';

const maximumPatternLength = 512;
/** Unbounded quantifiers per pattern; with names of at most 512 characters matching stays in the milliseconds. */
const maximumQuantifiers = 3;

/**
 * The index of the first key that matches `module` as PEFT does: `re.match(rf"(.*\.)?({key})$", module)`
 * (peft/utils/other.py, get_pattern_key), or undefined.
 */
export type PatternMatcher = (module: string) => number | undefined;

/** Throws `adapter/unsupported` for a key that is not a plain, bounded regular expression. */
export function compilePeftPatterns(keys: readonly string[], label: string): PatternMatcher {
  const expressions = keys.map((key) => compileKey(key, label));
  return (module) => {
    const index = expressions.findIndex((expression) => expression.test(module));
    return index === -1 ? undefined : index;
  };
}

function compileKey(key: string, label: string): RegExp {
  const reason = refusal(key);
  if (reason === undefined) {
    try {
      return new RegExp(`^(?:.*\\.)?(?:${key})$`);
    } catch {
      // Valid in Python but not here, or in neither.
    }
  }
  throw new StudioError(
    'adapter/unsupported',
    `${label}: the pattern ${JSON.stringify(key.slice(0, 80))} ${reason ?? 'is not a regular expression that can be read here'}.`,
    { hint: 'Write the module names out in rank_pattern and alpha_pattern.', details: { key } },
  );
}

/** Why a key is not accepted: groups that repeat something repeated are what makes matching explode. */
function refusal(key: string): string | undefined {
  if (key.length > maximumPatternLength) return `is longer than ${maximumPatternLength} characters`;
  // Escapes and character classes count as one plain character.
  const plain = key.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\\[1-9]/.test(key)) return 'refers back to a group';
  if (/\(\?(?!:)/.test(plain)) return 'has a lookaround or named group';
  if (/\)[*+{]/.test(plain)) return 'repeats a group';
  const quantifiers = plain.match(/[*+{]/g)?.length ?? 0;
  if (quantifiers > maximumQuantifiers) return `has more than ${maximumQuantifiers} repetitions`;
  return undefined;
}
