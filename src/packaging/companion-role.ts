// Whether a file can play the role it is packaged for, told from its own metadata: a wrong vocoder would only be noticed as
// noise, a chat model in the place of a projector as a crash. Companions are never merged and never parents.
import type { ManifestCompanion } from '#src/contract/routing/manifest.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { describeForeignFile } from '#src/formats/recognize-file.ts';
import { entryString, entryValue } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { roleOfGguf } from '#src/stages/library/gguf-role.ts';

export type CompanionRole = ManifestCompanion['role'];

export interface CompanionFacts {
  /** How messages call it: `a chat model (llama)`. */
  readonly what: string;
  readonly roles: readonly CompanionRole[];
  /** Roles without which it is of no use. */
  readonly needs: readonly CompanionRole[];
}

/** whisper.cpp's vocabulary sizes: English, multilingual, large-v3. */
const whisperVocabularies = new Set([51_864, 51_865, 51_866]);
const whisperAudioContext = 1_500;

/** Speech models whose second part is a llama.cpp projector with a generator (mtmd's qwen3tts_gen, pockettts_gen). */
const speaksThroughProjector = /^(?:qwen3tts|pockettts)$/;

/** Reads a file's header. Throws `companion/mismatch` for what is no model at all, and I/O errors. */
export async function describeCompanion(path: string): Promise<CompanionFacts> {
  const source = await openFileByteSource(path);
  try {
    return (await describeWhisper(source)) ?? (await describeGguf(source));
  } finally {
    await source.close();
  }
}

/** What the file needs beside it. Throws `companion/mismatch` when it cannot play the role. */
export function needsOf(
  path: string,
  role: CompanionRole,
  facts: CompanionFacts,
): readonly CompanionRole[] {
  if (facts.roles.includes(role)) return role === 'tts' ? facts.needs : [];
  const possible = facts.roles.map((each) => `--companion ${each}=${path}`).join(' or ');
  throw new StudioError(
    'companion/mismatch',
    `${path} is ${facts.what}, which cannot be the companion of the role ${role}.`,
    {
      hint: possible === '' ? wantedFor[role] : `Package it as what it is: ${possible}.`,
      details: { path, role, roles: facts.roles },
    },
  );
}

/** Throws `companion/missing` for the first companion whose other part is not there. */
export function checkNeeds(
  companions: readonly Pick<ManifestCompanion, 'role' | 'id' | 'needs'>[],
): void {
  const roles = new Set(companions.map(({ role }) => role));
  for (const { role, id, needs = [] } of companions) {
    const missing = needs.find((need) => !roles.has(need));
    if (missing === undefined) continue;
    throw new StudioError(
      'companion/missing',
      `The companion ${id ?? role} (${role}) needs a ${missing}, and none is packaged.`,
      { hint: `Add it: --companion ${missing}=FILE, or leave the ${role} out.` },
    );
  }
}

const wantedFor: Readonly<Record<CompanionRole, string>> = {
  emotion: 'Give a GGUF that classifies or embeds text.',
  asr: 'Give a whisper.cpp model or a GGUF that hears.',
  tts: 'Give a GGUF of a voice model (OuteTTS, Qwen3-TTS ...).',
  vocoder: 'Give the vocoder that belongs to the voice model (WavTokenizer ...).',
  mmproj: "Give the model's projector: a GGUF of the architecture clip.",
};

/** `ggml-base.en.bin`: whisper.cpp's own format, magic and hyperparameters of convert-pt-to-ggml.py. */
async function describeWhisper(source: ByteSource): Promise<CompanionFacts | undefined> {
  if (source.size < 48) return undefined;
  const head = await readBytes(source, 0, 12);
  if (new TextDecoder('latin1').decode(head.subarray(0, 4)) !== 'lmgg') return undefined;
  const view = new DataView(head.buffer, head.byteOffset);
  const isWhisper = whisperVocabularies.has(view.getInt32(4, true)) && view.getInt32(8, true) === whisperAudioContext; // prettier-ignore
  return isWhisper
    ? { what: 'a whisper.cpp model', roles: ['asr'], needs: [] }
    : { what: 'a model in the old GGML format of 2023', roles: [], needs: [] };
}

