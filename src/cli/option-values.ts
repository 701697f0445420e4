// Turns the texts that were typed into the values that a descriptor declares, or says what is wrong with them.
import { resolve } from 'node:path';
import type { OptionDescriptor, ScaledPath } from '#src/stages/stage-descriptor.ts';
import { levels, parseLevel, type Level } from '#src/tensors/levels.ts';
import { nearestName } from './nearest-name.ts';
import { usageError } from './usage-error.ts';

/**
 * The value of one option; `texts` are all its occurrences, in order (for a flag 'true' or 'false').
 * Throws `usage/invalid`. Relative paths start at `folder`.
 */
export function parseOptionValue(
  flag: string,
  option: OptionDescriptor,
  texts: readonly string[],
  folder: string,
): unknown {
  const last = texts.at(-1);
  switch (option.kind) {
    case 'flag':
      return last === undefined ? option.default : last === 'true';
    case 'scaled-paths':
      return texts.flatMap((text) => parseScaledPaths(flag, text, folder));
    case 'text':
      if (option.repeatable === true) return texts;
      return last ?? option.default;
    case 'path':
      if (option.repeatable === true) return texts.map((text) => parsePath(flag, text, folder));
      return last === undefined ? undefined : parsePath(flag, last, folder);
    case 'integer':
    case 'number':
      return last === undefined ? option.default : parseNumber(flag, option, last);
    case 'choice':
      return last === undefined ? option.default : parseChoice(flag, option.choices, last);
    case 'levels':
      return last === undefined ? option.default : parseLevels(last, flag);
  }
}

function parsePath(flag: string, text: string, folder: string): string {
  if (text === '') throw usageError(`${flag} got an empty path.`, 'Give a file or folder.');
  return resolve(folder, text);
}

function parseNumber(
  flag: string,
  option: Extract<OptionDescriptor, { kind: 'integer' | 'number' }>,
  text: string,
): number {
  const pattern = option.kind === 'integer' ? /^-?\d+$/ : /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  const { minimum = -Number.MAX_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = option;
  if (value >= minimum && value <= maximum) return value;
  const what = option.kind === 'integer' ? 'a whole number' : 'a number';
  const range =
    option.minimum === undefined && option.maximum === undefined
      ? ''
      : ` from ${option.minimum ?? 'any'} to ${option.maximum ?? 'any'}`;
  throw usageError(`${flag} got "${text}".`, `Give ${what}${range}.`);
}

function parseChoice(flag: string, choices: readonly string[], text: string): string {
  const choice = choices.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (choice !== undefined) return choice;
  throw usageError(`${flag} got "${text}".`, `Choose one of: ${choices.join(', ')}.`);
}

/** Levels separated by commas, in any case, each once. Throws `usage/invalid` with the nearest name. */
export function parseLevels(text: string, flag: string): readonly Level[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.map((name) => parseLevelName(name, flag)))];
}

/** One level. `where` names the flag or argument in the message. */
export function parseLevelName(text: string, where: string): Level {
  const level = parseLevel(text);
  if (level !== undefined) return level;
  const nearest = nearestName(text, Object.keys(levels));
  throw usageError(
    `${where}: there is no level "${text}".`,
    nearest === undefined
      ? 'gguf-studio quantize --help lists the levels.'
      : `Did you mean ${nearest}?`,
  );
}

/** `FILE:SCALE`, several separated by commas. The scale follows the last colon, so Windows drives are safe. */
function parseScaledPaths(flag: string, text: string, folder: string): ScaledPath[] {
  return text.split(/,(?=[^,]*:)/).map((part) => {
    const colon = part.lastIndexOf(':');
    const scaleText = part.slice(colon + 1).trim();
    const scale = scaleText === '' ? Number.NaN : Number(scaleText);
    if (colon < 1 || !Number.isFinite(scale)) {
      throw usageError(
        `${flag} got "${part}".`,
        'Write the adapter, a colon and its scale: adapter.gguf:0.5.',
      );
    }
    return { path: resolve(folder, part.slice(0, colon)), scale };
  });
}
