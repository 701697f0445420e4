import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToEnd } from '#src/contract/run-to-end.ts';
import { formatChecksums, parseChecksums } from '#src/packaging/checksums.ts';
import { requireVerified, verifyPackage } from '#src/packaging/verify/verify-package.ts';
import { buildGguf } from '#test/helpers/build-gguf.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'gguf-studio-verify-')), 'package');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const model = buildGguf({ tensors: [{ name: 'a', shape: [32] }] });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A package of one parent; `edit` makes it hostile. */
function write(edit: (manifest: Record<string, never>) => unknown = (manifest) => manifest): void {
  writeFileSync(join(folder, 'p.gguf'), model);
  const manifest = {
    version: 1,
    name: 'family',
    parents: [
      { id: 'p', domain: 'd', base: 'b', file: 'p.gguf', sha256: sha256(model), bytes: model.length, quantization: 'F32', adapters: [] },
    ],
    companions: [],
    steps: [],
    routes: [],
    fallback: { parent: 'p' },
    classifier: { kind: 'lexical' },
    policy: { preload: [], keepAliveSeconds: 1 },
  }; // prettier-ignore
  writeFileSync(join(folder, 'router.json'), JSON.stringify(edit(manifest as never)));
}

const verify = (path = folder, signal?: AbortSignal) =>
  runToEnd(verifyPackage({ path }, signal), () => undefined);
const failures = async () =>
  (await verify()).checks.filter(({ status }) => status === 'failed').map(({ subject, check }) => `${subject} ${check}`); // prettier-ignore

describe('verifying', () => {
  it('passes what is right', async () => {
    write();
    expect(await failures()).toEqual([]);
    expect(requireVerified(await verify())).toBeUndefined();
  });

  it('never follows a path or a link out of the folder', async () => {
    writeFileSync(join(folder, '..', 'secret.gguf'), model);
    for (const file of ['../secret.gguf', '/etc/passwd', 'a/../../secret.gguf', '..\\secret.gguf', 'C:\\x.gguf']) {
      write((manifest) => ({ ...manifest, parents: [{ ...(manifest['parents'] as never as object[])[0], file }] }));
      expect(await failures()).toContain(`${file} place`);
    } // prettier-ignore
    symlinkSync(join(folder, '..', 'secret.gguf'), join(folder, 'link.gguf'));
    write((manifest) => ({ ...manifest, parents: [{ ...(manifest['parents'] as never as object[])[0], file: 'link.gguf' }] })); // prettier-ignore
    expect(await failures()).toContain('link.gguf place');
  });

  it('fails for a size, a hash, a manifest of another version and a dangling reference', async () => {
    write((manifest) => ({ ...manifest, fallback: { parent: 'q' } }));
    expect(await failures()).toEqual(['router.json/fallback/parent manifest']);
    write((manifest) => ({ ...manifest, version: 9 }));
    expect(await failures()).toEqual(['router.json manifest']);
    write();
    writeFileSync(join(folder, 'p.gguf'), buildGguf({ tensors: [{ name: 'b', shape: [32] }] }));
    expect(await failures()).toEqual(['p.gguf hash']);
    writeFileSync(join(folder, 'p.gguf'), model.subarray(0, 40));
    expect(await failures()).toEqual(['p.gguf hash', 'p.gguf structure']);
  });

  it('holds a loose adapter to the hash of its own file', async () => {
    const loose = buildGguf({ tensors: [{ name: 'b', shape: [32] }] });
    const named = (hash: string) => (manifest: Record<string, never>) => {
      const [parent] = manifest['parents'] as never as object[];
      const adapter = { id: 'd/s', domain: 'd', subdomain: 's', scale: 1, sha256: hash, source: 'file', file: 'l.gguf' }; // prettier-ignore
      return { ...manifest, parents: [{ ...parent, adapters: [adapter] }] };
    };
    write(named(sha256(model)));
    writeFileSync(join(folder, 'l.gguf'), loose);
    expect(await failures()).toContain('l.gguf hash');
    write(named(sha256(loose)));
    expect(await failures()).not.toContain('l.gguf hash');
  });

  it('holds files to SHA256SUMS, also those that no manifest names', async () => {
    write();
    writeFileSync(join(folder, 'extra.txt'), 'text');
    const lines = { 'extra.txt': sha256(new TextEncoder().encode('other')), '../secret': 'a'.repeat(64) }; // prettier-ignore
    writeFileSync(join(folder, 'SHA256SUMS'), formatChecksums(new Map(Object.entries(lines))));
    expect(await failures()).toEqual(['../secret checksums', 'extra.txt checksums']);
    writeFileSync(join(folder, 'SHA256SUMS'), 'no checksum\n');
    expect(await failures()).toEqual(['SHA256SUMS checksums']);
  });

  it('reads checksums as sha256sum writes them', () => {
    const hash = 'a'.repeat(64);
    expect(parseChecksums(`${hash}  a b.gguf\n${hash} *c\r\n`, 'x')).toEqual(
      new Map([
        ['a b.gguf', hash],
        ['c', hash],
      ]),
    );
  });

  it('reads the manifest in vain where there is none, and stops when it is cancelled', async () => {
    await expect(verify()).rejects.toThrow(/holds neither/);
    write();
    await expect(verify(folder, AbortSignal.abort())).rejects.toThrow();
    expect(readFileSync(join(folder, 'p.gguf'))).toHaveLength(model.length);
  });
});
