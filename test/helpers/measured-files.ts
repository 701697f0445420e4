// Seedling as files that are measured, and the same with one thing wrong.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeOutputs } from '#electron/factory/quantize/write-outputs.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openBase, openGgufFile } from '#src/jobs/open-sources.ts';
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
