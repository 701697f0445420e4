// Speech, voice and emotion models are companions: packaged apart, never merged and never inside a parent. Given where they
// would be, they are refused by name, before readers complain about tensors that no adapter has.
import { StudioError } from '#src/errors/studio-error.ts';
import { entryString } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { roleOfGguf } from './gguf-role.ts';

export interface CompanionLike {
  readonly metadata: readonly GgufEntry[];
  readonly tensors: readonly unknown[];
}

/** Throws `companion/mismatch` for a companion; `as` is what it was given as: `an adapter`, `a parent`. */
export function refuseCompanion(path: string, file: CompanionLike, as: string): void {
  const architecture = entryString(file.metadata, 'general.architecture') ?? '';
  const companion = companionOf(architecture, file);
  if (companion === undefined) return;
  throw new StudioError(
    'companion/mismatch',
    `${path} is ${whatItIs[companion]} (${architecture}), a companion and not ${as}.`,
    {
      hint: `Companions are packaged apart, never as parents and never merged: --companion ${companion}=${path}.`,
      details: { path, role: companion },
    },
  );
}

const whatItIs = {
  emotion: 'a classifier of emotions',
  asr: 'a speech recognizer',
  tts: 'a voice model',
  vocoder: 'a vocoder',
  mmproj: 'a projector',
} as const;

/** Undefined for what is no companion, and for what nothing is known of (matrices, vocabularies, unknown architectures). */
function companionOf(
  architecture: string,
  { metadata, tensors }: CompanionLike,
): keyof typeof whatItIs | undefined {
  if (architecture === 'clip') return 'mmproj';
  const { role } = roleOfGguf(architecture, metadata, tensors.length);
  if (role === 'voice') return /wavtokenizer|vocoder/.test(architecture) ? 'vocoder' : 'tts';
  if (role === 'speech') return 'asr';
  return role === 'emotion' ? 'emotion' : undefined;
}
