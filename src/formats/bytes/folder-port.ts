// A folder as formats see it: names and byte sources, no paths. A test builds one in memory.
import type { ByteSource } from './byte-source.ts';

export interface FolderPort {
  /** How messages name it: the path as the user gave it. */
  readonly label: string;
  /** The folder's own name (last path segment, resolved), which metadata falls back to. */
  readonly name: string;
  /** Names of the files directly inside, sorted. */
  list(): Promise<readonly string[]>;
  has(fileName: string): Promise<boolean>;
  /** Opens a file directly inside; refuses names with path separators or `..`. Throws `io/not-found`. */
  open(fileName: string): Promise<ByteSource>;
  /**
   * The folder `name` directly inside, or undefined when there is none. Same refusals as `open`. Chat templates and the
   * modules of sentence-transformers live one level down. Absent where only one level is offered.
   */
  subfolder?(name: string): Promise<FolderPort | undefined>;
}
