// What a file is when it is no GGUF. Most "corrupted models" are something else.
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';
import { readBytes } from '#src/formats/bytes/byte-source.ts';
import { describeForeignFile, type FileKind } from '#src/formats/recognize-file.ts';
import { decodeUtf8 } from '#src/formats/bytes/utf8.ts';
import type { FindingCode } from '#src/contract/doctor/finding.ts';
import type { Draft } from '../findings.ts';

const codes: Partial<Record<FileKind, FindingCode>> = {
  empty: 'file/empty',
  'git-lfs': 'file/lfs-pointer',
  html: 'file/web-page',
  xml: 'file/web-page',
  safetensors: 'file/safetensors',
  zip: 'file/zip',
  'old-ggml': 'file/legacy-ggml',
  zeros: 'file/zeros',
};

/** More entries or tensors than this no file has: behind a wrong magic, the counts must be believable. */
const believableCount = 100_000;

export type Looked =
  | { readonly foreign: Draft; readonly title: string }
  /** A GGUF; `wrongMagic`: the first bytes are destroyed, but what follows is a GGUF's header. */
  | { readonly wrongMagic: string | undefined };

/** `head`: the file's first 4 KiB, or all of it. */
export async function checkForeign(source: ByteSource, head: Uint8Array): Promise<Looked> {
  const magic = latin1(head.subarray(0, 4));
  if (magic === 'GGUF') return { wrongMagic: undefined };
  if (followsAsGguf(head, source.size)) {
    return { wrongMagic: hexOf(head.subarray(0, 4)) };
  }
  const found = describeForeignFile(head, source.size);
  const code = codes[found.kind] ?? 'file/unknown';
  const evidence: Record<string, unknown> = { bytes: source.size, kind: found.kind };
  if (found.kind === 'zeros') evidence['zeroBytes'] = await leadingZeros(source);
  if (found.kind === 'unknown') evidence['firstBytes'] = hexOf(head.subarray(0, 16)); // prettier-ignore
  if (['git-lfs', 'html', 'text', 'json', 'xml'].includes(found.kind)) {
    evidence['start'] = decodeUtf8(head.subarray(0, 200));
  }
  const draft: Draft = {
    code,
    message: `This is not a GGUF file but ${found.description}.`,
    evidence,
    remedy: found.hint,
    ranges: source.size === 0 ? [] : [{ offset: 0, size: source.size }],
  };
  return { foreign: draft, title: found.description.replace(/ \(.*$/, '') };
}

function followsAsGguf(head: Uint8Array, size: number): boolean {
  if (head.length < 64) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = view.getUint32(4, true);
  const counts = [view.getBigUint64(8, true), view.getBigUint64(16, true)];
  const keyLength = Number(view.getBigUint64(24, true));
  if (version < 2 || version > 3 || counts.some((count) => count > believableCount)) return false;
  if (keyLength < 3 || keyLength > 31 || 32 + keyLength > size) return false;
  const key = latin1(head.subarray(32, 32 + keyLength));
  return /^[\w-]+(\.[\w-]+)+$/.test(key);
}

async function leadingZeros(source: ByteSource): Promise<number> {
  const step = 1 << 20;
  for (let offset = 0; offset < source.size; offset += step) {
    const bytes = await readBytes(source, offset, Math.min(step, source.size - offset));
    const first = bytes.findIndex((byte) => byte !== 0);
    if (first >= 0) return offset + first;
  }
  return source.size;
}

export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
