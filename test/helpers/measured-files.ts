// Seedling as files that are measured, and the same with one thing wrong.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertLora } from '#electron/factory/methods/convert.ts';
import { writeOutputs } from '#electron/factory/quantize/write-outputs.ts';
import { factoryContract } from '#src/contract/factory.contract.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { bundleEntries, placeMembers } from '#src/formats/bundle/bundle-entries.ts';
import { int32Entry, uint16Entry } from '#src/formats/gguf/entries.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { openBase, openGgufFile } from '#src/jobs/open-sources.ts';
import { makeOutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';

const assets = fileURLToPath(new URL('../../assets/seedling/', import.meta.url));
export const seedlingBase = join(assets, 'seedling-4m');
export const seedlingText = (name: string): string =>
  join(assets, 'texts/evaluation', `${name}.txt`);
export const seedlingAdapter = (name: string): string => join(assets, 'adapters', name);

/** Seedling without loss, 8.5 MB. */
export async function writeSeedling(path: string): Promise<void> {
  const base = await openBase(seedlingBase);
  const outputs = [{ path, plan: planAsIs(base.content) }];
  await runToEnd(writeOutputs(outputs, { inputs: base.inputs, threads: 1 }), () => undefined);
  await base.content.close();
}

/** A copy with other metadata. */
export async function writeAltered(
  from: string,
  to: string,
  alter: (metadata: readonly GgufEntry[]) => readonly GgufEntry[],
): Promise<void> {
  const model = await openGgufFile(from);
  const plan = planAsIs({ ...model, metadata: alter(model.metadata) });
  await runToEnd(
    writeOutputs([{ path: to, plan }], { inputs: [from], threads: 1 }),
    () => undefined,
  );
  await model.close();
}

/** Makes the first value of an F32 tensor a NaN. */
export async function spoilTensor(path: string, name: string): Promise<void> {
  const source = await openFileByteSource(path);
  const { tensors, dataOffset } = await readGgufHeader(source);
  await source.close();
  const tensor = tensors.find((each) => each.name === name);
  if (tensor?.type !== 'F32') throw new Error(`${name} is no F32 tensor of ${path}`);
  const handle = await open(path, 'r+');
  await handle.write(
    new Uint8Array(Float32Array.of(Number.NaN).buffer),
    0,
    4,
    dataOffset + tensor.offset,
  );
  await handle.close();
}

/** A file in two parts, as llama-gguf-split names them; gives both paths. */
export async function writeSplit(from: string, prefix: string): Promise<string[]> {
  const model = await openGgufFile(from);
  const half = model.tensors.length >> 1;
  const count = 2;
  const paths: string[] = [];
  for (let part = 0; part < count; part++) {
    const path = `${prefix}-0000${part + 1}-of-0000${count}.gguf`;
    const split = [
      uint16Entry('split.no', part),
      uint16Entry('split.count', count),
      int32Entry('split.tensors.count', model.tensors.length),
    ];
    const tensors = part === 0 ? model.tensors.slice(0, half) : model.tensors.slice(half);
    const metadata = part === 0 ? [...model.metadata, ...split] : split;
    const parts = tensors.map((source) => ({ source, name: source.name, type: source.type }));
    const plan = makeOutputPlan({ label: 'split', metadata, tensors: parts });
    await runToEnd(writeOutputs([{ path, plan }], { inputs: [from], threads: 1 }), () => undefined);
    paths.push(path);
  }
  await model.close();
  return paths;
}

/** A copy that carries one of Seedling's adapters behind its tensors. */
export async function writeBundled(from: string, to: string, adapter: string): Promise<void> {
  const lora = `${to}.lora`;
  const context = { signal: new AbortController().signal, emit: () => undefined };
  const params = { adapter: seedlingAdapter(adapter), base: from, outtype: 'f32', output: lora };
  await convertLora(factoryContract.convertLora.params.parse(params), context);
  const { size } = await stat(lora);
  const member = { name: adapter, domain: 'test', scale: 1, size, sha256: await hashFile(lora) };
  const model = await openGgufFile(from);
  const planWith = (members: Parameters<typeof bundleEntries>[0]) =>
    planAsIs({ ...model, metadata: [...model.metadata, ...bundleEntries(members)] });
  const { fileSize } = planWith([{ ...member, offset: 0 }]).header;
  const { members: placed } = placeMembers([member], fileSize);
  const appended = placed.map((each) => ({ ...each, path: lora }));
  const outputs = [{ path: to, plan: planWith(placed), appended }];
  await runToEnd(writeOutputs(outputs, { inputs: [from, lora], threads: 1 }), () => undefined);
  await model.close();
}
