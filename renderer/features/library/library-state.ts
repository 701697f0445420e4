// What the library screen remembers while other screens are shown.
import { create } from 'zustand';
import type { LibraryEntry } from '#src/contract/studio/library.ts';
import type { TableSort } from '#renderer/ui/virtual-table.tsx';
import { noFilters, type LibraryFilters } from './filter-entries.ts';

export const detailTabs = ['overview', 'metadata', 'tensors', 'template', 'adapters'] as const;
export type DetailTab = (typeof detailTabs)[number];

interface LibraryView {
  readonly filters: LibraryFilters;
  readonly sort: TableSort;
  /** File id of the entry whose details are shown. */
  readonly selected: string | undefined;
  readonly tab: DetailTab;
  readonly uploads: readonly Upload[];
}

export interface Upload {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

export const useLibraryView = create<LibraryView>(() => ({
  filters: noFilters,
  sort: { column: 'name', descending: false },
  selected: undefined,
  tab: 'overview',
  uploads: [],
}));

export function setFilters(filters: LibraryFilters): void {
  useLibraryView.setState({ filters });
}

export function selectEntry(entry: Pick<LibraryEntry, 'file'> | undefined): void {
  useLibraryView.setState({ selected: entry?.file.id });
}
