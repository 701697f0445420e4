// Adapters of a measured model as the files that llama.cpp opens: bundled ones extracted, PEFT folders converted, both kept
// in the cache that the chat uses too.
import { factoryContract } from '#src/contract/factory.contract.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { invariant } from '#src/errors/assert.ts';
import { readBundle } from '#src/formats/bundle/read-bundle.ts';
import { readGgufHeader } from '#src/formats/gguf/read-header.ts';
import { extractBundleMember } from '#src/io/extract-adapter.ts';
import { openFileByteSource } from '#src/io/file-byte-source.ts';
import { studioHome } from '#src/io/studio-home.ts';
import { runtimeAdapters, type AdapterFactory } from '#src/studio/runtime-adapters.ts';
import { convertLora } from '../methods/convert.ts';
import { describeAdapterBase } from '../methods/describe-adapter-base.ts';
import type { HashedAdapter } from './measured-model.ts';

/** What is read of a measured model. */
export interface AdaptedModel {
  readonly subject: { readonly path: string };
  readonly adapters: readonly HashedAdapter[];
}

export interface AdapterFile {
  readonly path: string;
  readonly scale: number;
}

/**
 * `file` is the GGUF that the adapters are applied to. Throws `adapter/wrong-base`, `adapter/unsupported`,
 * `bundle/invalid` and I/O errors.
 */
export async function adapterFiles(
  { adapters, subject }: AdaptedModel,
  file: string,
  { signal, emit }: { signal: AbortSignal; emit: EventSink },
): Promise<AdapterFile[]> {
  const files: AdapterFile[] = [];
  for (const { request, scale, sha256 } of adapters) {
    if ('bundled' in request) {
      files.push({ path: await extractMember(subject.path, request.bundled, sha256), scale });
      continue;
    }
    const say = (phase: string) => emit({ event: 'phase', phase });
    const converter = runtimeAdapters({ home: studioHome(), hosts: { factory: here } });
    files.push({ path: await converter.pathFor(request.path, file, signal, say), scale });
  }
  return files;
}

async function extractMember(path: string, name: string, sha256: string): Promise<string> {
  const source = await openFileByteSource(path);
  try {
    const members = readBundle(source, await readGgufHeader(source));
    const member = members.find((each) => each.name === name && each.sha256 === sha256);
    invariant(member !== undefined, `the bundle has its adapter ${name}`);
    return await extractBundleMember(source, member);
  } finally {
    await source.close();
  }
}

/** The methods of this very process. */
const here: AdapterFactory = {
  async call(method, params, { signal }) {
    const context = { signal, emit: () => undefined };
    const answer =
      method === 'convertLora'
        ? await convertLora(factoryContract.convertLora.params.parse(params), context)
        : await describeAdapterBase(
            factoryContract.describeAdapterBase.params.parse(params),
            context,
          );
    // Each method's own handler answered.
    return answer as never;
  },
};
