// What lists beside a file say of it: SHA256SUMS, and the router.json of a package.

export interface ListedHash {
  readonly sha256: string;
  /** The list's name. */
  readonly from: string;
  /** Names of the adapters that should ride in the file, where the list says so. */
  readonly bundled?: readonly string[];
}

/** By file name: the parts of a split have one each. A file may be named by more than one list. */
export type ListedHashes = ReadonlyMap<string, readonly ListedHash[]>;
