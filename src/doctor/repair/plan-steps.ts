// From findings to the steps of a repair that a person can read and choose from. Pure: what can be brought back, and from
// where, was found out before.
import type { Finding, Fix } from '#src/contract/doctor/finding.ts';
import type { RepairPlan, RepairStep } from '#src/contract/doctor/repair.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { formatBytes } from '#src/text/format-number.ts';
import { mostChanges, type Means, type PlannedStep } from './means.ts';
import { tensorSteps } from './tensor-steps.ts';
import { editMetadata, type MetadataFix } from './edit-metadata.ts';
import { showScalar, showValue } from './metadata-value.ts';

export interface PlannedSteps {
  readonly steps: readonly PlannedStep[];
  readonly left: RepairPlan['left'];
}

/** Findings that are put right by writing the header anew from what was read of it. */
const rewritten: readonly Finding['code'][] = [
  'structure/version',
  'structure/counts',
  'structure/metadata-twice',
  'structure/tensor-twice',
];

/** The steps in the order in which they are shown: the header, the layout, tensors, adapters, the tail. */
export function planSteps(findings: readonly Finding[], means: Means): PlannedSteps {
  const steps: PlannedStep[] = [];
  const left: { finding: string; reason: string }[] = [];
  const settled = new Set<string>();
  const add = (step: PlannedStep) => {
    steps.push(step);
    for (const id of step.step.findings) settled.add(id);
  };
  // A header that is made again by the file's own recipe is right in everything, and tells by hashes where each tensor
  // lies: what reading the broken one suggested about entries and tensors does not count.
  const isRebuilt = means.isHeaderBroken && typeof means.header !== 'string' && means.header.trust === 'exact'; // prettier-ignore
  const metadata = metadataSteps(findings, means);
  if (means.isHeaderBroken) add(headerStep(findings, means, metadata));
  if (!isRebuilt) {
    metadata.forEach(add);
    layoutSteps(findings, means).forEach(add);
    unexpectedSteps(findings, means).forEach(add);
    tensorSteps(findings, means).forEach(add);
  }
  adapterSteps(findings, means).forEach(add);
  if (!isRebuilt) tailSteps(findings).forEach(add);
  for (const { id, remedy, severity } of findings) {
    if (settled.has(id) || severity === 'info') continue;
    left.push({ finding: id, reason: remedy });
  }
  return { steps: steps.map(lossyOff), left };
}

function lossyOff({ step, action }: PlannedStep): PlannedStep {
  const chosen = step.impossible === undefined && step.trust !== 'lost';
  return { step: { ...step, chosen }, action };
}

/** What only a header that is made again puts right. */
const lostCodes: readonly Finding['code'][] = [
  'structure/metadata-entry',
  'structure/tensor-entry',
  'structure/tensor-type',
  'structure/tensor-shape',
  'structure/header-truncated',
  'structure/offsets',
];

/** True for a finding about a part of the header that reading it does not give back. */
export function tellsLostHeader({ code, fix }: Finding): boolean {
  return fix === undefined && lostCodes.includes(code);
}

