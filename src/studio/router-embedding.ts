// An embedding model for a family: looked at, asked once, and copied beside the manifest, which names files of its own folder
// alone. Nothing of the manifest is written here: what is found goes into the edits of the window.
import { realpath } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { LibraryItem } from '#src/contract/library.ts';
import type { ManifestEmbedding } from '#src/contract/studio/router.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { isInside } from '#src/io/is-inside.ts';
import { hashFile } from '#src/io/file-hash.ts';
import { copyInto } from '#src/packaging/copy-into.ts';
import { formatBytes } from '#src/text/format-number.ts';
import type { StudioHosts } from './studio-hosts.ts';

/** Where it lies in the family, as companions lie in theirs. */
const folderName = 'embedding';
/** Models of one name and other content; nobody has as many. */
const mostNames = 50;
/** Two texts that no embedding takes for the same. */
const probes = ['The nurse takes a pulse.', 'Shares fell by a tenth on Monday.'] as const;

export interface AddEmbedding {
  /** The manifest's folder. */
  readonly folder: string;
  /** The GGUF that was chosen. */
  readonly model: string;
  readonly signal: AbortSignal;
  readonly say: (phase: string, detail?: string) => void;
}

/**
 * The model as the manifest names it. Throws `routing/embedding` for what cannot embed texts, with the reason, what the
 * engine throws while it loads it, and I/O errors. A file of another content is never replaced.
 */
export async function addEmbeddingModel(
  { folder, model, signal, say }: AddEmbedding,
  hosts: Pick<StudioHosts, 'factory' | 'engine'>,
): Promise<ManifestEmbedding> {
  say('Looking at', basename(model));
  const item = await hosts.factory.call('describeModel', { path: model }, { signal });
  refuseUnusable(item);
  say('Asking', basename(model));
  const dimensions = await askOnce(model, hosts.engine, signal);
  const inside = await placeInside(folder, model);
  if (inside !== undefined) {
    say('Hashing', basename(model));
    const sha256 = await hashFile(model, { signal });
    return { file: inside, sha256, bytes: item.bytes, dimensions, reused: true };
  }
  const copied = await copyUnderFreeName(folder, model, item.bytes, signal, say);
  return { ...copied, dimensions };
}

/** Tells by the header alone; a file that only claims to embed is found out when it is asked. */
function refuseUnusable({ path, kind, role, format, architecture, problem }: LibraryItem): void {
  const refuse = (message: string, hint: string) =>
    new StudioError('routing/embedding', `${basename(path)} ${message}`, {
      hint,
      details: { path, kind },
    });
  const named = architecture === undefined ? '' : ` (${architecture})`;
  const another = 'Choose a GGUF of an embedding model: BERT, Nomic, Qwen3-Embedding and the like.';
  if (kind === 'broken') {
    const { message = 'it cannot be read.', hint = another } = problem ?? {};
    throw refuse(`cannot be used: ${message}`, hint);
  }
  if (kind === 'base') {
    throw refuse(
      'is no GGUF yet.',
      'Convert it first (gguf-studio convert), then choose the GGUF.',
    );
  }
  if (kind === 'adapter') throw refuse(`is a LoRA adapter${named}, not a model.`, another);
  if (kind === 'imatrix') throw refuse('is an importance matrix, not a model.', another);
  if (/\d+ parts?/.test(format)) {
    throw refuse(
      'is one part of a model: a family names one file.',
      'Merge the parts first: llama-gguf-split --merge.',
    );
  }
  if (role === 'chat') {
    throw refuse(
      `is a chat model${named}: its header names no pooling, so it is not made to embed texts.`,
      `${another} The hidden states of a parent need no file: choose those instead.`,
    );
  }
  if (role === 'embedding') return;
  throw refuse(
    `makes no vectors of texts${named}: it ${role === 'emotion' || role === 'other' ? 'scores or classifies them' : 'is a model for speech'}.`,
    another,
  );
}

/** Loads it and embeds two texts; gives the length of their vectors. */
async function askOnce(
  model: string,
  engine: StudioHosts['engine'],
  signal: AbortSignal,
): Promise<number> {
  const parent = `router-embedding ${model}`;
  const served = { parent, path: model, keepAliveSeconds: 10, streams: 1 };
  try {
    const { vectors } = await engine.call(
      'embed',
      { served, texts: [...probes], cut: true },
      { signal },
    );
    const [first = [], second = []] = vectors;
    const differ = first.some((value, index) => Math.abs(value - (second[index] ?? 0)) > 1e-4);
    if (first.length > 0 && first.length === second.length && differ) return first.length;
    throw new StudioError(
      'routing/embedding',
      `${basename(model)} gives two unlike texts the same vector: no route could be told from another.`,
      { hint: 'The file is damaged or was converted wrongly: check it in the Doctor.' },
    );
  } finally {
    await engine.call('closeParent', { parent }).catch(() => undefined);
  }
}

/** The path from the family's folder to a file that lies in it, links resolved; undefined for others. */
async function placeInside(folder: string, model: string): Promise<string | undefined> {
  const [real, own] = await Promise.all([realpath(model), realpath(folder)]);
  return isInside(own, real) ? relative(own, real).split(sep).join('/') : undefined;
}

async function copyUnderFreeName(
  folder: string,
  model: string,
  bytes: number,
  signal: AbortSignal,
  say: AddEmbedding['say'],
): Promise<Omit<ManifestEmbedding, 'dimensions'>> {
  const place = join(folder, folderName);
  const real = await realpath(place).catch(() => undefined);
  if (real !== undefined && real !== join(await realpath(folder), folderName)) {
    throw new StudioError('package/invalid', `${place} is a link that leads to ${real}.`, {
      hint: 'A family is one folder: put a folder there, or nothing.',
    });
  }
  const stem = basename(model).replace(/\.gguf$/i, '');
  let done = 0;
  const onBytes = (count: number) => {
    done += count;
    say('Copying', `${basename(model)}: ${formatBytes(done)} of ${formatBytes(bytes)}`);
  };
  say('Hashing', basename(model));
  for (let number = 1; number <= mostNames; number++) {
    const name = `${stem}${number === 1 ? '' : `-${number}`}.gguf`;
    try {
      const copied = await copyInto(model, join(place, name), {
        overwrite: false,
        signal,
        onBytes,
      });
      return { ...copied, file: `${folderName}/${name}` };
    } catch (error) {
      // Another model of this name lies there: it stays, and this one gets a number.
      if (!(error instanceof StudioError) || error.code !== 'output/exists') throw error;
    }
  }
  throw new StudioError('output/exists', `${place} holds ${mostNames} models called ${stem}.`, {
    hint: 'Remove those that no manifest names.',
  });
}
