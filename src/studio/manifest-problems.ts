// What is wrong with a manifest where it lies: its own contradictions, files that are missing, elsewhere or replaced. Hashes
// and whether adapters fit are `verify`'s: reading gigabytes is not what opening a manifest is for.
import { stat } from 'node:fs/promises';
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ManifestDocument } from '#src/contract/studio/router.ts';
import { placeInside } from '#src/io/resolve-inside.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import { formatBytes } from '#src/text/format-number.ts';

type Problem = ManifestDocument['problems'][number];

interface NamedFile {
  readonly what: string;
  readonly file: string;
  readonly bytes?: number | undefined;
  readonly at: string;
  readonly missing: string;
}

/** Errors first. `folder` is the manifest's. */
export async function findManifestProblems(
  manifest: RouterManifest,
  folder: string,
): Promise<Problem[]> {
  const own = checkManifest(manifest);
  const outer = await Promise.all(namedFiles(manifest).map((named) => checkFile(named, folder)));
  const all = [...outer.flat(), ...own];
  return [
    ...all.filter(({ severity }) => severity === 'error'),
    ...all.filter(({ severity }) => severity === 'warning'),
  ];
}

function namedFiles({ parents, companions, classifier }: RouterManifest): NamedFile[] {
  return [
    ...parents.flatMap(({ id, file, bytes, adapters }, index): NamedFile[] => [
      {
        what: `The file of ${id}`,
        file,
        bytes,
        at: `/parents/${index}/file`,
        missing:
          'Put it back, build the family again, or send its routes to another parent and remove it.',
      },
      ...adapters.flatMap((adapter, position): NamedFile[] =>
        adapter.file === undefined
          ? []
          : [
              {
                what: `The adapter ${adapter.id} of ${id}`,
                file: adapter.file,
                at: `/parents/${index}/adapters/${position}/file`,
                missing: 'Put it back, or send its route to another adapter.',
              },
            ],
      ),
    ]),
    ...companions.map(({ id, role, file, bytes }, index) => ({
      what: `The companion ${id ?? role}`,
      file,
      bytes,
      at: `/companions/${index}/file`,
      missing: 'Put it back, or remove the companion.',
    })),
    ...(classifier.kind === 'lexical' || classifier.file === undefined
      ? []
      : [
          {
            what: 'The embedding model of the classifier',
            file: classifier.file,
            at: '/classifier/file',
            missing: 'Put it back, or decide by words.',
          },
        ]),
  ];
}

async function checkFile(
  { what, file, bytes, at, missing }: NamedFile,
  folder: string,
): Promise<Problem[]> {
  const place = await placeInside(folder, file).catch(() => undefined);
  if (place !== undefined && 'leads' in place) {
    // Nothing outside is looked at; what the name alone says, the manifest's own check tells.
    if (place.leads === 'out') return [];
    const message = `${what} does not lie in the manifest's folder: ${file} leads out of it.`;
    return [{ severity: 'error', at, message, hint: 'Put the file itself into the folder.' }];
  }
  const status = place && (await stat(place.real).catch(() => undefined));
  if (status === undefined || !status.isFile()) {
    return [{ severity: 'error', at, message: `${what} is missing: ${file}.`, hint: missing }];
  }
  if (bytes !== undefined && bytes !== status.size) {
    return [
      {
        severity: 'error',
        at,
        message: `${what} has ${formatBytes(status.size)}; the manifest says ${formatBytes(bytes)}.`,
        hint: 'It was replaced: verify tells more. Build the family again to bring both together.',
      },
    ];
  }
  return [];
}
