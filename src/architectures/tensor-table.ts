// A family's tensors as a table: GGUF name, checkpoint name, shape, transforms. From the one table come the mapping of
// checkpoint names and the list of tensors that a configuration announces.
import { compareCodePoints } from '#src/formats/bytes/utf8.ts';
import type { ExpectedTensor, TensorMapping, TensorTransform } from './architecture.ts';

export interface TensorRow {
  /** GGUF name; `{b}` stands for the block. */
  readonly name: string;
  /** Name in checkpoints behind the prefix; `{b}` stands for the block. */
  readonly checkpoint: string;
  /** Older spellings of `checkpoint`. */
  readonly aliases?: readonly string[];
  /** In ggml order: row length first. */
  readonly shape: readonly number[];
  readonly presence?: 'optional';
  readonly transforms?: readonly TensorTransform[];
  /** Not behind the family's prefix (`lm_head.weight`). */
  readonly unprefixed?: true;
  readonly rowLimit?: 'vocabulary';
}

export interface TensorTable {
  /** Prefixes of checkpoint names, the usual one first; the empty one admits bare names. */
  readonly prefixes: readonly string[];
  readonly rows: readonly TensorRow[];
  /** Names (prefix removed) of what checkpoints hold beside the model. */
  readonly skip?: (name: string) => boolean;
}

/** Expands a table for `blockCount` blocks, in the order of a sorted safetensors file. */
export function expandTable(table: TensorTable, blockCount: number): ExpectedTensor[] {
  const prefix = table.prefixes[0] ?? '';
  const expand = (row: TensorRow, block: number): ExpectedTensor => ({
    name: fillBlock(row.name, block),
    checkpointName: fillBlock(`${row.unprefixed === true ? '' : prefix}${row.checkpoint}`, block),
    shape: row.shape,
    presence: row.presence ?? 'required',
    ...(row.rowLimit === undefined ? {} : { rowLimit: row.rowLimit }),
  });
  return table.rows
    .flatMap((row) =>
      row.name.includes('{b}')
        ? Array.from({ length: blockCount }, (_, block) => expand(row, block))
        : [expand(row, 0)],
    )
    .sort((left, right) => compareCodePoints(left.checkpointName, right.checkpointName));
}

/** The mapping of checkpoint names that a table describes. */
export function mapperOf(
  table: TensorTable,
  blockCount: number,
): (checkpointName: string) => TensorMapping {
  const rows = new Map<string, TensorRow>();
  for (const row of table.rows) {
    for (const name of [row.checkpoint, ...(row.aliases ?? [])]) {
      if (row.unprefixed === true) rows.set(name, row);
      else for (const prefix of table.prefixes) rows.set(`${prefix}${name}`, row);
    }
  }
  return (checkpointName) => {
    // Text parts of multimodal checkpoints carry this infix (conversion/base.py, filter_tensors).
    const name = checkpointName.replaceAll('language_model.', '');
    if (isNeverPartOfAModel(name)) return { kind: 'skip' };
    if (table.skip?.(withoutPrefix(table, name)) === true) return { kind: 'skip' };
    const { template, block } = splitBlock(name);
    const row = rows.get(template);
    // A name may spell the placeholder itself; then there is no block.
    const hasBlock = row?.name.includes('{b}') === true;
    if (row === undefined || hasBlock !== (block !== undefined) || (block ?? 0) >= blockCount) {
      return { kind: 'unknown' };
    }
    return {
      kind: 'tensor',
      name: fillBlock(row.name, block ?? 0),
      transforms: row.transforms ?? [],
    };
  };
}

/** Buffers that old checkpoints store for every family (conversion/base.py, prepare_tensors). */
function isNeverPartOfAModel(name: string): boolean {
  return ['.attention.masked_bias', '.attention.bias', '.rotary_emb.inv_freq'].some((suffix) =>
    name.endsWith(suffix),
  );
}

function withoutPrefix(table: TensorTable, name: string): string {
  const prefix = table.prefixes.find((candidate) => name.startsWith(candidate)) ?? '';
  return name.slice(prefix.length);
}

/** Replaces the first number between dots by `{b}`: `h.3.ln_1.weight` -> `h.{b}.ln_1.weight`, 3. */
function splitBlock(name: string): { template: string; block?: number } {
  const match = /^(.*?(?:^|\.))(0|[1-9]\d{0,5})(\..*)$/.exec(name);
  if (match === null) return { template: name };
  const [, before = '', digits = '', after = ''] = match;
  return { template: `${before}{b}${after}`, block: Number(digits) };
}

function fillBlock(name: string, block: number): string {
  return name.replace('{b}', String(block));
}
