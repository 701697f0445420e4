// Joins what a family declares into the form that the rest of the program uses.
import type { ConfiguredArchitecture } from './architecture.ts';
import { expandTable, mapperOf, type TensorTable } from './tensor-table.ts';

type Declared = Pick<
  ConfiguredArchitecture,
  'ggufName' | 'blockCount' | 'vocabularySize' | 'hyperparameters' | 'vocabulary' | 'metadata'
> &
  Partial<
    Pick<ConfiguredArchitecture, 'generatedTensors' | 'generatedMetadata' | 'readsPooling'>
  > & { readonly table: TensorTable };

export function configured(declared: Declared): ConfiguredArchitecture {
  const { table, ...rest } = declared;
  return {
    generatedTensors: [],
    generatedMetadata: [],
    readsPooling: false,
    ...rest,
    mapTensor: mapperOf(table, declared.blockCount),
    expectedTensors: expandTable(table, declared.blockCount),
  };
}
