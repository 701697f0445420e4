// A model that exists only as config.json: its architecture's metadata and its tensors' shapes, enough for llama.cpp's dry
// run. It has no tokenizer and no rows.
import type { HuggingFaceConfig } from '#src/architectures/hugging-face-config.ts';
import { configureArchitecture } from '#src/architectures/registry.ts';
import { mergeEntries } from '#src/architectures/vocabulary/merge-entries.ts';
import { stringEntry } from '#src/formats/gguf/entries.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { levels } from '#src/tensors/levels.ts';
import { describeArchitectureTensors } from '../convert/describe-tensors.ts';

/** Throws as configureArchitecture does. */
export function modelFromConfig(config: HuggingFaceConfig, label: string): ModelView {
  const architecture = configureArchitecture(config);
  const metadata = mergeEntries(
    [stringEntry('general.architecture', architecture.ggufName)],
    architecture.generatedMetadata,
    architecture.metadata({ fileType: levels.F16.fileType }),
  );
  const tensors = describeArchitectureTensors(config).map((tensor) => ({
    ...tensor,
    readRows: () => Promise.reject(new Error(`${tensor.name} has no rows: only sizes are known`)),
  }));
  return {
    label,
    architecture: architecture.ggufName,
    metadata,
    tensors,
    close: () => Promise.resolve(),
  };
}
