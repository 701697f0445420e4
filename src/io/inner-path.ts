// Names of files in manifests and lists, judged by their text alone: the first half of every look at a file that someone else
// named (src/io/resolve-inside.ts is the other one, which follows links).

/**
 * True for a name that stays below the folder it starts at, whatever system reads it: not absolute, no Windows drive, no
 * `..` between slashes or backslashes, no control characters, and a file's, not the folder's itself.
 */
export function isInnerPath(file: string): boolean {
  if (/[\u0000-\u001f]/.test(file)) return false;
  if (/^(?:[\\/]|[A-Za-z]:)/.test(file)) return false;
  const parts = innerParts(file);
  return parts.length > 0 && !parts.includes('..');
}

/** The names between the slashes, either kind. */
export function innerParts(file: string): string[] {
  return file.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
}
