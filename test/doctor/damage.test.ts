// The doctor against every kind of damage that test/helpers/damage makes by code: what it finds, exactly, and what a repair
// makes of it. The real factory host on real files of Seedling; a repaired file is compared with the undamaged one by its
// SHA-256, or else diagnosed again and loaded in llama.cpp.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import { findingCodes, type FindingCode } from '#src/contract/doctor/finding.ts';
import type { RepairPlan } from '#src/contract/doctor/repair.ts';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { openHost } from '#src/io/open-host.ts';
import { makeBaseFiles, type BaseFiles } from '#test/helpers/damage/base-files.ts';
import type { DamageKind } from '#test/helpers/damage/damage-kind.ts';
import { damageKinds } from '#test/helpers/damage/damage-kinds.ts';
import { placeFile } from '#test/helpers/damage/place-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'doctor-damage-'));
const factory = openHost(factoryContract, {
  name: 'factory',
  environment: { GGUF_STUDIO_HOME: join(folder, 'home') },
});
let bases: BaseFiles;
/** Paths of the damaged files, by kind. */
const damaged = new Map<string, string>();

beforeAll(async () => {
  bases = await makeBaseFiles(folder, factory);
  for (const [name, kind] of Object.entries(damageKinds)) {
    const made = await kind.damage(bases.bytes(kind.base), bases);
    damaged.set(name, placeFile(join(folder, name), made, name));
  }
});
afterAll(async () => {
  await factory.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const entries = Object.entries(damageKinds);
const ready = entries.filter(([, kind]) => kind.todo === undefined);
const cases = (kinds: typeof entries) =>
  kinds.map(([name, kind]) => ({ name, kind, sentence: kind.sentence }));

function pathOf(name: string): string {
  const path = damaged.get(name);
  if (path === undefined) throw new Error(`${name} was not made`);
  return path;
}

function comparison(given: 'source' | 'sibling' | undefined) {
  if (given === 'source') return { source: bases.source };
  return given === 'sibling' ? { sibling: bases.path('plain-Q8_0') } : {};
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const sorted = (values: Iterable<string>) => [...new Set(values)].sort();
const codesOf = ({ findings }: Diagnosis) => sorted(findings.map(({ code }) => code));

const isForeign = ({ codes }: DamageKind) => codes.every((code) => code.startsWith('file/')); // prettier-ignore
const plans = new Map<string, RepairPlan>();

/** Where a file is looked at and compared with the same for both, its plan begins with the very diagnosis: made once. */
async function diagnosed(name: string, kind: DamageKind): Promise<Diagnosis> {
  const { repair, compareWith } = kind;
  const isSame = repair === 'none' ? !isForeign(kind) : [undefined, compareWith].includes(repair.with); // prettier-ignore
  if (isSame) return (await planned(name, kind)).diagnosis;
  return factory.call('diagnose', { path: pathOf(name), ...comparison(compareWith) });
}

const repairParams = (name: string, kind: DamageKind) => ({
  path: pathOf(name),
  ...comparison(kind.compareWith),
  ...(kind.repair === 'none'
    ? {}
    : { folders: [...bases.folders], ...comparison(kind.repair.with) }),
});

async function planned(name: string, kind: DamageKind): Promise<RepairPlan> {
  const plan = plans.get(name) ?? (await factory.call('planRepair', repairParams(name, kind)));
  plans.set(name, plan);
  return plan;
}

describe('a diagnosis of a file that', () => {
  it.each(cases(ready))('$sentence ($name)', async ({ name, kind }) => {
    const path = pathOf(name);
    const before = sha256(path);
    const diagnosis = await diagnosed(name, kind);
    const said = JSON.stringify(diagnosis.findings.map(({ code, message }) => ({ code, message })));
    expect(codesOf(diagnosis), said).toEqual(sorted(kind.codes));
    expectSubjects(kind, diagnosis, said);
    expectSoundMap(diagnosis);
    expect(sha256(path), 'a diagnosis writes nothing').toBe(before);
  });
});

function expectSubjects(
  { tensors, keys }: DamageKind,
  { findings }: Diagnosis,
  said: string,
): void {
  if (tensors !== undefined) {
    expect(sorted(findings.flatMap((finding) => finding.tensors)), said).toEqual(sorted(tensors));
  }
  for (const key of keys ?? []) {
    expect(
      findings.flatMap((finding) => finding.keys),
      said,
    ).toContain(key);
  }
}

/** The map has no gaps and no overlaps, and its damaged ranges name findings that are there. */
function expectSoundMap({ map, findings, verdict }: Diagnosis): void {
  let end = 0;
  for (const { offset, size, damaged: ranges } of map) {
    expect(offset).toBe(end);
    end = offset + size;
    for (const range of ranges) {
      expect(range.offset).toBeGreaterThanOrEqual(offset);
      expect(range.offset + range.size).toBeLessThanOrEqual(end);
      expect(findings.map(({ id }) => id)).toContain(range.finding);
    }
  }
  const worst = ['error', 'warning', 'info'].find((severity) =>
    findings.some((finding) => finding.severity === severity),
  );
  expect(verdict).toBe(worst ?? 'healthy');
}

const repairable = entries.filter(
  ([, kind]) => kind.repair !== 'none' && kind.repairTodo === undefined,
);
const foreign = ready.filter(([, kind]) => kind.repair === 'none' && isForeign(kind));
const hopeless = ready.filter(
  ([, kind]) => kind.repair === 'none' && !isForeign(kind) && kind.repairTodo === undefined,
);

describe('a repair of a file that', () => {
  it.each(cases(repairable))('$sentence ($name)', async ({ name, kind }) => {
    if (kind.repair === 'none') throw new Error('not repairable');
    const { gives, trust } = kind.repair;
    const path = pathOf(name);
    const before = sha256(path);
    const plan = await planned(name, kind);
    const report = await factory.call('repair', {
      ...repairParams(name, kind),
      // A worker that starts costs more here than it saves.
      threads: 1,
      bytes: plan.bytes,
      modified: plan.modified,
      steps: stepsToTake(plan),
    });
    expect(sha256(path), 'the damaged file is never written to').toBe(before);
    expect(report.output).not.toBe(path);
    expect(report.sha256).toBe(sha256(report.output));
    expect(existsSync(report.report)).toBe(true);
    const left = JSON.stringify(report.after.findings.map(({ code, message }) => ({ code, message }))); // prettier-ignore
    expect(report.after.verdict, left).not.toBe('error');
    expect(leastTrust(report.parts.map((part) => part.trust))).toBe(trust);
    if (gives === 'original') {
      expect(report.sha256).toBe(sha256(bases.path(kind.base)));
      return;
    }
    const { checks } = await factory.call('validate', { path: report.output, threads: 1 });
    expect(
      checks.filter(({ check }) => ['structure', 'tensors', 'load', 'tokenizer'].includes(check)),
    ).toSatisfy(
      // prettier-ignore
      (found: typeof checks) => found.length === 4 && found.every(({ status }) => status === 'passed'), // prettier-ignore
      JSON.stringify(checks),
    );
  });

  it.each(cases(foreign))('$sentence is refused by its name ($name)', async ({ name, kind }) => {
    const refused = factory.call('planRepair', { path: pathOf(name), source: bases.source });
    await expect(refused).rejects.toMatchObject({
      code: 'repair/impossible',
      details: { finding: kind.codes[0] },
    });
  });

  it.each(cases(hopeless))('$sentence is refused with a reason ($name)', async ({ name, kind }) => {
    const plan = await planned(name, kind);
    expect(plan.steps.filter((step) => step.chosen && step.impossible === undefined)).toEqual([]);
    const explained = [
      ...plan.left.map(({ finding }) => finding),
      ...plan.steps.flatMap(({ findings }) => findings),
    ];
    const errors = plan.diagnosis.findings.filter(({ severity }) => severity === 'error');
    expect(sorted(explained)).toEqual(expect.arrayContaining(errors.map(({ id }) => id)));
    for (const { reason } of plan.left) expect(reason).not.toBe('');
  });
});

/** All that can be done, also what loses detail and therefore waits for a yes. */
function stepsToTake({ steps }: RepairPlan): string[] {
  return steps.filter(({ impossible, trust }) => impossible === undefined && trust !== 'lost').map(({ id }) => id); // prettier-ignore
}

function leastTrust(found: readonly string[]): string | undefined {
  return ['lost', 'approximate', 'derived', 'exact', 'edited'].find((trust) =>
    found.includes(trust),
  );
}

describe('the kinds of damage', () => {
  it('are at least 60 that the doctor is held to', () => {
    expect(ready.length).toBeGreaterThanOrEqual(60);
  });

  it('show every code that files show without being loaded', () => {
    const shown = new Set<FindingCode>(ready.flatMap(([, { codes }]) => codes));
    // The one among the healthy files; found by asking the loaded model (behaviour.test.ts).
    shown.add('file/big-endian').add('tokenizer/round-trip');
    const missing = findingCodes.filter(
      (code) => !shown.has(code) && !code.startsWith('behaviour/'),
    );
    expect(missing).toEqual([]);
  });
});
