// The places of the tensors: what the records say against what the whole file proves (survey/place-tensors.ts).
import type { Draft } from '../findings.ts';
import { rangeIn, type SubjectPart } from '../subject.ts';
import { typesThatFit, type Layout } from '../survey/place-tensors.ts';

const named = 20;

export function* checkLayout(part: SubjectPart): Generator<Draft, void> {
  const { layout, survey } = part;
  if (layout === undefined || layout.kind === 'sound') return;
  yield draftOf(part, layout, survey.alignment);
}

function draftOf(part: SubjectPart, layout: Layout, claimedAlignment: number): Draft {
  const { tensors } = part.survey;
  const wrong = layout.wrong.flatMap((index) => tensors[index] ?? []);
  const names = wrong.map(({ name }) => name);
  const [first] = wrong;
  const expected = layout.offsets[layout.wrong[0] ?? 0];
  const evidence = {
    count: wrong.length,
    of: tensors.length,
    tensors: layout.wrong.slice(0, named).map((index) => ({
      name: tensors[index]?.name,
      recorded: tensors[index]?.offset,
      expected: layout.offsets[index],
    })),
  };
  const about = {
    evidence,
    tensors: names,
    ranges: wrong.slice(0, 1000).map(({ at, size }) => rangeIn(part, at, size)),
  };
  const others = wrong.length > 1 ? ` (and ${wrong.length - 1} others)` : '';
  switch (layout.kind) {
    case 'alignment':
      return {
        code: 'structure/alignment',
        message: `The tensors are aligned to ${layout.alignment} bytes, but "general.alignment" says ${claimedAlignment}${hasEntry(part) ? '' : ' by being absent'}.`,
        evidence: { claimed: claimedAlignment, found: layout.alignment },
        keys: ['general.alignment'],
        ranges: part.survey.entries
          .filter(({ key }) => key === 'general.alignment')
          .map(({ at, size }) => rangeIn(part, at, size)),
        remedy: `Repair sets "general.alignment" to ${layout.alignment}.`,
        fix: {
          kind: 'set-metadata',
          key: 'general.alignment',
          value: { type: 'uint32', value: layout.alignment },
        },
      };
    case 'order':
      return {
        code: 'structure/order',
        message: `The data of ${wrong.length} of ${tensors.length} tensors does not lie in the order of their records; llama.cpp refuses such files.`,
        ...about,
        fix: { kind: 'lay-out' },
      };
    case 'gaps':
      return {
        code: 'structure/offsets',
        message: `The tensors do not follow each other without gaps: "${first?.name ?? ''}" lies at ${first?.offset ?? 0}, where ${wrong.length === 0 ? 0 : (expectedBySizes(part, layout) ?? 0)} follows from the tensors before it${others}.`,
        ...about,
        remedy: 'Repair writes the tensors anew without gaps; llama.cpp refuses the file as it is.',
        fix: { kind: 'lay-out' },
      };
    case 'shape': {
      const byType = typesThatFit(tensors, layout.wrong[0] ?? 0, layout);
      if (byType.length > 0 && wrong.length === 1) {
        return {
          code: 'structure/tensor-type',
          message: `The tensor "${first?.name ?? ''}" is recorded as ${first?.type ?? `type ${first?.typeId ?? ''}`}, which takes ${first?.byteLength ?? 0} bytes, but there are ${spaceOf(part, layout.wrong[0] ?? 0, layout)} bytes for it, as ${byType.join(' or ')} takes.`,
          ...about,
          ...(layout.end === undefined
            ? {}
            : {
                cause: `The file ends exactly where ${byType.join(' or ')} would, which tensors of the same role have in other blocks: its recorded type is wrong, rather than the file cut or lengthened at that very byte.`,
              }),
          evidence: { recorded: first?.type, fits: byType, shape: first?.shape, space: spaceOf(part, layout.wrong[0] ?? 0, layout) }, // prettier-ignore
        };
      }
      return {
        code: 'structure/tensor-shape',
        message: `The tensor "${first?.name ?? ''}" takes ${spaceOf(part, layout.wrong[0] ?? 0, layout)} bytes by the places of its neighbours, but ${first?.byteLength ?? 'an unknown number of'} by its shape ${first?.shape.join(' x ') ?? ''} and type ${first?.type ?? first?.typeId ?? ''}${others}.`,
        ...about,
      };
    }
    case 'unclear':
      return {
        code: 'structure/offsets',
        message: `The offsets and sizes of the tensors contradict each other from "${first?.name ?? ''}" on${others}; nothing in the file says which are right.`,
        ...about,
        remedy: 'Fetch the file again, or repair it with its source.',
      };
    default:
      return {
        code: 'structure/offsets',
        message: `The tensor "${first?.name ?? ''}" is recorded at offset ${first?.offset ?? 0}, but ${expected ?? 0} follows from the tensors before it, and the file's length proves it${others}.`,
        ...about,
        cause: 'The record was damaged, or a tool wrote it wrongly.',
        fix: { kind: 'lay-out' },
      };
  }
}

function hasEntry({ survey }: SubjectPart): boolean {
  return survey.entries.some(({ key }) => key === 'general.alignment');
}

function expectedBySizes({ survey }: SubjectPart, layout: Layout): number | undefined {
  const index = layout.wrong[0] ?? 0;
  const before = survey.tensors[index - 1];
  if (before?.byteLength === undefined) return 0;
  return Math.ceil((before.offset + before.byteLength) / layout.alignment) * layout.alignment;
}

function spaceOf({ survey }: SubjectPart, index: number, layout: Layout): number | string {
  const here = layout.offsets[index];
  const next = layout.offsets[index + 1] ?? layout.end ?? survey.bytes - layout.dataOffset;
  return here === undefined ? 'other' : next - here;
}
