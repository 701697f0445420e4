// What the readers of both PyTorch file forms give.
import type { PickleValue } from './pickle-values.ts';

/** Where a storage's bytes lie in the file. */
export interface StorageRange {
  readonly offset: number;
  readonly byteLength: number;
}

/** What both file forms give: the saved value, and the place of each storage. */
export interface PytorchFile {
  readonly value: PickleValue;
  readonly storages: ReadonlyMap<string, StorageRange>;
}
