// What is wrong with the manifest as it is edited: what can be told from it alone, and what the studio found beside the file
// as long as it is still about the same thing.
import type { RouterManifest } from '#src/contract/routing/manifest.ts';
import { checkManifest } from '#src/routing/manifest/check-manifest.ts';
import type { FileProblem, RouterDocument } from './router-document.ts';

export function currentProblems({
  manifest,
  saved,
  fileProblems,
}: Pick<RouterDocument, 'manifest' | 'saved' | 'fileProblems'>): FileProblem[] {
  const own = checkManifest(manifest);
  const known = new Set(checkManifest(saved).map(({ at, message }) => `${at} ${message}`));
  // What the studio said of the saved file includes the pure checks: those are made anew, the others are kept while what
  // they name is there.
  const outer = fileProblems.filter(
    ({ at, message }) =>
      !known.has(`${at} ${message}`) &&
      JSON.stringify(valueAt(saved, at)) === JSON.stringify(valueAt(manifest, at)),
  );
  return [...outer, ...own].sort((left, right) => weight(left.severity) - weight(right.severity));
}

function weight(severity: FileProblem['severity']): number {
  return severity === 'error' ? 0 : 1;
}

/** The value that a JSON pointer names; undefined where it leads nowhere. */
export function valueAt(manifest: RouterManifest, pointer: string): unknown {
  let value: unknown = manifest;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** `/routes/3/examples/0` is about the part `/routes/3`; undefined for what belongs to no part. */
export function partOf(pointer: string): string | undefined {
  return /^\/(?:routes|parents|companions)\/\d+/.exec(pointer)?.[0];
}

/** The first problem of every part. */
export function problemsByPart(problems: readonly FileProblem[]): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const { at, message, severity } of problems) {
    const part = partOf(at);
    if (part !== undefined && severity === 'error' && !parts.has(part)) parts.set(part, message);
  }
  return parts;
}
