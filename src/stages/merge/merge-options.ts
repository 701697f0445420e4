// What a merge is asked for, and how one of its adapters looks once it is mapped to the base.
import type { EventSink } from '#src/contract/stage-events.ts';
import type { LoraAdapter } from '#src/formats/lora/lora-adapter.ts';
import type { MappedAdapter } from './map-adapter.ts';

export interface WeightedAdapter {
  readonly adapter: LoraAdapter;
  /** Factor of the whole adapter; 1 is as trained. */
  readonly weight: number;
}

export interface MergeOptions {
  /** `sum` adds the changes exactly; `ties` and `dare` see src/stages/merge/combine-rows.ts. */
  readonly method: 'sum' | 'ties' | 'dare';
  /** Fraction of each adapter's changes that TIES and DARE keep: above 0, at most 1. 0.5 when absent. */
  readonly density?: number;
  /** Seed of DARE. 0 when absent. */
  readonly seed?: number;
  /** Receives what the user should know. */
  readonly report?: EventSink;
}

/** What one adapter does in this merge. */
export interface MergeInput extends MappedAdapter {
  readonly weight: number;
  /** Name that is unique among the adapters of this merge. */
  readonly key: string;
}
