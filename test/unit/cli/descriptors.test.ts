import { describe, expect, it } from 'vitest';
import { commands } from '#src/cli/commands.ts';
import { commonOptions } from '#src/cli/common-options.ts';
import { parseArguments } from '#src/cli/parse-arguments.ts';
import { renderCommandHelp } from '#src/cli/render-help.ts';
import { createStyle } from '#src/cli/terminal.ts';
import type { OptionSet } from '#src/stages/stage-descriptor.ts';
import { stageDescriptors } from '#src/stages/descriptors.ts';

const descriptors = commands.map((command) => command.descriptor);

describe('every command', () => {
  it.each(descriptors)('$name has an example in its help', (descriptor) => {
    const help = renderCommandHelp(descriptor, commonOptions, createStyle(false));
    expect(descriptor.examples.length).toBeGreaterThan(0);
    for (const { command } of descriptor.examples) expect(help).toContain(command);
    for (const name of Object.keys(descriptor.options)) expect(help).toContain(`--${name}`);
    expect(help).toContain('--json');
  });

  it.each(descriptors)('$name has examples that its own parser accepts', (descriptor) => {
    for (const { command } of descriptor.examples) {
      const words = splitWords(command);
      expect(words.slice(0, 2)).toEqual(['gguf-studio', descriptor.name]);
      const options = { ...descriptor.options, ...commonOptions };
      const { positionals } = parseArguments(options, words.slice(2), '/here');
      expect(positionals.length).toBeGreaterThanOrEqual(descriptor.positionals.minimum);
      expect(positionals.length).toBeLessThanOrEqual(descriptor.positionals.maximum);
    }
  });

  it.each(descriptors)('$name gives no spelling two meanings', (descriptor) => {
    const options: OptionSet = { ...descriptor.options, ...commonOptions };
    const spellings = Object.entries(options).flatMap(([name, option]) => [
      `--${name}`,
      ...(option.aliases ?? []),
    ]);
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  it('has a name of its own', () => {
    const names = descriptors.map((descriptor) => descriptor.name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('convert-lora', () => {
  it('says in its help that of whole tensors only trained norms are written', () => {
    const descriptor = descriptors.find(({ name }) => name === 'convert-lora');
    expect(descriptor?.description.join(' ')).toMatch(
      /modules_to_save cannot .* refused here .*Only trained norms are written all the same, with a warning/,
    );
  });
});

describe('every stage', () => {
  it.each(stageDescriptors)('$name is a command', (descriptor) => {
    expect(descriptors).toContain(descriptor);
  });
});

/** Words of a shell line, quoted or not. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}
