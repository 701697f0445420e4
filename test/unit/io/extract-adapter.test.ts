import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adapterCacheFolder } from '#src/io/adapter-cache.ts';
import { extractBundleMember } from '#src/io/extract-adapter.ts';
import { memoryByteSource } from '#src/formats/bytes/byte-source.ts';
import { ensureOwnFolder } from '#src/io/studio-home.ts';

const before = process.env['GGUF_STUDIO_HOME'];
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gguf-studio-'));
  process.env['GGUF_STUDIO_HOME'] = home;
});
afterEach(() => {
  if (before === undefined) delete process.env['GGUF_STUDIO_HOME'];
  else process.env['GGUF_STUDIO_HOME'] = before;
  rmSync(home, { recursive: true, force: true });
});

it('takes an adapter out of a bundle, and what was used longest ago makes room for it', async () => {
  const bytes = new Uint8Array(20_000).map((_, index) => index % 251);
  bytes.set(new TextEncoder().encode('GGUF'), 1000);
  const slice = bytes.subarray(1000, 9000);
  const sha256 = createHash('sha256').update(slice).digest('hex');
  const member = { name: 'a', domain: 'd', scale: 1, sha256, offset: 1000, size: slice.length };
  const old = join(await ensureOwnFolder(adapterCacheFolder()), 'old.gguf');
  writeFileSync(old, Buffer.alloc(8192, 1));
  const longAgo = new Date(Date.now() - 7 * 3_600_000);
  utimesSync(old, longAgo, longAgo);
  writeFileSync(join(home, 'settings.json'), '{"cacheLimitBytes": 9000}');

  const path = await extractBundleMember(memoryByteSource(bytes), member);
  expect(readFileSync(path).equals(slice)).toBe(true);
  const left = readdirSync(adapterCacheFolder()).filter((name) => name.endsWith('.gguf'));
  expect(left).toEqual([`${sha256}.gguf`]);
});
