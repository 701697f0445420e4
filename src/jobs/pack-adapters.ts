// The adapters of a bundled parent as GGUF files, checked against the base: a PEFT folder is converted into the job's own
// folder, a GGUF LoRA is packed as it is.
import type { EventSink } from '#src/contract/stage-events.ts';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { invariant } from '#src/errors/assert.ts';
import { openFolder } from '#src/io/folder.ts';
import type { ModelView } from '#src/model/model-view.ts';
import { adapterName } from '#src/recipe/node-names.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { convertPeftFolder } from '#src/stages/convert-lora/convert-lora.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { planAsIs } from '#src/stages/quantize/plan-as-is.ts';
import type { JobFolder } from './job-folder.ts';
import { sourceOf } from './open-model.ts';
import { openAdapter } from './open-sources.ts';
import type { PackedAdapter } from './plan-outputs.ts';
import type { FactoryPorts } from './ports.ts';
import type { RecipeSource, RecipeSources } from './recipe-sources.ts';

export type AdapterType = NodeOf<'package'>['adapterType'];

export interface AdapterPacker {
  /** The adapter for this base as a file; each is converted once per base. */
  readonly pack: (
    adapter: NodeOf<'adapter'>,
    domain: string,
    base: ModelView,
    type: AdapterType,
  ) => Promise<PackedAdapter>;
}

/** Throws `adapter/wrong-base` for the first tensor that does not fit, `adapter/unsupported` for what cannot be bundled. */
export function openAdapterPacker(
  sources: RecipeSources,
  folder: JobFolder,
  ports: FactoryPorts,
  emit: EventSink,
  signal: AbortSignal,
): AdapterPacker {
  type File = Pick<PackedAdapter, 'path' | 'size' | 'sha256'>;
  const converted = new Map<ModelView, Map<string, Promise<File>>>();

  async function convert(source: RecipeSource, base: ModelView, type: AdapterType): Promise<File> {
    const path = await folder.newFile('adapter');
    const lora = await convertPeftFolder(await openFolder(source.path), baseOfModel(base), type);
    try {
      for (const message of lora.notices) emit({ event: 'notice', level: 'warning', message });
      const settings = { inputs: source.files.map((file) => file.path), signal };
      // Its own progress would make the build's fall; it takes moments.
      const quiet: EventSink = (event) => {
        if (event.event === 'notice' || event.event === 'log') emit(event);
      };
      const run = ports.write([{ path, plan: planAsIs(lora) }], settings);
      const [written] = await runToEnd(run, quiet);
      invariant(written !== undefined, 'one file was asked for');
      return { path, size: written.bytes, sha256: written.sha256 };
    } finally {
      await lora.close();
    }
  }

  async function checkFit(source: RecipeSource, base: ModelView): Promise<File> {
    const { content: adapter } = await openAdapter(source.path);
    try {
      await mapAdapter(adapter, baseOfModel(base));
    } finally {
      await adapter.close();
    }
    const [file] = source.files;
    invariant(file !== undefined, 'a GGUF adapter is a file');
    return { path: file.path, size: file.size, sha256: source.sha256 };
  }

  return {
    async pack(adapter, domain, base, type) {
      const source = sourceOf(sources, adapter.id);
      const files = converted.get(base) ?? new Map<string, Promise<File>>();
      converted.set(base, files);
      const key = `${type} ${source.path}`;
      const file =
        files.get(key) ?? (source.isFolder ? convert(source, base, type) : checkFit(source, base));
      files.set(key, file);
      return {
        ...(await file),
        name: adapterName(adapter),
        domain: adapter.domain ?? domain,
        scale: Math.fround(adapter.scale),
      };
    },
  };
}
