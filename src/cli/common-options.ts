// Options that every command has.
import type { OptionSet, OptionValues } from '#src/stages/stage-descriptor.ts';

export const commonOptions = {
  json: {
    kind: 'flag',
    default: false,
    label: 'JSON',
    description:
      'Print one JSON document to standard output: { ok, command, result, notices } or { ok: false, command, error }. Progress stays on standard error.',
  },
  quiet: {
    kind: 'flag',
    default: false,
    aliases: ['-q'],
    label: 'Quiet',
    description: 'No progress; warnings and errors only.',
  },
  verbose: {
    kind: 'flag',
    default: false,
    aliases: ['-v'],
    label: 'Verbose',
    description: "Show the native library's log and stack traces.",
  },
  help: {
    kind: 'flag',
    default: false,
    aliases: ['-h'],
    label: 'Help',
    description: 'Show this help.',
  },
} as const satisfies OptionSet;

export type CommonValues = OptionValues<typeof commonOptions>;