function headerStep(
  findings: readonly Finding[],
  { header, isRecordsWhole, lostEntries, metadata }: Means,
  edits: readonly PlannedStep[],
): PlannedStep {
  if (typeof header !== 'string' && header.trust === 'exact') {
    const own = findings.filter(
      ({ severity, fix, area }) =>
        severity !== 'info' && fix?.kind !== 'restore-adapters' && area !== 'behaviour',
    );
    return {
      step: {
        id: 'header',
        findings: own.map(({ id }) => id),
        title: `Write the header anew as the file's recipe gives it from ${header.from}, and derive what is not where it puts it${header.note === undefined ? '' : `; ${header.note}`}`,
        trust: 'exact',
        chosen: true,
        changes: own.slice(0, mostChanges).map(({ message, code }) => ({ what: code, before: message, after: 'as it was built' })), // prettier-ignore
      },
      action: { kind: 'header' },
    };
  }
  const own = findings.filter(tellsLostHeader);
  if (typeof header !== 'string') {
    return {
      step: {
        id: 'header',
        findings: own.map(({ id }) => id),
        title: `Write the header anew with what ${header.from} gives at this level`,
        trust: 'derived',
        chosen: true,
        changes: own.slice(0, mostChanges).map(({ message, code }) => ({ what: code, before: message, after: 'as the source gives it' })), // prettier-ignore
      },
      action: { kind: 'header' },
    };
  }
  const keys = new Set(metadata.map(({ key }) => key));
  const added = edits.filter(({ action }) => action.kind === 'metadata' && action.fix.kind === 'set-metadata' && !keys.has(action.fix.key)); // prettier-ignore
  if (isRecordsWhole && lostEntries > 0 && added.length >= lostEntries) {
    return {
      step: {
        id: 'header',
        findings: own.map(({ id }) => id),
        title: 'Write the header anew; what cannot be read is added by its own steps',
        trust: 'edited',
        chosen: true,
        changes: own.slice(0, mostChanges).map(({ message, code }) => ({ what: code, before: message, after: 'left out, and added again' })), // prettier-ignore
      },
      action: { kind: 'lay-out' },
    };
  }
  return {
    step: {
      id: 'leave:header',
      findings: own.map(({ id }) => id),
      title: 'Go on with what could be read of the header',
      trust: 'lost',
      chosen: false,
      ...(isRecordsWhole
        ? {}
        : { impossible: `Where tensors lie and what they are cannot be read: ${header}.` }),
      changes: own.slice(0, mostChanges).map(({ message }) => ({ what: 'header', before: message, after: 'left out' })), // prettier-ignore
    },
    action: { kind: 'leave-header' },
  };
}

function metadataSteps(findings: readonly Finding[], { metadata, keyOrder }: Means): PlannedStep[] {
  const byKey = new Map<string, { fix: MetadataFix; findings: string[]; sentences: string[] }>();
  for (const { id, fix, code, message } of findings) {
    if (!isMetadataFix(fix) || rewritten.includes(code)) continue;
    const known = byKey.get(fix.key);
    if (known === undefined) byKey.set(fix.key, { fix, findings: [id], sentences: [message] });
    else {
      known.findings.push(id);
      known.fix = joined(known.fix, fix);
    }
  }
  return [...byKey].map(([key, { fix, findings: ids }]) => {
    const before = metadata.find((entry) => entry.key === key)?.value;
    let impossible: string | undefined;
    let after = 'absent';
    try {
      const edited = editMetadata(metadata, [fix], keyOrder);
      after = showValue(edited.find((entry) => entry.key === key)?.value);
    } catch (error) {
      impossible = (error as Error).message;
    }
    const verb = fix.kind === 'remove-metadata' ? 'Remove' : before === undefined ? 'Add' : 'Set';
    return {
      step: {
        id: `${fix.kind === 'remove-metadata' ? 'remove' : 'set'}:${key}`,
        findings: ids,
        title: `${verb} ${key}`,
        trust: 'edited' as const,
        chosen: true,
        ...(impossible === undefined ? {} : { impossible }),
        changes:
          fix.kind === 'set-elements'
            ? elementChanges(fix, before)
            : [{ what: key, before: showValue(before), after }],
      },
      action: { kind: 'metadata' as const, fix },
    };
  });
}

function elementChanges(
  { key, elements }: Extract<Fix, { kind: 'set-elements' }>,
  before: GgufEntry['value'] | undefined,
): RepairStep['changes'] {
  return elements.slice(0, mostChanges).map(({ index, value }) => ({
    what: `${key}[${index}]`,
    before: before?.type === 'array' ? showScalar(before.value[index] ?? 'absent') : 'absent',
    after: String(value),
  }));
}

/** Two findings about one key: elements add up, of anything else the first counts. */
function joined(first: MetadataFix, second: MetadataFix): MetadataFix {
  if (first.kind !== 'set-elements' || second.kind !== 'set-elements') return first;
  const taken = new Set(first.elements.map(({ index }) => index));
  const more = second.elements.filter(({ index }) => !taken.has(index));
  return { ...first, elements: [...first.elements, ...more] };
}

