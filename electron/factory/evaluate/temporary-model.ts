// GGUF files that live as long as a measurement: a Hugging Face folder converted without loss, and its tokenizer alone.
// Named after this process, so that `clean` removes what a killed one left.
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '#src/contract/run-to-end.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { checkDiskSpace } from '#src/io/disk-space.ts';
import { toIoError } from '#src/io/io-error.ts';
import { openBase } from '#src/jobs/open-sources.ts';
import { makeOutputPlan } from '#src/stages/quantize/output-plan.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import { writeOutputs } from '../quantize/write-outputs.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface TemporaryModel {
  readonly path: string;
  remove(): Promise<void>;
}

/** Converts a folder without loss. Throws `io/disk-full` before a byte is written, and what converting throws. */
export async function convertTemporarily(
  folder: string,
  options: { signal: AbortSignal; emit: EventSink; threads?: number | undefined },
): Promise<TemporaryModel> {
  const { signal, emit, threads } = options;
  emit({ event: 'phase', phase: 'Converting the reference', detail: folder });
  const base = await openBase(folder, { signal });
  const model = await temporaryPath('reference');
  try {
    for (const message of base.notices) emit({ event: 'notice', level: 'warning', message });
    const outputs = [{ path: model.path, plan: planAsIs(base.content) }];
    const run = writeOutputs(outputs, { inputs: base.inputs, threads, signal });
    // Its own artifact is nobody's file, its phases are parts of ours.
    await runToEnd(run, (event) => {
      if (event.event === 'progress') emit(event);
    });
    return model;
  } catch (error) {
    await model.remove();
    throw error;
  } finally {
    await base.content.close();
  }
}

/** A GGUF without tensors: enough for llama.cpp's tokenizer. */
export async function writeVocabulary(metadata: readonly GgufEntry[]): Promise<TemporaryModel> {
  const plan = makeOutputPlan({ label: 'vocabulary', metadata, tensors: [] });
  const model = await temporaryPath('vocabulary');
  await checkDiskSpace([{ path: model.path, bytes: plan.header.fileSize }]);
  await writeFile(model.path, plan.header.bytes).catch((error: unknown) => {
    throw toIoError(error, model.path);
  });
  return model;
}

async function temporaryPath(name: string): Promise<TemporaryModel> {
  const path = join(await temporaryFolder(), `${name}-${process.pid}-${randomUUID()}.gguf`);
  const remove = async () => {
    await Promise.all(
      [path, `${path}.partial`].map((each) => rm(each, { recursive: true, force: true })),
    );
  };
  return { path, remove };
}
