// The reference as a file that llama.cpp loads: itself, or a Hugging Face folder's lossless conversion, which is made when it
// is first needed (a measurement that is all kept needs none) and removed afterwards.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { MeasuredModel } from './measured-model.ts';
import { convertTemporarily, type TemporaryModel } from './temporary-model.ts';

export interface ReferenceFile {
  /** The path of a GGUF. */
  path(): Promise<string>;
  remove(): Promise<void>;
}

export function referenceFile(
  model: Pick<MeasuredModel, 'path' | 'isFolder'>,
  options: { signal: AbortSignal; emit: EventSink; threads?: number | undefined },
): ReferenceFile {
  let converted: Promise<TemporaryModel> | undefined;
  return {
    async path() {
      if (!model.isFolder) return model.path;
      converted ??= convertTemporarily(model.path, options);
      return (await converted).path;
    },
    async remove() {
      // Where converting failed, nothing is left to remove.
      const made = await converted?.catch(() => undefined);
      await made?.remove();
    },
  };
}
