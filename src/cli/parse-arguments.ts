// Command-line parsing by descriptor. Our own loop and not a library, because llama.cpp's flags need what libraries
// leave out: unknown flags are errors with the nearest name, flags repeat, and aliases such as -ngl are one flag.
import type { OptionDescriptor, OptionSet } from '#src/stages/stage-descriptor.ts';
import { nearestName } from './nearest-name.ts';
import { parseOptionValue } from './option-values.ts';
import { usageError } from './usage-error.ts';

export interface ParsedArguments {
  /** Option name -> value, for every option of the set. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  /** Option name -> the texts as they were typed, for options that were given. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

interface Spelling {
  readonly name: string;
  readonly option: OptionDescriptor;
  /** What a flag without value means: false for `--no-<name>`. */
  readonly flagValue: string;
}

/**
 * Reads `words` (the command line after the command's name). Options may stand anywhere; `--` ends them.
 * Throws `usage/invalid` for unknown flags, missing or unwanted values and values that do not parse.
 */
export function parseArguments(
  options: OptionSet,
  words: readonly string[],
  folder: string,
): ParsedArguments {
  const spellings = listSpellings(options);
  const given = new Map<string, { texts: string[]; spelledAs: string }>();
  const positionals: string[] = [];

  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') {
      positionals.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const flag = equals === -1 ? word : word.slice(0, equals);
    const spelling = spellings.get(flag);
    if (spelling === undefined) throw unknownFlag(flag, spellings.keys());
    let text = spelling.flagValue;
    if (spelling.option.kind === 'flag') {
      if (equals !== -1) throw usageError(`${flag} takes no value.`, `Write ${flag} alone.`);
    } else if (equals !== -1) {
      text = word.slice(equals + 1);
    } else {
      const next = words[index + 1];
      if (next === undefined || next === '--' || spellings.has(next)) {
        const { valueName } = spelling.option;
        throw usageError(`${flag} needs a value.`, `Write ${flag} ${valueName}.`);
      }
      text = next;
      index++;
    }
    const entry = given.get(spelling.name) ?? { texts: [], spelledAs: flag };
    entry.texts.push(text);
    entry.spelledAs = flag;
    given.set(spelling.name, entry);
  }

  const values = Object.entries(options).map(([name, option]) => {
    const { texts, spelledAs } = given.get(name) ?? { texts: [], spelledAs: `--${name}` };
    return [name, parseOptionValue(spelledAs, option, texts, folder)] as const;
  });
  const texts = new Map([...given].map(([name, entry]) => [name, entry.texts]));
  return { values: Object.fromEntries(values), positionals, given: texts };
}

function listSpellings(options: OptionSet): Map<string, Spelling> {
  const spellings = new Map<string, Spelling>();
  for (const [name, option] of Object.entries(options)) {
    for (const flag of [`--${name}`, ...(option.aliases ?? [])]) {
      spellings.set(flag, { name, option, flagValue: 'true' });
    }
    if (option.kind === 'flag' && option.default === true) {
      spellings.set(`--no-${name}`, { name, option, flagValue: 'false' });
    }
  }
  return spellings;
}

function unknownFlag(flag: string, known: Iterable<string>) {
  const nearest = nearestName(flag, known);
  return usageError(
    `Unknown flag ${flag}.`,
    nearest === undefined ? '--help lists the flags.' : `Did you mean ${nearest}?`,
  );
}
