// Repairs of real files with findings that the test gives: what repair does with a finding is tested apart from how a
// diagnosis comes to it.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { openRowDeriver } from '#electron/factory/doctor/open-row-deriver.ts';
import type { Diagnosis } from '#src/contract/doctor/diagnosis.ts';
import type { Fix } from '#src/contract/doctor/finding.ts';
import type { RepairParams, RepairPlan, RepairReport } from '#src/contract/doctor/repair.ts';
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import { findingOf, type Draft } from '#src/doctor/findings.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { encodeGgufHeader } from '#src/formats/gguf/write-header.ts';
import type { GgufEntry, GgufHeader, GgufTensorInfo } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { planRepair, repairFile } from '#src/jobs/repair/repair-file.ts';
import type { RepairPorts } from '#src/jobs/repair/ports.ts';
import type { FactoryPorts } from '#src/jobs/ports.ts';

/** The header and where each tensor's data lies in the file. */
export async function headerOf(path: string): Promise<GgufHeader> {
  const source = await openFileByteSource(path);
  try {
    return await readGgufHeader(source);
  } finally {
    await source.close();
  }
}

export function placeOf(header: GgufHeader, name: string): GgufTensorInfo & { at: number } {
  const tensor = header.tensors.find((each) => each.name === name);
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return { ...tensor, at: header.dataOffset + tensor.offset };
}

/** A copy of a file with some of its bytes changed, or cut. */
export async function damagedCopy(
  path: string,
  target: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<string> {
  const bytes = await readFile(path);
  await writeFile(target, change(bytes) ?? bytes);
  return target;
}

export function recoverTensors(
  code: FindingCode,
  names: readonly string[],
  rows?: { first: number; count: number },
): Draft {
  const tensors = names.map((name) => ({ name, ...(rows === undefined ? {} : { rows }) }));
  const fix: Fix = { kind: 'recover-tensors', tensors };
  return { code, message: `${names.join(', ')} is damaged.`, tensors: [...names], fix };
}

/** Ports whose diagnosis of `path` are these drafts, and of any other file nothing. */
export function repairPorts(
  factory: FactoryPorts,
  path: string,
  drafts: readonly Draft[],
): RepairPorts {
  return {
    factory,
    openDeriver: openRowDeriver,
    async diagnose(asked) {
      const { size, mtimeMs } = await stat(asked);
      const findings = asked === path ? drafts.map((draft, index) => findingOf(`f${index + 1}`, draft)) : []; // prettier-ignore
      const diagnosis: Diagnosis = {
        path: asked,
        bytes: size,
        modified: mtimeMs,
        kind: 'model',
        title: 'llama',
        verdict: findings.length === 0 ? 'healthy' : 'error',
        checks: [],
        findings,
        map: [],
        parts: [],
        seconds: 0,
      };
      return diagnosis;
    },
  };
}

/** Plans, and takes the chosen steps and those that are named. */
export async function repairWith(
  ports: RepairPorts,
  params: RepairParams,
  more: readonly string[] = [],
): Promise<{ plan: RepairPlan; report: RepairReport }> {
  const context = { ports, emit: () => undefined, signal: new AbortController().signal };
  const plan = await planRepair(params, context);
  const steps = plan.steps.filter(({ id, chosen }) => chosen || more.includes(id)).map(({ id }) => id); // prettier-ignore
  const { bytes, modified } = plan;
  return { plan, report: await repairFile({ ...params, bytes, modified, steps }, context) };
}

export function restoreAdapters(code: FindingCode, names: readonly string[]): Draft {
  const fix: Fix = { kind: 'restore-adapters', names: [...names] };
  return { code, message: `${names.join(', ')} fell off.`, fix };
}

/** The same tensors under other metadata; what lies behind them is dropped unless the header keeps its length. */
export async function rewriteMetadata(
  path: string,
  target: string,
  change: (entries: readonly GgufEntry[]) => readonly GgufEntry[],
): Promise<void> {
  const header = await headerOf(path);
  const { bytes } = encodeGgufHeader({ ...header, version: 3, metadata: change(header.metadata) });
  const last = header.tensors.at(-1);
  const end = header.dataOffset + (last === undefined ? 0 : last.offset + last.byteLength);
  const isBundle = header.metadata.some(({ key }) => key.startsWith('studio.bundle.'));
  const kept = change(header.metadata).some(({ key }) => key.startsWith('studio.bundle.'));
  const data = (await readFile(path)).subarray(header.dataOffset, isBundle && !kept ? end : undefined); // prettier-ignore
  const padding = isBundle && !kept ? new Uint8Array((32 - (data.length % 32)) % 32) : new Uint8Array(0); // prettier-ignore
  await writeFile(target, Buffer.concat([bytes, data, padding]));
}
