// Adapters given by hand, for one parent: those that fit its base, as GGUF files, and the parent with them inside.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuildParams, BuildResult } from '#src/contract/build.ts';
import type { Written } from '#src/contract/outputs.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { openPeftAdapter } from '#src/formats/lora/open-peft-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { openFolder } from '#src/io/folder.ts';
import { hashSourceFiles, listSourceFiles } from '#src/io/source-hash.ts';
import { isDirectory } from '#src/io/is-directory.ts';
import { ensureOwnFolder, studioHome } from '#src/io/studio-home.ts';
import { openGgufModel } from '#src/model/gguf-model.ts';
import { ggufAdapterOf, isGgufAdapter } from '#src/model/open-gguf-adapter.ts';
import { refuseCompanion } from '#src/stages/library/refuse-companion.ts';
import { baseOfModel } from '#src/stages/merge/adapter-base.ts';
import { mapAdapter } from '#src/stages/merge/map-adapter.ts';
import { rewriteBundle, type AddedAdapter, type RewrittenBundle } from './bundle/rewrite-bundle.ts';

export interface GivenAdapter {
  readonly path: string;
  readonly scale: number;
  /** Its name in the bundle; default: the folder's or file's. */
  readonly name?: string | undefined;
}

export interface ConvertPorts {
  build(params: BuildParams): Promise<BuildResult>;
  convertLora(params: {
    adapter: string;
    base: string;
    output: string;
    outtype: 'f32';
  }): Promise<Written>;
}

export interface AddOptions {
  readonly domain: string;
  readonly overwrite: boolean;
  readonly validate: boolean;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
}

/** What of these fits the base of a parent; why the others do not. */
export async function fittingAdapters(
  parent: string,
  adapters: readonly GivenAdapter[],
): Promise<{ fitting: GivenAdapter[]; refused: { adapter: GivenAdapter; reason: StudioError }[] }> {
  const model = await openGgufModel(await openFileByteSource(parent), refuseParts);
  try {
    const base = baseOfModel(model);
    const fitting: GivenAdapter[] = [];
    const refused: { adapter: GivenAdapter; reason: StudioError }[] = [];
    for (const adapter of adapters) {
      const opened = await openAdapter(adapter.path);
      try {
        await mapAdapter(opened, base);
        fitting.push(adapter);
      } catch (error) {
        if (!(error instanceof StudioError) || error.kind !== 'input') throw error;
        refused.push({ adapter, reason: error });
      } finally {
        await opened.close();
      }
    }
    return { fitting, refused };
  } finally {
    await model.close();
  }
}

/** A bundled parent with more adapters. PEFT folders are converted on the way. Throws as rewriteBundle and converting do. */
export async function addToBundle(
  parent: string,
  output: string,
  adapters: readonly GivenAdapter[],
  ports: Pick<ConvertPorts, 'convertLora'>,
  { domain, overwrite, emit, signal }: AddOptions,
): Promise<RewrittenBundle> {
  // Named after this process: `clean` removes it when the process was killed.
  const temporary = await ensureOwnFolder(join(studioHome(), 'temporary'));
  const folder = await ensureOwnFolder(join(temporary, `adapters-${process.pid}-${randomUUID()}`));
  try {
    const add: AddedAdapter[] = [];
    for (const [index, { path, scale, name }] of adapters.entries()) {
      const file = (await isDirectory(path)) ? await convert(path, join(folder, `${index}.gguf`)) : path; // prettier-ignore
      const sha256 = await hashSourceFiles(await listSourceFiles(path, 'adapter'), { signal });
      add.push({ path: file, name: name ?? nameOf(path), domain, scale, source: { path, sha256 } });
    }
    return await rewriteBundle(parent, output, { add }, { overwrite, emit, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  async function convert(path: string, file: string): Promise<string> {
    await ports.convertLora({ adapter: path, base: parent, output: file, outtype: 'f32' });
    return file;
  }
}

/** A plain model as a bundled parent: the build's own work, its tensors untouched. */
export async function bundlePlain(
  parent: string,
  output: { readonly folder: string; readonly fileName: string },
  adapters: readonly GivenAdapter[],
  ports: Pick<ConvertPorts, 'build'>,
  { domain, overwrite, validate }: AddOptions,
): Promise<string> {
  const nodes = adapters.map(({ path, scale, name }, index) => ({
    id: `adapter-${index + 1}`,
    kind: 'adapter',
    path,
    scale,
    subdomain: name ?? nameOf(path),
  }));
  const recipe = {
    version: 1,
    nodes: [
      { id: 'base', kind: 'base', path: parent },
      { id: 'quantize', kind: 'quantize', levels: ['as-is'] },
      { id: 'package', kind: 'package', form: 'bundled', domain, ...output },
      ...nodes,
    ],
    edges: [
      { from: 'base', to: 'quantize' },
      { from: 'quantize', to: 'package' },
      ...nodes.map(({ id }) => ({ from: id, to: 'package' })),
    ],
  };
  const built = await ports.build({
    recipe: JSON.stringify(recipe),
    label: `package ${basename(parent)}`,
    folder: output.folder,
    overwrite,
    validate,
  });
  const [file] = built.files;
  invariant(file !== undefined, 'one package makes one file');
  return file.path;
}

/** The folder's or file's name, as a recipe would have it (identifiers: letters, digits, `.`, `_`, `-`). */
export function nameOf(path: string): string {
  const name = basename(path).replace(/\.gguf$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-'); // prettier-ignore
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 64) : `adapter-${name}`.slice(0, 64);
}

async function openAdapter(path: string) {
  if (await isDirectory(path)) return openPeftAdapter(await openFolder(path));
  const model = await openGgufModel(await openFileByteSource(path), refuseParts);
  try {
    if (!isGgufAdapter(model)) refuseCompanion(path, model, 'an adapter');
    return ggufAdapterOf(model);
  } catch (error) {
    await model.close();
    throw error;
  }
}

function refuseParts(name: string): Promise<never> {
  return Promise.reject(new StudioError('gguf/split', `${name} belongs to a split, which cannot be packaged.`)); // prettier-ignore
}
