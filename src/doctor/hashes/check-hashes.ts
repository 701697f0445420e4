// Hashes: of every tensor, where the file carries them, and of the whole file, where a list beside it names one.
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { entryValue } from '#src/formats/gguf/entries.ts';
import { provenanceKeys, tensorHashPlaceholder } from '#src/stages/package/provenance.ts';
import type { StageEvent } from '#src/contract/stage-events.ts';
import type { CheckContext, CheckEnd, Draft } from '../findings.ts';
import { rangeIn, type Subject } from '../subject.ts';
import type { ScannedSubject } from '../values/read-tensors.ts';

const slabBytes = 4 << 20;

/** `scanned`: what reading the tensors gave; undefined when they were not read. */
export async function* checkTensorHashes(
  subject: Subject,
  context: CheckContext,
  scanned: ScannedSubject | undefined,
): AsyncGenerator<StageEvent | Draft, CheckEnd, void> {
  const told: string[] = [];
  const listed = entryValue(subject.metadata, provenanceKeys.tensorHashes);
  if (listed !== undefined) {
    const count = subject.parts[0]?.survey.tensors.length ?? 0;
    const total = subject.tensors.length;
    const isList = listed.type === 'array' && listed.elementType === 'string';
    const hashes = isList ? listed.value : [];
    const isSound = hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash) && hash !== tensorHashPlaceholder); // prettier-ignore
    if (!isList || (hashes.length !== total && hashes.length !== count) || !isSound) {
      yield* wrongList(subject, isList, hashes, total);
    } else if (scanned !== undefined) {
      // Names that a damaged record lost shift nothing: hashes go by the position of the record.
      for (const { tensor, sha256 } of scanned.tensors) {
        const expected = hashes[tensor.index];
        if (expected === undefined || tensor.part !== subject.parts[0] || sha256 === expected) continue; // prettier-ignore
        yield {
          code: 'hashes/tensor',
          message: `"${tensor.name}" is not what was written: its SHA-256 differs.`,
          evidence: { expected, found: sha256, bytes: tensor.byteLength },
          tensors: [tensor.name],
          ranges: [rangeIn(tensor.part, tensor.data.offset, tensor.byteLength)],
          fix: { kind: 'recover-tensors', tensors: [{ name: tensor.name }] },
        };
      }
      told.push(`${scanned.tensors.length} tensors have the SHA-256 that was written`);
    }
  }
  const { fileHash } = context;
  if (fileHash !== undefined) {
    const found = yield* hashAll(subject, context);
    if (found !== fileHash.sha256) {
      yield {
        code: 'hashes/file',
        message: `The file's SHA-256 is not the one that ${fileHash.from} names.`,
        evidence: { expected: fileHash.sha256, found, from: fileHash.from },
      };
    }
    told.push(`the file has the SHA-256 that ${fileHash.from} names`);
  }
  if (told.length === 0 && listed === undefined) {
    return { summary: 'The file carries no hashes, and no list beside it names one.', skipped: true }; // prettier-ignore
  }
  const text = told.join('; ');
  return { summary: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` };
}

function* wrongList(
  subject: Subject,
  isList: boolean,
  hashes: readonly string[],
  total: number,
): Generator<Draft, void> {
  // Where records are lost, the list may well be right.
  if (!subject.complete) return;
  const isPlaceholder = hashes.length === total && hashes.every((hash) => hash === tensorHashPlaceholder); // prettier-ignore
  yield {
    code: 'hashes/list',
    message: isPlaceholder
      ? `"${provenanceKeys.tensorHashes}" was never filled in.`
      : isList && hashes.length !== total
        ? `"${provenanceKeys.tensorHashes}" has ${hashes.length} hashes for ${total} tensors.`
        : `"${provenanceKeys.tensorHashes}" is not a list of SHA-256 hashes.`,
    evidence: { hashes: hashes.length, tensors: total },
    keys: [provenanceKeys.tensorHashes],
    fix: { kind: 'remove-metadata', key: provenanceKeys.tensorHashes },
    remedy: 'Repair removes the list: it says nothing about these tensors.',
  };
}

async function* hashAll(
  { source }: Subject,
  { ports, signal }: CheckContext,
): AsyncGenerator<StageEvent, string, void> {
  const hash = ports.createSha256();
  yield { event: 'phase', phase: 'Hashing', detail: source.label };
  for (let offset = 0; offset < source.size; offset += slabBytes) {
    signal.throwIfAborted();
    const length = Math.min(slabBytes, source.size - offset);
    hash.update(await readBytes(source, offset, length));
    yield { event: 'progress', done: offset + length, total: source.size, unit: 'bytes' };
  }
  return hash.digest();
}
