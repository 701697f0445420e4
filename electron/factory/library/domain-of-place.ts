// The domain that a place tells: the workspace's model mapping names adapters by path, and without one the folders of
// the usual layout do (adapters/<domain>/<subdomain> or adapters/<subdomain>).
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StudioError } from '#src/errors/studio-error.ts';
import { findWorkspace } from '#src/io/workspace.ts';
import { parseModelMapping } from '#src/recipe/model-mapping.ts';
import type { DomainNames } from '#src/stages/library/domain-of-gguf.ts';

/** Gives the names for an adapter's absolute path. */
export type DomainOfPlace = (path: string) => Promise<DomainNames>;

/** A mapping of hundreds of adapters with their examples has a megabyte. */
const maximumMapping = 16 << 20;

/** Each workspace's mapping is read once; make a new one for each scan, because people edit mappings. */
export function domainsOfPlaces(): DomainOfPlace {
  const mappings = new Map<string, Promise<ReadonlyMap<string, DomainNames>>>();
  const workspaces = new Map<string, ReturnType<typeof findWorkspace>>();
  return async (path) => {
    const folder = dirname(path);
    const workspace = workspaces.get(folder) ?? findWorkspace(folder);
    workspaces.set(folder, workspace);
    const found = await workspace.catch(unlessStudioError);
    if (found !== undefined) {
      const mapping = mappings.get(found.folder) ?? readMapping(found.folder, found.mappingPath);
      mappings.set(found.folder, mapping);
      const names = (await mapping).get(path);
      if (names !== undefined) return names;
    }
    return domainOfLayout(path);
  };
}

/** A wrong workspace or mapping is told where it is used; a list of models goes on without. */
function unlessStudioError(error: unknown): undefined {
  if (!(error instanceof StudioError)) throw error;
}

async function readMapping(
  folder: string,
  mappingPath: string,
): Promise<ReadonlyMap<string, DomainNames>> {
  const names = new Map<string, DomainNames>();
  const size = await stat(mappingPath).then(
    (status) => status.size,
    () => undefined,
  );
  if (size === undefined || size > maximumMapping) return names;
  try {
    const mapping = parseModelMapping(await readFile(mappingPath, 'utf8'), mappingPath);
    for (const [domain, { subdomains }] of Object.entries(mapping.domains)) {
      for (const [subdomain, { adapter }] of Object.entries(subdomains)) {
        const path = resolve(folder, adapter);
        const other = names.get(path);
        // One adapter may serve several domains: then it is of none in particular.
        names.set(path, other === undefined ? { domain, subdomain } : { subdomain });
      }
    }
  } catch (error) {
    unlessStudioError(error);
  }
  return names;
}

function domainOfLayout(path: string): DomainNames {
  const match = /[/\\]adapters(?:-[^/\\]*)?[/\\](?:([^/\\]+)[/\\])?([^/\\]+?)(?:\.gguf)?$/i.exec(
    path,
  );
  const [, domain, subdomain] = match ?? [];
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(subdomain === undefined ? {} : { subdomain }),
  };
}
