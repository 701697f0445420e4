// What a column is called: short where the level tells it, and in full in votes, lists and files.
import type { ColumnModel } from '#src/contract/conversation.ts';

export type ColumnAdapter = ColumnModel['adapters'][number];

export function adapterName(adapter: ColumnAdapter): string {
  return 'bundled' in adapter ? adapter.bundled : adapter.name;
}

/** `conditions ×1.0`. */
export function adapterLabel(adapter: ColumnAdapter): string {
  return `${adapterName(adapter)} ×${formatScale(adapter.scale)}`;
}

/** At least one digit after the point: `1.0`, `0.75`. */
export function formatScale(scale: number): string {
  const text = String(Math.round(scale * 100) / 100);
  return text.includes('.') ? text : `${text}.0`;
}

/** Name of the model with its adapters: one candidate of votes and tallies. */
export function candidateName(model: ColumnModel): string {
  return [model.name, ...model.adapters.map(adapterLabel)].join(' + ');
}

/** The level where it tells the columns apart, else the model's name. */
export function shortName(model: ColumnModel | null): string {
  if (model === null) return 'No model';
  return model.level ?? model.name;
}

/** `A`, `B`, ...: what a column is called while its name is hidden. */
export function letterOf(position: number): string {
  return String.fromCharCode(65 + position);
}
