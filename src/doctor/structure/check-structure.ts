// The structure of a file: what the tolerant reader met in the header, where the tensors lie, what is missing at the end
// and what lies behind it, the parts of a split and the list of a bundle's adapters.
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import type { Check, Draft } from '../findings.ts';
import { rangeIn, type Subject, type SubjectPart } from '../subject.ts';
import type { Fault, FaultKind } from '../survey/survey.ts';
import { checkBundle } from './check-bundle.ts';
import { checkLayout } from './check-layout.ts';
import { checkSplit } from './check-split.ts';
import { checkTail, checkTruncation } from './check-end.ts';

const codeOfFault: Record<FaultKind, FindingCode> = {
  version: 'structure/version',
  counts: 'structure/counts',
  entry: 'structure/metadata-entry',
  'entry-twice': 'structure/metadata-twice',
  tensor: 'structure/tensor-entry',
  'tensor-twice': 'structure/tensor-twice',
  'tensor-type': 'structure/tensor-type',
  'tensor-shape': 'structure/tensor-shape',
  alignment: 'structure/alignment',
  truncated: 'structure/header-truncated',
};

/** Faults of one kind that are told one by one; the others are counted. */
const toldFaults = 20;

/** Reads headers and, for a bundle, its adapters. */
export const checkStructure: Check = async function* (subject, context) {
  const { survey, parts, wrongMagic } = subject;
  if (survey.byteOrder === 'big') {
    yield {
      code: 'file/big-endian',
      message: 'The file is written for big-endian machines; llama.cpp on this machine cannot load it.', // prettier-ignore
      evidence: { version: survey.version, entries: survey.entries.length, tensors: survey.tensors.length }, // prettier-ignore
      ranges: [{ offset: 4, size: 4 }],
    };
  }
  if (wrongMagic !== undefined) {
    yield {
      code: 'structure/version',
      message: `The file starts with the bytes ${wrongMagic} instead of "GGUF", but all behind them is a GGUF.`,
      evidence: { firstBytes: wrongMagic, expected: '47475546' },
      ranges: [{ offset: 0, size: 4 }],
      remedy: 'Repair writes the header anew.',
      ...fixOfHeader(subject),
    };
  }
  for (const part of parts) yield* tellFaults(subject, part);
  yield* checkSplit(subject);
  for (const part of parts) {
    yield* checkLayout(part);
    yield* checkTruncation(part, subject);
    yield* checkTail(part, subject);
  }
  const bundle = yield* checkBundle(subject, context);
  const { length } = subject.tensors;
  const adapters = bundle === 0 ? '' : ` and ${bundle} bundled ${bundle === 1 ? 'adapter' : 'adapters'}`; // prettier-ignore
  const pieces = parts.length > 1 ? ` in ${parts.length} parts` : '';
  return {
    summary: `GGUF v${survey.version}, ${subject.metadata.length} entries, ${length} tensors${pieces}${adapters}, all inside the file.`,
  };
};

function* tellFaults(subject: Subject, part: SubjectPart): Generator<Draft, void> {
  const told = new Map<FaultKind, number>();
  const { faults } = part.survey;
  for (const fault of faults) {
    const count = (told.get(fault.kind) ?? 0) + 1;
    told.set(fault.kind, count);
    if (count <= toldFaults) yield draftOf(fault, subject, part);
  }
  for (const [kind, count] of told) {
    if (count <= toldFaults) continue;
    yield {
      code: codeOfFault[kind],
      message: `${count - toldFaults} more like these are in the header.`,
      evidence: { count: count - toldFaults },
    };
  }
}

function draftOf(fault: Fault, subject: Subject, part: SubjectPart): Draft {
  const isKey =
    fault.kind === 'entry' || fault.kind === 'entry-twice' || fault.kind === 'alignment';
  const isTensor = fault.kind.startsWith('tensor') && fault.name !== undefined;
  const where = subject.parts.length > 1 ? { part: part.fileName } : {};
  const { message, details, name } = fault;
  return {
    code: codeOfFault[fault.kind],
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
    evidence: { ...details, at: fault.at, ...where },
    ranges: [rangeIn(part, fault.at, fault.size)],
    ...(isKey && name !== undefined ? { keys: [name] } : {}),
    ...(isTensor ? { tensors: [name ?? ''] } : {}),
    ...remedyOf(fault, subject, part),
  };
}

function remedyOf(fault: Fault, subject: Subject, part: SubjectPart): Partial<Draft> {
  const { kind, name, details } = fault;
  switch (kind) {
    case 'version': {
      // A sound header behind a wrong number: it is written again as version 3.
      if (part.survey.headerEnd !== undefined) return fixOfHeader(subject);
      const cause =
        details['version'] === 1
          ? 'Version 1 was used for a few weeks in 2023.'
          : 'The bytes are damaged, or a newer release wrote the file.';
      return { cause, remedy: 'Convert the original model again.' };
    }
    case 'counts':
    case 'tensor-twice':
      return fixOfHeader(subject);
    case 'entry-twice':
      return entryTwice(name ?? '', part);
    case 'alignment':
      // The tensors tell what it was; checkLayout says so when it is not 32.
      return part.layout?.kind === 'sound'
        ? { fix: { kind: 'remove-metadata', key: 'general.alignment' }, remedy: 'Repair removes the entry: the tensors have the alignment that holds without it, 32.' } // prettier-ignore
        : {};
    default:
      return {};
  }
}

/** The entries that were read are written again: nothing of them is lost. */
function fixOfHeader(subject: Subject): Partial<Draft> {
  const isWhole = subject.parts.every(({ survey }) => survey.headerEnd !== undefined);
  return isWhole ? { fix: { kind: 'lay-out' } } : {};
}

function entryTwice(key: string, { survey }: SubjectPart): Partial<Draft> {
  const texts = survey.entries
    .filter((entry) => entry.key === key)
    .map(({ value }) => shown(value.type === 'array' ? `array of ${value.value.length}` : value.value)); // prettier-ignore
  const same = new Set(texts).size === 1;
  return {
    fix: { kind: 'lay-out' },
    evidence: { key, values: texts },
    remedy: same
      ? 'Repair keeps one of them; both say the same.'
      : 'Repair keeps the first; look whether the other is the right one.',
  };
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
