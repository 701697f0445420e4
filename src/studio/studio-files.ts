// Files as the window may name them: opaque ids, one per path, valid for this process only. A path becomes nameable when it
// lies inside an allowed root, links resolved; that is looked at again at every use, because links can change.
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import type { FileReference } from '#src/contract/studio/files.ts';
import { toIoError } from '#src/io/io-error.ts';
import { isInside, pathInside } from '#src/io/is-inside.ts';

export interface StudioRoot {
  readonly path: string;
  /** What the picker calls it: `Home`, `Workspace`. */
  readonly name: string;
}

/** Most ids that are kept; the oldest are forgotten. A library of 10,000 models and a day of browsing fit. */
const maximumIds = 500_000;

export interface StudioFiles {
  /** Replaces the roots of one group (`home`, `workspace`, `settings`). */
  setRoots(group: string, roots: readonly StudioRoot[]): Promise<void>;
  /** Lets one file or folder, and what is in it, be named: the user picked or dropped it. */
  allow(path: string): Promise<void>;
  /** Roots that exist, without doubles, in the order in which they were set. */
  roots(): readonly StudioRoot[];
  /** The reference of a path, without looking at it. */
  reference(path: string): FileReference;
  /** The reference of a path that has to be inside the roots. Throws `file/not-allowed`. */
  admit(path: string): Promise<FileReference>;
  /** True when a path, or the nearest folder of it that exists, is inside the roots, links resolved. */
  allows(path: string): Promise<boolean>;
  /** The path of an id. Throws `file/unknown` or `file/not-allowed`. */
  pathOf(id: string): Promise<string>;
  /** The folder where relative paths of the workspace's recipes start. */
  setWorkspaceFolder(folder: string): void;
}

interface RealRoot extends StudioRoot {
  readonly real: string;
}

export function createStudioFiles(): StudioFiles {
  const groups = new Map<string, readonly RealRoot[]>();
  const allowed = new Set<string>();
  const paths = new Map<string, string>();
  const ids = new Map<string, string>();
  let workspaceFolder: string | undefined;

  const idOf = (path: string): string => {
    const known = ids.get(path);
    if (known !== undefined) return known;
    const id = randomBytes(16).toString('base64url');
    ids.set(path, id);
    paths.set(id, path);
    if (ids.size > maximumIds) {
      const [oldest] = ids;
      if (oldest !== undefined) {
        ids.delete(oldest[0]);
        paths.delete(oldest[1]);
      }
    }
    return id;
  };
  const reference = (given: string): FileReference => {
    const path = resolve(given);
    return {
      id: idOf(path),
      name: basename(path) || path,
      path,
      recipePath: workspaceFolder === undefined ? path : pathFrom(workspaceFolder, path),
    };
  };
  const allows = async (path: string) => {
    const real = await realPathOfNearest(resolve(path));
    for (const roots of groups.values()) {
      if (roots.some((root) => isInside(root.real, real))) return true;
    }
    return [...allowed].some((root) => isInside(root, real));
  };
  const check = async (path: string) => {
    if (await allows(path)) return;
    throw new StudioError(
      'file/not-allowed',
      `${path} is outside the folders that the studio may open, or a link leads there.`,
      {
        hint: "Add its folder with the system's own dialog, copy it into the workspace, start gguf-studio in that folder, or start it with serve --allow FOLDER.",
        details: { path },
      },
    );
  };
  return {
    async setRoots(group, roots) {
      const real = await Promise.all(
        roots.map(async ({ path, name }) => {
          const found = await realpath(path).catch(() => undefined);
          return found === undefined ? undefined : { path: resolve(path), name, real: found };
        }),
      );
      groups.set(
        group,
        real.filter((root) => root !== undefined),
      );
    },
    async allow(path) {
      allowed.add(await realPathOfNearest(resolve(path)));
    },
    roots() {
      const all = [...groups.values()].flat();
      return all.filter((root, index) => all.findIndex(({ real }) => real === root.real) === index);
    },
    reference,
    allows,
    async admit(path) {
      await check(path);
      return reference(path);
    },
    async pathOf(id) {
      const path = paths.get(id);
      if (path === undefined) {
        throw new StudioError('file/unknown', 'This file is not known any more.', {
          hint: 'Choose it again.',
          details: { id },
        });
      }
      await check(path);
      return path;
    },
    setWorkspaceFolder(folder) {
      workspaceFolder = folder;
    },
  };
}

/** Relative with forward slashes when `path` is inside `folder`, else as it is. */
export function pathFrom(folder: string, path: string): string {
  const inner = pathInside(folder, path);
  return inner === '' ? '.' : (inner ?? path);
}

/** The real path of a path; what does not exist yet hangs on the real path of the nearest folder that does. */
async function realPathOfNearest(path: string): Promise<string> {
  const missing: string[] = [];
  let existing = path;
  for (;;) {
    try {
      return join(await realpath(existing), ...missing);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const parent = dirname(existing);
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || parent === existing) {
        throw toIoError(error, path);
      }
      missing.unshift(basename(existing));
      existing = parent;
    }
  }
}
