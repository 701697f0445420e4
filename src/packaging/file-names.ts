// Names of the files of a package, after the GGUF naming convention: <Base>-<what it was tuned for>-<ENCODING>[-LoRA].gguf
// (ggml's docs/gguf.md). Names come from files and manifests of others: what a file system could misread is replaced.
import { basename } from 'node:path';
import { levels } from '#src/tensors/levels.ts';

/** `Llama-healthcare-Q4_K_M.gguf` -> `Llama-healthcare`, `Q4_K_M`. */
export function baseNameOf(path: string): { readonly name: string; readonly level?: string } {
  const part = basename(path.replaceAll('\\', '/')).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
  const match = /^(.+)[-.]([A-Za-z0-9_]+)$/.exec(part);
  const level = match?.[2]?.toUpperCase();
  if (match?.[1] !== undefined && level !== undefined && Object.hasOwn(levels, level)) {
    return { name: match[1], level };
  }
  return { name: part };
}

/** Letters, digits, `.`, `_` and `-`; never a hidden or empty name, never a path. */
export function safeName(text: string): string {
  const safe = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 120);
  return safe === '' ? 'unnamed' : safe;
}

/** Of an adapter that came out of a parent; `type` is how its factors are stored. */
export function adapterFileName(
  parent: string,
  { domain, name }: { readonly domain: string; readonly name: string },
  type: string,
): string {
  // The parent's name mostly ends in its domain: it is not said twice.
  const base = baseNameOf(parent).name;
  const own = domain === '' || base.endsWith(`-${domain}`) ? [name] : [domain, name];
  return `${[base, ...own, type, 'LoRA'].map(safeName).join('-')}.gguf`;
}

/** Of a parent: as it is called, where its name tells the level; else with domain and level behind it. */
export function parentFileName(path: string, domain: string | undefined, level: string): string {
  const { name, level: own } = baseNameOf(path);
  const base = safeName(name);
  if (own !== undefined) return `${base}-${own}.gguf`;
  const middle = domain === undefined || base.endsWith(`-${domain}`) ? [] : [safeName(domain)];
  return `${[base, ...middle, level].join('-')}.gguf`;
}
