// Turns what zod found into sentences a person can act on: the value, what was expected, and the nearest right word.
// Shared by everything here that is checked with a schema (recipes, mappings).
import type { z } from 'zod';
import type { ErrorCode } from '#src/errors/catalog.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { formatPath, placeOf, type JsonText } from './json-text.ts';
import type { RecipeProblem } from './recipe-problem.ts';

/** Messages name at most this many problems one by one. */
const maximumListed = 50;

type Issue = z.core.$ZodIssue;

/** Parses a value with a schema; throws `code` naming place, value and what was expected. */
export function parseWithSchema<Schema extends z.ZodType>(
  schema: Schema,
  json: JsonText,
  code: ErrorCode,
): z.output<Schema> {
  const result = schema.safeParse(json.value);
  if (result.success) return result.data;
  throw problemsError(problemsOf(result.error.issues, json.value), json.label, code, json);
}

/** One error for a list of problems; the first is spelled out, all of them are in `details.problems`. */
export function problemsError(
  problems: readonly RecipeProblem[],
  label: string,
  code: ErrorCode,
  json?: JsonText,
): StudioError {
  const listed = problems.slice(0, maximumListed).map((problem) => ({
    at: formatPath(problem.path),
    ...(json === undefined ? {} : { place: placeOf(json, problem.path) }),
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  }));
  const [first] = listed;
  const where = [first?.at, first?.place === undefined ? undefined : `(${first.place})`]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new StudioError(
    code,
    `${label}${where === '' ? '' : `, ${where}`}: ${first?.message ?? 'is invalid.'}${more}`,
    {
      hint: first?.hint ?? 'Correct the file and run the same command again.',
      details: { problems: listed },
    },
  );
}

export function problemsOf(issues: readonly Issue[], value: unknown): RecipeProblem[] {
  return issues.map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const found = valueAt(value, path);
    const { message, hint } = describe(issue, found);
    return { severity: 'error', path, message, ...(hint === undefined ? {} : { hint }) };
  });
}

function describe(issue: Issue, found: unknown): { message: string; hint?: string } {
  switch (issue.code) {
    case 'invalid_type':
      return found === undefined
        ? { message: `a value is missing; expected ${issue.expected}.` }
        : { message: `${show(found)} is not of type ${issue.expected}.` };
    case 'invalid_value':
      return found === undefined
        ? { message: `a value is missing; expected one of ${listValues(issue.values)}.` }
        : {
            message: `${show(found)} is not known here.`,
            hint: suggestion(found, issue.values.map(String)),
          };
    case 'invalid_union': {
      const options = (issue as { options?: unknown[] }).options ?? [];
      return {
        message: `${show(found)} is not known here.`,
        ...(options.length === 0 ? {} : { hint: suggestion(found, options.map(String)) }),
      };
    }
    case 'unrecognized_keys':
      return {
        message: `${issue.keys.slice(0, 5).map(show).join(', ')} is not a field here.`,
        hint: 'Remove it, or check its spelling against configs/schemas/.',
      };
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
      const side =
        issue.code === 'too_small'
          ? issue.inclusive === false
            ? 'more than'
            : 'at least'
          : issue.inclusive === false
            ? 'less than'
            : 'at most';
      const unit =
        issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
      return { message: `${show(found)} is out of range; expected ${side} ${bound}${unit}.` };
    }
    default:
      return { message: `${show(found)} is not valid; expected ${issue.message}.` };
  }
}

/** A value as messages show it: JSON, shortened. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 80 ? `${json.slice(0, 77)}...` : json;
}

function listValues(values: readonly unknown[]): string {
  return values.length > 12
    ? `${values.slice(0, 12).map(show).join(', ')}, ...`
    : values.map(show).join(', ');
}

/** `Did you mean "Q4_K_M"?`, or the list of what is known. */
export function suggestion(found: unknown, known: readonly string[]): string {
  const wanted = typeof found === 'string' ? found.slice(0, 64) : '';
  const nearest = known
    .map((name) => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)[0];
  if (
    wanted !== '' &&
    nearest !== undefined &&
    nearest.distance <= Math.max(1, wanted.length / 3)
  ) {
    return `Did you mean ${JSON.stringify(nearest.name)}?`;
  }
  return `Known: ${known.join(', ')}.`;
}

/** Levenshtein distance; both sides are short. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part))
      return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}
