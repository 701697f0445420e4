// The part of `serve` that is about families: which manifest, with which token and limits.
import { stat } from 'node:fs/promises';
import { isToken, servingToken, servingTokenPath } from '#src/io/serving-token.ts';
import { findManifests } from '#src/io/find-manifests.ts';
import type { OptionSet } from '#src/stages/stage-descriptor.ts';
import { usageError } from './usage-error.ts';

const group = "For OpenAI's API";

export const servingOptions = {
  manifest: {
    kind: 'path',
    valueName: 'FILE',
    label: 'Manifest',
    group,
    description:
      'A router.json, or a package folder: its family answers under /v1. Without it the workspace that was named, if it has exactly one.',
  },
  token: {
    kind: 'text',
    valueName: 'TEXT',
    label: 'Token',
    group,
    description:
      "What clients send as their API key, 16 to 200 characters. Without it one is made and kept in the studio's own folder.",
  },
  window: {
    kind: 'flag',
    default: true,
    label: 'Window',
    group,
    description: 'Give out the window, too; --no-window answers /v1 alone.',
  },
  preload: {
    kind: 'text',
    repeatable: true,
    valueName: 'PARENT',
    label: 'Preload',
    group,
    description:
      'A parent to load at the start, or "all". May be given several times. Without it what the manifest says.',
  },
  memory: {
    kind: 'text',
    valueName: 'SIZE',
    label: 'Memory',
    group,
    description:
      'Most memory that loaded parents may take together: 8GiB, 900MB. Without it what the manifest says, else what the machine has.',
  },
  streams: {
    kind: 'integer',
    minimum: 1,
    maximum: 16,
    valueName: 'N',
    label: 'Streams',
    group,
    description: 'Answers of one parent that are computed at once. Default: 4.',
  },
  trace: {
    kind: 'path',
    valueName: 'FILE',
    label: 'Trace',
    group,
    description:
      'Add every decision and its text to this file as a line, for route replay. Nothing is recorded without it.',
  },
} as const satisfies OptionSet;

/** The manifest to serve; undefined when none was named and the workspace has none. `notice` is told. */
export async function chooseManifest(
  given: string | undefined,
  workspace: string | undefined,
  notice: (message: string) => void,
): Promise<string | undefined> {
  if (given !== undefined) return given;
  if (workspace === undefined) return undefined;
  const isFolder = await stat(workspace).then(
    (status) => status.isDirectory(),
    () => false,
  );
  const found = isFolder ? await findManifests(workspace) : [];
  if (found.length > 1) {
    notice(
      `The workspace has ${found.length} manifests, so none is served; name one with --manifest: ${found.slice(0, 3).join(', ')}${found.length > 3 ? ' …' : ''}`,
    );
  }
  return found.length === 1 ? found[0] : undefined;
}

/** The token and whether it has to be shown because nobody knows it yet. Throws `usage/invalid`. */
export async function chooseToken(
  given: string | undefined,
): Promise<{ readonly token: string; readonly keptIn: string | undefined }> {
  if (given === undefined) return { token: await servingToken(), keptIn: servingTokenPath() };
  if (isToken(given)) return { token: given, keptIn: undefined };
  throw usageError(
    'This token cannot be used.',
    'Give 16 to 200 characters without spaces, or leave --token out.',
  );
}

const units: Readonly<Record<string, number>> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
}; // prettier-ignore

/** `8GiB`, `900 MB`, `1e9`. Throws `usage/invalid`. */
export function parseMemory(text: string): number {
  const [, number = '', unit = ''] = /^\s*([0-9.]+(?:e[0-9]+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  const bytes = Math.round(Number(number) * (factor ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw usageError(`--memory ${text} is no size.`, 'Write a number with a unit: 8GiB or 900MB.');
}
