// Help texts from descriptors: every command has forms, options and an example.
import type {
  CommandDescriptor,
  OptionDescriptor,
  OptionSet,
} from '#src/stages/stage-descriptor.ts';
import { levels } from '#src/tensors/levels.ts';
import { renderTable } from './render-table.ts';
import type { Style } from './terminal.ts';

const lineWidth = 96;
const exitCodes =
  '0 success, 1 a check failed, 2 bad input, 64 wrong command line, 70 internal error, 74 machine (disk, GPU, host), 130 cancelled';

/** Help of the program: all commands, one line each. */
export function renderProgramHelp(
  commands: readonly CommandDescriptor[],
  version: string,
  style: Style,
): string {
  const rows = commands.map((command) => `  ${command.name.padEnd(14)}${command.summary}\n`);
  return [
    `GGUF Studio ${version}: from a base model and its adapters to small, measured GGUF models\n`,
    `${style.bold('Usage')}\n  gguf-studio COMMAND [options]\n`,
    `${style.bold('Commands')}\n${rows.join('')}`,
    `${style.bold('Example')}\n  gguf-studio build domain healthcare --level Q4_K_M\n`,
    `gguf-studio COMMAND --help shows a command's options and examples.\n${wrap(`Exit codes: ${exitCodes}.`)}`,
  ].join('\n');
}

/** Help of one command; `common` are the options that every command has. */
export function renderCommandHelp(
  command: CommandDescriptor,
  common: OptionSet,
  style: Style,
): string {
  const sections = [
    `gguf-studio ${command.name}: ${command.summary}\n`,
    ...command.description.map((paragraph) => wrap(paragraph)),
    `${style.bold('Usage')}\n${command.forms.map((form) => `  ${`gguf-studio ${command.name} ${form}`.trim()} [options]\n`).join('')}`,
  ];
  for (const [group, options] of groupOptions(command.options)) {
    sections.push(`${style.bold(group)}\n${renderOptions(options)}`);
  }
  sections.push(`${style.bold('Every command')}\n${renderOptions(Object.entries(common))}`);
  if (command.tables?.includes('levels') === true) {
    sections.push(`${style.bold('Levels')}\n${renderLevels()}`);
  }
  const examples = command.examples.map(
    (example) => `  ${style.dim(`# ${example.explains}`)}\n  ${example.command}\n`,
  );
  sections.push(
    `${style.bold(examples.length === 1 ? 'Example' : 'Examples')}\n${examples.join('')}`,
  );
  return sections.join('\n');
}

type NamedOption = readonly [string, OptionDescriptor];

function groupOptions(options: OptionSet): Map<string, NamedOption[]> {
  const groups = new Map<string, NamedOption[]>();
  for (const entry of Object.entries(options)) {
    const group = entry[1].group ?? 'Options';
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return groups;
}

function renderOptions(options: readonly NamedOption[]): string {
  return options
    .map(([name, option]) => {
      const negated = option.kind === 'flag' && option.default === true;
      const flags = [
        negated ? `--${name} | --no-${name}` : `--${name}`,
        ...(option.aliases ?? []),
      ].join(', ');
      const value = option.kind === 'flag' ? '' : ` ${option.valueName}`;
      const choices = option.kind === 'choice' ? ` One of ${option.choices.join(', ')}.` : '';
      return `  ${flags}${value}\n${wrap(`${option.description}${choices}${defaultOf(option)}`, '      ')}`;
    })
    .join('');
}

function defaultOf(option: OptionDescriptor): string {
  if (!('default' in option) || option.default === undefined) return '';
  if (option.kind === 'flag') return option.default ? ' Default: on.' : '';
  return ` Default: ${String(option.default)}.`;
}

function renderLevels(): string {
  const rows = Object.entries(levels).map(([name, level]) => [
    `  ${name}`,
    'needsImatrix' in level ? `${level.summary}; needs --imatrix` : level.summary,
  ]);
  return renderTable([{ title: '  level' }, { title: 'size and loss' }], rows);
}

/** Breaks a paragraph into lines of at most `lineWidth` characters. */
function wrap(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + word.length + 1 > lineWidth) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  lines.push(line);
  return lines.map((each) => `${each}\n`).join('');
}
