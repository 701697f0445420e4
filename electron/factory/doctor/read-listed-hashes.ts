// The lists beside a file that name its SHA-256: SHA256SUMS, and the router.json of a package, in its folder or one above
// (packages keep companions in folders).
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { routerManifestName, type RouterManifest } from '#src/contract/routing/manifest.ts';
import type { ListedHash, ListedHashes } from '#src/doctor/hashes/listed-hash.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import { checksumsName, readChecksums } from '#src/packaging/checksums.ts';
import { parseManifest } from '#src/routing/manifest/parse-manifest.ts';

/** Far more than the manifest of a thousand parents has. */
const mostManifestBytes = 64 << 20;

/** What is listed of the files in the folder of `path`. A list that cannot be read says nothing. */
export async function readListedHashes(path: string): Promise<ListedHashes> {
  const folder = dirname(path);
  const found = new Map<string, ListedHash[]>();
  const places = [
    [folder, ''],
    [dirname(folder), `${basename(folder)}/`],
  ] as const;
  for (const [place, prefix] of places) {
    const listed = [
      ...(await ofChecksums(place).catch(ignoreUnreadable)),
      ...(await ofManifest(place).catch(ignoreUnreadable)),
    ];
    for (const [name, hash] of listed) {
      const own = name.startsWith(prefix) ? name.slice(prefix.length) : '';
      if (own === '' || own.includes('/')) continue;
      const others = found.get(own) ?? [];
      // The nearer list counts.
      if (!others.some(({ from }) => from === hash.from)) found.set(own, [...others, hash]);
    }
  }
  return found;
}

type Listed = readonly (readonly [name: string, ListedHash])[];

async function ofChecksums(folder: string): Promise<Listed> {
  const checksums = await readChecksums(folder);
  return [...(checksums ?? [])].map(([name, sha256]) => [name.replace(/^\.\//, ''), { sha256, from: checksumsName }]); // prettier-ignore
}

async function ofManifest(folder: string): Promise<Listed> {
  const path = join(folder, routerManifestName);
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true || status.size > mostManifestBytes) return [];
  const manifest = parseManifest(await readFile(path, 'utf8'), path);
  return filesOf(manifest).map(([file, sha256, bundled]) => [
    file.replaceAll('\\', '/').replace(/^\.\//, ''),
    { sha256, from: routerManifestName, ...(bundled === undefined ? {} : { bundled }) },
  ]);
}

function filesOf({ parents, companions, classifier }: RouterManifest) {
  const files: (readonly [file: string, sha256: string, bundled?: readonly string[]])[] = [];
  for (const { file, sha256, adapters } of parents) {
    files.push([
      file,
      sha256,
      adapters.filter(({ source }) => source === 'bundled').map(({ subdomain }) => subdomain),
    ]);
    for (const adapter of adapters) {
      if (adapter.file !== undefined) files.push([adapter.file, adapter.sha256]);
    }
  }
  for (const { file, sha256 } of companions) files.push([file, sha256]);
  if (classifier.kind !== 'lexical') {
    const { file, sha256 } = classifier;
    if (file !== undefined && sha256 !== undefined) files.push([file, sha256]);
  }
  return files;
}

function ignoreUnreadable(error: unknown): Listed {
  if (error instanceof StudioError && error.kind === 'input') return [];
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return [];
  throw error;
}
