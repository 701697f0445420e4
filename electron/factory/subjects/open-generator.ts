// A file that shall generate text (to be timed, to be asked), looked at before it is loaded: what is no such model is refused
// with its name, and its adapters are made ready as the files that llama.cpp opens.
import type { SubjectRequest } from '#src/contract/quality/subjects.ts';
import type { EventSink } from '#src/contract/stage-events.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { entryNumber } from '#src/formats/gguf/entries.ts';
import type { GgufEntry } from '#src/formats/gguf/types.ts';
import { isFolder, openBase } from '#src/jobs/open-sources.ts';
import { listSourceFiles } from '#src/io/source-hash.ts';
import { isEmbeddingModel } from '#src/stages/validate/validate-model.ts';
import { adapterFiles, type AdapterFile } from '../evaluate/adapter-files.ts';
import { bundleOf, type HashedAdapter } from '../evaluate/measured-model.ts';

export interface Generator {
  readonly subject: SubjectRequest;
  /** What llama.cpp loads: the first part of a split. */
  readonly path: string;
  /** Bytes of all parts. */
  readonly bytes: number;
  readonly adapters: readonly AdapterFile[];
  readonly trainedContext: number | undefined;
  readonly metadata: readonly GgufEntry[];
}

/**
 * Reads the header and prepares the adapters. Throws `io/*`, `format/*` and `gguf/*` for what is no model,
 * `architecture/unsupported` for embedding models, `usage/invalid` for a folder or an adapter that the file does not carry,
 * `adapter/*`.
 */
export async function openGenerator(
  subject: SubjectRequest,
  context: { readonly signal: AbortSignal; readonly emit: EventSink },
): Promise<Generator> {
  const { path } = subject;
  if (await isFolder(path)) {
    throw new StudioError('usage/invalid', `${path} is a folder; a GGUF file was expected.`, {
      hint: 'Convert it first: gguf-studio convert FOLDER.',
    });
  }
  const { content } = await openBase(path, { signal: context.signal });
  await content.close();
  const { architecture, metadata } = content;
  if (isEmbeddingModel(metadata)) {
    throw new StudioError(
      'architecture/unsupported',
      `${path} is an embedding model: it turns texts into vectors and generates none.`,
      { hint: 'Give models that generate text.' },
    );
  }
  const files = await listSourceFiles(path, 'base');
  const first = files[0]?.path ?? path;
  const adapters = await adapterFiles(
    { subject, adapters: await namedAdapters(subject) },
    first,
    context,
  );
  return {
    subject,
    path: first,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    adapters,
    trainedContext: entryNumber(metadata, `${architecture}.context_length`),
    metadata,
  };
}

/** Bundled ones with the hash and the scale that the file gives them; others need no hash to be applied. */
async function namedAdapters({ path, adapters }: SubjectRequest): Promise<HashedAdapter[]> {
  const members = adapters.some((each) => 'bundled' in each) ? await bundleOf(path) : [];
  return adapters.map((request) => {
    if ('path' in request) return { request, sha256: '', scale: request.scale };
    const member = members.find(({ name }) => name === request.bundled);
    if (member === undefined) {
      throw new StudioError('usage/invalid', `${path} carries no adapter "${request.bundled}".`, {
        hint: 'gguf-studio inspect tells which adapters it carries.',
      });
    }
    return { request, sha256: member.sha256, scale: request.scale * member.scale };
  });
}