function layoutSteps(findings: readonly Finding[], { parts }: Means): PlannedStep[] {
  const steps: PlannedStep[] = [];
  const layout = findings.filter(
    ({ fix, code }) => fix?.kind === 'lay-out' || rewritten.includes(code),
  );
  if (layout.length > 0) {
    steps.push({
      step: {
        id: 'layout',
        findings: layout.map(({ id }) => id),
        title: 'Write the header and the tensors anew, each where it belongs',
        trust: 'edited',
        chosen: true,
        changes: layout.map(({ message }) => ({ what: 'layout', before: message, after: 'in order and padded' })), // prettier-ignore
      },
      action: { kind: 'lay-out' },
    });
  }
  const join = findings.filter(({ fix }) => fix?.kind === 'join-parts');
  if (join.length > 0) {
    const names = typeof parts === 'string' ? [] : parts;
    steps.push({
      step: {
        id: 'join',
        findings: join.map(({ id }) => id),
        title: names.length === 0 ? 'Join the parts' : `Join ${names.length} parts to one file`,
        trust: typeof parts === 'string' ? 'lost' : 'edited',
        chosen: true,
        ...(typeof parts === 'string' ? { impossible: parts } : {}),
        changes: names.map((name, index) => ({ what: `part ${index + 1}`, before: name, after: 'in the one file' })), // prettier-ignore
      },
      action: { kind: 'join-parts' },
    });
  }
  return steps;
}

/** llama.cpp refuses files with tensors that it does not know; whether they are nothing but a mistake, only hashes tell. */
function unexpectedSteps(findings: readonly Finding[], { wereAdded }: Means): PlannedStep[] {
  const own = findings.filter(({ code }) => code === 'metadata/tensor-unexpected');
  const names = [...new Set(own.flatMap(({ tensors }) => tensors))];
  const [first] = names;
  if (first === undefined) return [];
  const isSure = wereAdded(names);
  return [
    {
      step: {
        id: `drop:${first}`,
        findings: own.map(({ id }) => id),
        title: `Leave out ${names.length === 1 ? first : `${names.length} tensors`} that the architecture does not have`,
        trust: isSure ? 'edited' : 'lost',
        chosen: isSure,
        changes: names.slice(0, mostChanges).map((what) => ({ what, before: 'in the file', after: isSure ? 'left out: it was not there when the file was built' : 'left out' })), // prettier-ignore
      },
      action: { kind: 'drop-tensors', names },
    },
  ];
}

function adapterSteps(findings: readonly Finding[], { adapter }: Means): PlannedStep[] {
  const byName = new Map<string, string[]>();
  for (const { id, fix } of findings) {
    if (fix?.kind !== 'restore-adapters') continue;
    for (const name of fix.names) byName.set(name, [...(byName.get(name) ?? []), id]);
  }
  return [...byName].map(([name, ids]) => {
    const found = adapter(name);
    if (typeof found !== 'string') {
      return {
        step: {
          id: `adapter:${name}`,
          findings: ids,
          title: `Take the adapter ${name} back from ${found.from}`,
          trust: 'exact' as const,
          chosen: true,
          changes: [{ what: name, before: 'missing or damaged', after: `${formatBytes(found.bytes)}, proven by its hash` }], // prettier-ignore
          readBytes: found.bytes,
        },
        action: { kind: 'restore-adapter' as const, name },
      };
    }
    return {
      step: {
        id: `without-adapter:${name}`,
        findings: ids,
        title: `Go on without the adapter ${name}`,
        trust: 'lost' as const,
        chosen: false,
        changes: [{ what: name, before: `missing or damaged; ${found}`, after: 'not in the list' }],
      },
      action: { kind: 'drop-adapter' as const, name },
    };
  });
}

function tailSteps(findings: readonly Finding[]): PlannedStep[] {
  const tail = findings.filter(({ fix }) => fix?.kind === 'cut-tail');
  if (tail.length === 0) return [];
  return [
    {
      step: {
        id: 'cut-tail',
        findings: tail.map(({ id }) => id),
        title: 'Leave out the bytes behind the last tensor',
        trust: 'edited',
        chosen: true,
        changes: tail.map(({ message }) => ({ what: 'tail', before: message, after: 'left out' })),
      },
      action: { kind: 'cut-tail' },
    },
  ];
}

function isMetadataFix(fix: Fix | undefined): fix is MetadataFix {
  return (
    fix?.kind === 'set-metadata' || fix?.kind === 'remove-metadata' || fix?.kind === 'set-elements'
  );
}