async function describeGguf(source: ByteSource): Promise<CompanionFacts> {
  const head = await readBytes(source, 0, Math.min(512, source.size));
  if (new TextDecoder('latin1').decode(head.subarray(0, 4)) !== 'GGUF') {
    const { description, hint } = describeForeignFile(head, source.size);
    throw new StudioError('companion/mismatch', `${source.label} is ${description}, not a model.`, { hint }); // prettier-ignore
  }
  const { metadata, tensors } = await readGgufHeader(source);
  const architecture = entryString(metadata, 'general.architecture') ?? '';
  const type = (entryString(metadata, 'general.type') ?? 'model').toLowerCase();
  const named = architecture === '' ? '' : ` (${architecture})`;
  if (type === 'adapter') return { what: `a LoRA adapter${named}`, roles: [], needs: [] };
  if (type === 'imatrix') return { what: 'an importance matrix', roles: [], needs: [] };
  if (type === 'vocab' || tensors.length === 0)
    return { what: `a vocabulary without weights${named}`, roles: [], needs: [] };
  if (architecture === 'clip' || type === 'mmproj') return describeProjector(metadata);
  if (/wavtokenizer|vocoder|\bsnac\b|\bdac\b|\bmimi\b/.test(architecture))
    return { what: `a vocoder${named}`, roles: ['vocoder'], needs: [] };
  const { kind, role } = roleOfGguf(architecture, metadata, tensors.length);
  if (role === 'speech') return { what: `a speech recognizer${named}`, roles: ['asr'], needs: [] };
  if (role === 'voice') {
    const needs: CompanionRole[] = speaksThroughProjector.test(architecture) ? ['mmproj'] : ['vocoder']; // prettier-ignore
    return { what: `a voice model${named}`, roles: ['tts'], needs };
  }
  if (kind === 'companion')
    return { what: `a model of its own kind${named}`, roles: [], needs: [] };
  if (role === 'emotion') return { what: `a classifier of emotions${named}`, roles: ['emotion'], needs: [] }; // prettier-ignore
  if (role === 'embedding' || role === 'other')
    return { what: `a model that embeds or scores text${named}`, roles: ['emotion'], needs: [] };
  // OuteTTS and Orpheus are language models that speak in audio tokens: nothing but their vocabulary says so.
  const roles: CompanionRole[] = speaksInTokens(metadata) ? ['tts'] : ['emotion'];
  return roles[0] === 'tts'
    ? { what: `a voice model${named}`, roles, needs: ['vocoder'] }
    : { what: `a chat model${named}`, roles, needs: [] };
}

function describeProjector(metadata: Parameters<typeof entryValue>[0]): CompanionFacts {
  const has = (key: string) => entryValue(metadata, key)?.value === true;
  const onlyHears = has('clip.has_audio_encoder') && !has('clip.has_vision_encoder');
  const speaks = has('clip.has_gen_audio_encoder') || entryString(metadata, 'clip.gen.audio.projector_type') !== undefined; // prettier-ignore
  return {
    what: 'a projector (clip)',
    roles: ['mmproj', ...(onlyHears ? (['asr'] as const) : []), ...(speaks ? (['vocoder'] as const) : [])], // prettier-ignore
    needs: [],
  };
}

/** Thousands of tokens `<|0|>` (OuteTTS) or `<custom_token_0>` (Orpheus). */
function speaksInTokens(metadata: Parameters<typeof entryValue>[0]): boolean {
  const tokens = entryValue(metadata, 'tokenizer.ggml.tokens');
  if (tokens?.type !== 'array' || tokens.elementType !== 'string') return false;
  let found = 0;
  for (const token of tokens.value) {
    if (/^(?:<\|\d+\|>|<custom_token_\d+>|<\|(?:audio_start|s_\d+|code_start)\|>)$/.test(token))
      found++;
    if (found >= 512) return true;
  }
  return false;
}
