// A folder whose weights are not there yet: a safetensors file of holes stands in for them, with the names and shapes that
// config.json announces. Everything that reads headers works on it as on the real one, so sizes are exact.
import { configureArchitecture } from '#src/architectures/registry.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { checkRange } from '#src/formats/bytes/byte-source.ts';
import type { FolderPort } from '#src/formats/bytes/folder-port.ts';
import type { JsonObject } from '#src/formats/huggingface/json.ts';
import { describeArchitectureTensors } from '../convert/describe-tensors.ts';

const fileName = 'model.safetensors';

/** The folder with a hollow `model.safetensors`. Throws as configureArchitecture does. */
export function withHollowCheckpoint(folder: FolderPort, config: JsonObject): FolderPort {
  const source = hollowSafetensors(`${folder.label}/${fileName}`, config);
  return {
    label: folder.label,
    name: folder.name,
    list: async () => [...(await folder.list()), fileName].sort(),
    has: async (name) => name === fileName || (await folder.has(name)),
    open: (name) => (name === fileName ? Promise.resolve(source) : folder.open(name)),
    ...(folder.subfolder === undefined
      ? {}
      : { subfolder: (name: string) => folder.subfolder!(name) }),
  };
}

/** True when a folder holds weights in any form that is read. */
export async function hasWeights(folder: FolderPort): Promise<boolean> {
  const names = await folder.list();
  return names.some((name) => /\.(safetensors|bin)(\.index\.json)?$/.test(name));
}

function hollowSafetensors(label: string, config: JsonObject): ByteSource {
  const architecture = configureArchitecture(config);
  const stored = describeArchitectureTensors(config).find(({ type }) => type !== 'F32')?.type;
  const dtype = stored === 'BF16' || stored === 'F16' ? stored : 'F32';
  const width = dtype === 'F32' ? 4 : 2;
  let offset = 0;
  const header: Record<string, object> = {};
  for (const { checkpointName, shape, presence } of architecture.expectedTensors) {
    if (presence === 'optional') continue;
    const mapping = architecture.mapTensor(checkpointName);
    const transposed =
      mapping.kind === 'tensor' && mapping.transforms.some(({ op }) => op === 'transpose');
    const size = shape.reduce((product, side) => product * side, width);
    header[checkpointName] = {
      dtype,
      shape: transposed ? shape : [...shape].reverse(),
      data_offsets: [offset, offset + size],
    };
    offset += size;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + text.length);
  new DataView(head.buffer).setBigUint64(0, BigInt(text.length), true);
  head.set(text, 8);
  const source: ByteSource = {
    label,
    size: head.length + offset,
    readInto(target, from) {
      checkRange(source, from, target.byteLength);
      target.fill(0);
      if (from < head.length) target.set(head.subarray(from, from + target.byteLength));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return source;
}
