// How a stage describes itself: its options as data. Command-line parsing, help texts and the window's inspector are
// made from these descriptions, so that a new option is written once.
import type { Level } from '#src/tensors/levels.ts';

interface OptionBase {
  /** Shown in forms: `Output type`. */
  readonly label: string;
  /** One or two sentences for help; what it does, and what happens without it. */
  readonly description: string;
  /** Other spellings on the command line, with their dashes: `-p`, `--gpu-layers`. */
  readonly aliases?: readonly string[];
  /** Heading under which help lists it; without one under `Options`. */
  readonly group?: string;
}

/** What stands for the value in help: `FILE`. */
interface Valued {
  readonly valueName: string;
}

export type OptionDescriptor = OptionBase &
  (
    | {
        readonly kind: 'flag';
        /** With `true` the command line also knows `--no-<name>`, and help shows that form. */
        readonly default?: boolean;
      }
    | ({ readonly kind: 'text'; readonly default?: string; readonly repeatable?: false } & Valued)
    | ({ readonly kind: 'text'; readonly repeatable: true } & Valued)
    /** A file or folder; made absolute by whoever reads the command line. */
    | ({ readonly kind: 'path'; readonly repeatable?: false } & Valued)
    | ({ readonly kind: 'path'; readonly repeatable: true } & Valued)
    /** A file and a number: `adapter.gguf:0.5`. */
    | ({ readonly kind: 'scaled-paths' } & Valued)
    | ({
        readonly kind: 'integer' | 'number';
        readonly default?: number;
        readonly minimum?: number;
        readonly maximum?: number;
      } & Valued)
    | ({
        readonly kind: 'choice';
        readonly choices: readonly string[];
        readonly default?: string;
      } & Valued)
    /** Quantization levels, separated by commas. */
    | ({ readonly kind: 'levels'; readonly default?: readonly Level[] } & Valued)
  );

export type OptionSet = Readonly<Record<string, OptionDescriptor>>;

export interface ScaledPath {
  readonly path: string;
  readonly scale: number;
}

/** The value that an option gives once parsed. */
export type OptionValue<O extends OptionDescriptor> = O extends { kind: 'flag' }
  ? O extends { default: boolean }
    ? boolean
    : boolean | undefined
  : O extends { kind: 'scaled-paths' }
    ? readonly ScaledPath[]
    : O extends { repeatable: true }
      ? readonly string[]
      : O extends { kind: 'levels' }
        ? OrDefault<O, readonly Level[]>
        : O extends { kind: 'integer' | 'number' }
          ? OrDefault<O, number>
          : O extends { kind: 'choice'; choices: readonly (infer Choice)[] }
            ? OrDefault<O, Choice>
            : OrDefault<O, string>;

type OrDefault<O, Value> = O extends { default: unknown } ? Value : Value | undefined;

export type OptionValues<S extends OptionSet> = {
  readonly [Name in keyof S]: OptionValue<S[Name]>;
};

export interface Example {
  readonly command: string;
  /** What it does, one line. */
  readonly explains: string;
}

export interface CommandDescriptor<S extends OptionSet = OptionSet> {
  /** The command's name: `convert-lora`. */
  readonly name: string;
  /** Shown in the palette: `Convert adapter`. */
  readonly title: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Longer explanation, paragraphs. */
  readonly description: readonly string[];
  /** What may stand before and between the options, one line per form: `IN OUT TYPE [nthreads]`. */
  readonly forms: readonly string[];
  /** Least and most positional arguments over all forms. */
  readonly positionals: { readonly minimum: number; readonly maximum: number };
  readonly options: S;
  readonly examples: readonly Example[];
  /** A table printed after the options (`levels`). */
  readonly tables?: readonly 'levels'[];
}

/** Keeps the exact option types of a descriptor while checking its form. */
export function describeCommand<const S extends OptionSet>(
  descriptor: CommandDescriptor<S>,
): CommandDescriptor<S> {
  return descriptor;
}
