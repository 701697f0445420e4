// A budget as people write it: on the command line, in programs and in the window.
import type { Budget } from '#src/contract/quality/allocate.ts';
import { parseLevel } from '#src/tensors/levels.ts';

const units: Readonly<Record<string, number>> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
}; // prettier-ignore

/** `3.2GB`, `900MiB`, `2155424`, `Q4_K_M`, `kld:0.05`; undefined for anything else. */
export function parseBudget(text: string): Budget | undefined {
  const kld = /^kld[:=](.+)$/i.exec(text)?.[1];
  if (kld !== undefined) {
    const isNumber = /^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(kld) && Number(kld) > 0;
    return isNumber ? { kind: 'kld', kld: Number(kld) } : undefined;
  }
  const level = parseLevel(text);
  if (level !== undefined) return { kind: 'level', level };
  const bytes = parseBytes(text);
  return bytes === undefined ? undefined : { kind: 'bytes', bytes };
}

/** `3.2 GB`, `900MiB`, `2155424`; undefined for what is no size. */
export function parseBytes(text: string): number | undefined {
  const size = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/i.exec(text.trim());
  const unit = units[(size?.[2] ?? '?').toLowerCase()];
  if (size === null || unit === undefined) return undefined;
  const bytes = Math.floor(Number(size[1]) * unit);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
