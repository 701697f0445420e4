// A SentencePiece `tokenizer.model`: a protobuf message (sentencepiece_model.proto, ModelProto), read by hand because
// only its pieces and a few normalizer flags are needed and the file is untrusted.
import { StudioError } from '#src/errors/studio-error.ts';
import { readFields, readFloat32, readString, type WireField } from './wire-format.ts';

/** SentencePiece.Type; the same numbers as GGUF's token types. */
export const pieceTypes = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

export interface SentencePiece {
  readonly text: string;
  /** F32 as stored. */
  readonly score: number;
  readonly type: number;
}

export interface SentencePieceModel {
  /** By token id. */
  readonly pieces: readonly SentencePiece[];
  /** TrainerSpec.model_type: 1 unigram, 2 BPE, 3 word, 4 char. */
  readonly modelType: number;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
}

/** More than any vocabulary in use (Gemma 3: 262,144) by a factor of 16. */
const maximumPieces = 2 ** 22;

/**
 * Parses the message and checks what the sentencepiece library checks on loading: no empty piece, no piece twice,
 * one unknown piece, byte pieces all or none. Throws `huggingface/invalid` or `format/truncated`, naming `label`.
 */
export function parseSentencePieceModel(bytes: Uint8Array, label: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  let modelType = 1;
  let addDummyPrefix = true;
  let removeExtraWhitespaces = true;
  let byteFallback = false;

  for (const field of readFields(bytes, label)) {
    if (field.number === 1) {
      if (pieces.length === maximumPieces) {
        throw new StudioError('format/limit', `${label} has more than ${maximumPieces} pieces.`);
      }
      pieces.push(parsePiece(field, label));
    } else if (field.number === 2) {
      for (const inner of readFields(messageBytes(field, label), label)) {
        if (inner.number === 3) modelType = Number(inner.value);
        if (inner.number === 35) byteFallback = inner.value !== 0n;
      }
    } else if (field.number === 3) {
      for (const inner of readFields(messageBytes(field, label), label)) {
        if (inner.number === 3) addDummyPrefix = inner.value !== 0n;
        if (inner.number === 4) removeExtraWhitespaces = inner.value !== 0n;
      }
    }
  }
  checkPieces(pieces, byteFallback, label);
  return { pieces, modelType, addDummyPrefix, removeExtraWhitespaces };
}

function parsePiece(field: WireField, label: string): SentencePiece {
  let text = '';
  let score = 0;
  let type: number = pieceTypes.normal;
  for (const inner of readFields(messageBytes(field, label), label)) {
    if (inner.number === 1) text = readString(inner, label);
    if (inner.number === 2) score = readFloat32(inner, label);
    if (inner.number === 3) type = pieceType(inner.value);
  }
  return { text, score, type };
}

/** An unknown number means the default, as protobuf has it for enumerations. */
function pieceType(value: bigint | undefined): number {
  const type = Number(value);
  return type >= pieceTypes.normal && type <= pieceTypes.byte ? type : pieceTypes.normal;
}

function messageBytes(field: WireField, label: string): Uint8Array {
  if (field.bytes !== undefined) return field.bytes;
  throw new StudioError(
    'huggingface/invalid',
    `${label}: field ${field.number} is not a message; this is not a SentencePiece model.`,
  );
}

function checkPieces(pieces: readonly SentencePiece[], byteFallback: boolean, label: string): void {
  const refuse = (what: string): never => {
    throw new StudioError('huggingface/invalid', `${label} is not a SentencePiece model: ${what}.`);
  };
  if (pieces.length === 0) refuse('it has no pieces');
  const seen = new Set<string>();
  for (const [id, { text, score }] of pieces.entries()) {
    if (text === '') refuse(`piece ${id} is empty`);
    if (seen.has(text)) refuse(`piece ${id} (${JSON.stringify(text)}) is there twice`);
    if (!Number.isFinite(score)) refuse(`piece ${id} has the score ${score}`);
    seen.add(text);
  }
  const count = (type: number): number => pieces.filter((piece) => piece.type === type).length;
  const unknownCount = count(pieceTypes.unknown);
  const byteCount = count(pieceTypes.byte);
  if (unknownCount > 1) refuse(`it has ${unknownCount} unknown pieces instead of one`);
  // With byte fallback every text has pieces, so an unknown one is not needed.
  if (unknownCount === 0 && !byteFallback) refuse('it has no unknown piece');
  if (byteCount !== (byteFallback ? 256 : 0)) {
    refuse(`it has ${byteCount} byte pieces, and byte fallback is ${byteFallback ? 'on' : 'off'}`);
  }
}
