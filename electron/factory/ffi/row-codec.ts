// ggml's row conversions. Needs libggml-base alone, so that worker threads can open it without the rest.
import koffi, { type LibraryHandle } from 'koffi';
import { StudioError } from '#src/errors/studio-error.ts';
import { ggmlTypes, type GgmlType } from '#src/tensors/ggml-types.ts';
import type { RowCodec } from './llama-library.types.ts';
import { toFloat, typeTraits } from './struct-layouts.ts';

type Pointer = bigint | ArrayBufferView | null;
type DecodeRow = (source: Pointer, target: Pointer, count: number) => void;

/** Opens the row functions of libggml-base. */
export function openRowCodec(base: LibraryHandle): RowCodec {
  const quantizeChunk = base.func('ggml_quantize_chunk', 'size_t', [
    'int', 'void *', 'void *', 'int64', 'int64', 'int64', 'void *',
  ]) as (type: number, source: Pointer, target: Pointer, start: number, rows: number, columns: number, importance: Pointer) => number; // prettier-ignore
  const validateRowData = base.func('ggml_validate_row_data', 'bool', [
    'int', 'void *', 'size_t',
  ]) as (type: number, data: Pointer, byteLength: number) => boolean; // prettier-ignore
  const quantizeInit = base.func('ggml_quantize_init', 'void', ['int']) as (type: number) => void;
  const quantizeFree = base.func('ggml_quantize_free', 'void', []) as () => void;
  const getTypeTraits = base.func('ggml_get_type_traits', koffi.pointer(typeTraits), ['int']) as (
    type: number,
  ) => bigint;
  const rowFunction = (name: string) =>
    base.func(name, 'void', ['void *', 'void *', 'int64']) as DecodeRow;
  const decoders = new Map<GgmlType, DecodeRow>([
    ['F16', rowFunction('ggml_fp16_to_fp32_row')],
    ['BF16', rowFunction('ggml_bf16_to_fp32_row')],
  ]);

  function decoderOf(type: GgmlType): DecodeRow {
    const known = decoders.get(type);
    if (known !== undefined) return known;
    const traits = koffi.decode(getTypeTraits(ggmlTypes[type].id), typeTraits) as {
      is_quantized: boolean;
      to_float: bigint | null;
    };
    const address = traits.to_float;
    if (!traits.is_quantized || address === null) {
      throw new StudioError('tensor/unsupported-type', `libggml cannot turn ${type} into F32.`);
    }
    const decoder: DecodeRow = (source, target, count) => {
      koffi.call(address, toFloat, source, target, count);
    };
    decoders.set(type, decoder);
    return decoder;
  }

  return {
    encode(type, source, target, rowCount, columns, importance) {
      quantizeChunk(ggmlTypes[type].id, source, target, 0, rowCount, columns, importance);
    },
    decode(type, source, target, count) {
      if (type === 'F32') {
        new Uint8Array(target.buffer, target.byteOffset, count * 4).set(
          source.subarray(0, count * 4),
        );
        return;
      }
      decoderOf(type)(source, target, count);
    },
    read(address, target) {
      // For F32, ggml_quantize_chunk is memcpy: no view of native memory (Electron has none), and no copy in between.
      quantizeChunk(ggmlTypes.F32.id, address, target, 0, 1, target.length, null);
    },
    isFinite: (type, bytes) => validateRowData(ggmlTypes[type].id, bytes, bytes.byteLength),
    prepare: (type) => quantizeInit(ggmlTypes[type].id),
    releaseTables: () => quantizeFree(),
  };
}
