// Names that follow from a recipe alone: what an adapter is called in a bundle, what an output file is called.
import type { NodeOf, RecipeLevel } from './recipe-schema.ts';
import { levels } from '#src/tensors/levels.ts';

/** The last part of a path, either separator; `.` and `..` give nothing. */
export function lastPathPart(path: string): string {
  const part =
    path
      .split(/[/\\]/)
      .filter((piece) => piece !== '')
      .at(-1) ?? '';
  return part === '.' || part === '..' ? '' : part;
}

/** An adapter's name in messages, bundles and routes: its subdomain, else its folder's or file's name. */
export function adapterName(adapter: NodeOf<'adapter'>): string {
  if (adapter.subdomain !== undefined) return adapter.subdomain;
  const part = lastPathPart(adapter.path).replace(/\.gguf$/i, '');
  return part === '' ? adapter.id : part;
}

/** `<Base>` and, where the file's name ends in one, its level: `Llama-Q4_K_M.gguf` -> `Llama`, `Q4_K_M`. */
export function baseName(base: NodeOf<'base'>): { name: string; level: string | undefined } {
  const part = lastPathPart(base.path).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, '');
  const match = /^(.+)[-.]([A-Za-z0-9_]+)$/.exec(part);
  const level = match?.[2]?.toUpperCase();
  if (match?.[1] !== undefined && level !== undefined && Object.hasOwn(levels, level)) {
    return { name: match[1], level };
  }
  return { name: part === '' ? base.id : part, level: undefined };
}

/** `<Base>-<domain>-<LEVEL>.gguf` (design section 10), or the node's own pattern with `{level}` filled in. */
export function outputFileName(
  base: NodeOf<'base'>,
  domain: string | undefined,
  level: RecipeLevel,
  pattern: string | undefined,
): string {
  const { name, level: ownLevel } = baseName(base);
  const levelName = level === 'as-is' ? (ownLevel ?? 'as-is') : level;
  if (pattern !== undefined) return pattern.replaceAll('{level}', levelName);
  return [name, domain, levelName].filter((part) => part !== undefined).join('-') + '.gguf';
}
