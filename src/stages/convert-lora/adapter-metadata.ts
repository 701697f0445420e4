// Metadata of a GGUF adapter, in the order of convert_lora_to_gguf.py: what the file is, who made the adapter (from the
// PEFT folder's model card and name), its scale.
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import {
  float32Entry,
  stringEntry,
  uint32ArrayEntry,
  uint32Entry,
} from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { stringField, type JsonObject } from '#src/formats/huggingface/json.ts';
import { readOptionalJsonObject } from '#src/formats/huggingface/read-json.ts';
import { authorshipOf } from '../convert/metadata/card-metadata.ts';
import { authorshipEntries, samplingEntries } from '../convert/metadata/general-metadata.ts';
import { readModelCard } from '../convert/metadata/model-card.ts';

/** `GGML_QNT_VERSION` of ggml.h. */
const quantizationVersion = 2;

export interface AdapterFacts {
  readonly architecture: string;
  readonly general: readonly GgufEntry[];
  readonly alpha: number;
  readonly invocationTokens: readonly number[] | undefined;
}

export function adapterMetadata(facts: AdapterFacts): GgufEntry[] {
  const { architecture, general, alpha, invocationTokens } = facts;
  return [
    stringEntry('general.architecture', architecture),
    stringEntry('general.type', 'adapter'),
    stringEntry('adapter.type', 'lora'),
    ...general,
    float32Entry('adapter.lora.alpha', Math.fround(alpha)),
    ...(invocationTokens === undefined
      ? []
      : [uint32ArrayEntry('adapter.alora.invocation_tokens', Uint32Array.from(invocationTokens))]),
    uint32Entry('general.quantization_version', quantizationVersion),
  ];
}

/**
 * `general.*` of the PEFT folder's author. `changedParameters` counts the weights of the tensors that the adapter changes.
 * Files that hold no weights are ignored when they are broken, with a notice.
 */
export async function readGeneralMetadata(
  folder: FolderPort,
  changedParameters: number,
  onNotice: (message: string) => void,
): Promise<GgufEntry[]> {
  const optional = async (fileName: string): Promise<JsonObject | undefined> =>
    readOptionalJsonObject(folder, fileName).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unreadable';
      onNotice(`${folder.label}/${fileName} is ignored (${reason}).`);
      return undefined;
    });
  const authorship = authorshipOf({
    card: await readModelCard(folder, onNotice),
    nameOrPath: stringField(await optional('config.json'), '_name_or_path'),
    folderName: folder.name,
    parameterCount: -changedParameters,
  });
  return [
    ...samplingEntries(await optional('generation_config.json')),
    ...authorshipEntries(authorship),
  ];
}
