// The parts of a split: missing, under other names, or not of this split.
import type { Draft } from '../findings.ts';
import type { Subject } from '../subject.ts';

export function* checkSplit({ split, parts, label }: Subject): Generator<Draft, void> {
  if (split === undefined) return;
  const count = split.length;
  const missing = split.filter(({ state }) => state === 'missing');
  if (missing.length > 0) {
    const names = missing.map(({ expectedName }) => expectedName);
    const which = missing.map(({ index }) => index + 1);
    yield {
      code: 'split/part-missing',
      message: `${missing.length === 1 ? `Part ${which[0] ?? ''} of ${count} is` : `${missing.length} of ${count} parts are`} missing: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}.`,
      evidence: { parts: which, of: count, names, found: parts.map(({ fileName }) => fileName) },
    };
  }
  const misnamed = split.filter(({ state }) => state === 'misnamed');
  if (misnamed.length > 0) {
    const pairs = misnamed.map(({ index, fileName, expectedName }) => ({
      part: index + 1,
      found: fileName,
      expected: expectedName,
    }));
    const [first] = pairs;
    const isWhole = split.every(({ state }) => state === 'there' || state === 'misnamed');
    yield {
      code: 'split/part-misnamed',
      message: `Part ${first?.part ?? ''} of ${count} lies under the name ${first?.found ?? ''} instead of ${first?.expected ?? ''}${pairs.length > 1 ? ` (and ${pairs.length - 1} others)` : ''}; llama.cpp finds parts by their names.`,
      evidence: { parts: pairs, of: count, file: label },
      ...(isWhole ? { fix: { kind: 'join-parts' } } : {}),
    };
  }
  for (const { index, fileName, reason } of split.filter(({ state }) => state === 'foreign')) {
    yield {
      code: 'split/part-foreign',
      message: `${fileName ?? ''} should be part ${index + 1} of ${count}, but ${reason ?? 'it is not'}.`,
      ...(isMixed(reason)
        ? { cause: 'A part of another level or model was copied over this one.' }
        : {}),
      evidence: { part: index + 1, of: count, fileName, reason },
    };
  }
  // What is foreign was left out, and its names with it.
  const names = new Map<string, string>();
  for (const part of parts) {
    for (const { name } of part.survey.tensors) {
      const other = names.get(name);
      if (other !== undefined && other !== part.fileName) {
        yield {
          code: 'split/part-foreign',
          message: `The tensor "${name}" is in two parts, ${other} and ${part.fileName}: one of them belongs to another split.`,
          evidence: { tensor: name, parts: [other, part.fileName] },
          tensors: [name],
        };
        return;
      }
      names.set(name, part.fileName);
    }
  }
  const claimed = Number(parts[0]?.survey.entries.find(({ key }) => key === 'split.tensors.count')?.value.value ?? Number.NaN); // prettier-ignore
  if (parts.length === count && Number.isFinite(claimed) && claimed !== names.size) {
    yield {
      code: 'split/part-foreign',
      message: `The whole model should have ${claimed} tensors, but its parts hold ${names.size}: one of them belongs to another split.`,
      evidence: {
        claimed,
        found: names.size,
        parts: parts.map(({ fileName, survey }) => `${fileName}: ${survey.tensors.length} tensors`),
      },
    };
  }
}

/** Its number and counts fit; what it holds does not. */
function isMixed(reason: string | undefined): boolean {
  return reason !== undefined && !/^its metadata says|^it belongs to a model of/.test(reason);
}
