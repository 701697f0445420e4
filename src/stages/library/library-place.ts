// What a reader of headers cannot know about a file or folder: where it lies, what it is called, when it changed.
import type { LibraryItem } from '#src/contract/library.ts';
import { StudioError } from '#src/errors/studio-error.ts';
import type { ByteSource } from '#src/formats/bytes/byte-source.ts';

export interface LibraryPlace {
  /** Absolute; of the first part for a split GGUF. */
  readonly path: string;
  readonly name: string;
  /** Bytes of all files that belong to it. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Domain and subdomain that the place tells: the workspace's mapping or the folder names. */
  readonly domain?: string | undefined;
  readonly subdomain?: string | undefined;
}

/** Opens a file beside the described one. */
export type OpenSibling = (fileName: string) => Promise<ByteSource>;

/** The fields that every item has. */
export function itemOf(
  place: LibraryPlace,
  kind: LibraryItem['kind'],
  format: string,
): LibraryItem {
  const { path, name, bytes, modified } = place;
  return { path, name, kind, format, bytes, bundledAdapters: [], modified };
}

/** Domain and subdomain as optional fields; what the file says wins over its place. */
export function domainFields(
  place: LibraryPlace,
  own: { readonly domain?: string | undefined; readonly subdomain?: string | undefined } = {},
): Pick<LibraryItem, 'domain' | 'subdomain'> {
  const domain = own.domain ?? place.domain;
  // A file that names its own domain is not of the subdomain that its folder is called after.
  const subdomain = own.subdomain ?? (own.domain === undefined ? place.subdomain : undefined);
  return {
    ...(domain === undefined ? {} : { domain: domain.slice(0, 200) }),
    ...(subdomain === undefined ? {} : { subdomain: subdomain.slice(0, 200) }),
  };
}

/** What keeps an item from being used, as the item carries it. Errors that are not about the file are thrown on. */
export function problemOfItem(error: unknown): NonNullable<LibraryItem['problem']> {
  if (!(error instanceof StudioError) || (error.kind !== 'input' && error.kind !== 'environment')) {
    throw error;
  }
  const { message, hint } = error;
  return { message, ...(hint === undefined ? {} : { hint }) };
}

/** An optional field: absent instead of undefined. */
export function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
