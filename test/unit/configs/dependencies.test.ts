// The packages that are installed, audited without the network: where each comes from, that its bytes are pinned, which may run
// code while they are installed, and under which licences they stand. Known weaknesses need `npm audit`, which asks the registry.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly dev?: boolean;
}

const lock = JSON.parse(
  readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8'),
) as { readonly packages: Readonly<Record<string, LockedPackage>> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const pathsWhere = (fits: (one: LockedPackage) => boolean) =>
  locked.filter(([, one]) => fits(one)).map(([path]) => path);

/** What they do: unpack Squirrel, choose esbuild's binary, choose koffi's, find llama.cpp's (builds it where none fits). */
const mayRunAtInstall = ['electron-winstaller', 'esbuild', 'koffi', 'node-llama-cpp'];

/** Of what is shipped; all let programs of any licence use them, with a notice. */
const permissive = new Set(['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Python-2.0', 'OFL-1.1', 'MPL-2.0', 'WTFPL', 'CC0-1.0']); // prettier-ignore

describe('the packages of the lock file', () => {
  it('come from the npm registry, with the hash of their bytes', () => {
    expect(locked.length).toBeGreaterThan(100);
    // The lock file names no addresses: packages come by name and version from the registry that npm is set to (its own, unless
    // someone chose a mirror), and the hash decides whether the bytes are the right ones. Git, files and other addresses would be named.
    const elsewhere = ({ resolved }: LockedPackage) =>
      resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/');
    expect(pathsWhere(elsewhere)).toEqual([]);
    expect(pathsWhere(({ version }) => !/^\d+\.\d+\.\d+/.test(version ?? ''))).toEqual([]);
    expect(pathsWhere(({ integrity }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''))).toEqual([]); // prettier-ignore
  });

  it('run no code while they are installed, but for four that are known', () => {
    const names = pathsWhere(({ hasInstallScript }) => hasInstallScript === true).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)); // prettier-ignore
    expect([...new Set(names)].sort()).toEqual(mayRunAtInstall);
  });

  it('stand under licences that a program under MIT may ship', () => {
    const words = (license = 'none') => license.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /);
    expect(pathsWhere(({ license }) => !words(license).every((one) => permissive.has(one)))).toEqual([]); // prettier-ignore
  });
});
