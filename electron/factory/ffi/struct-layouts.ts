// llama.h's structs as koffi declares them, field by field (include/llama.h, ggml/include/ggml.h of llama.cpp v0.5.0).
// Anonymous on purpose: koffi's type names are global, and worker threads and tests declare them again.
import koffi from 'koffi';
import { invariant } from '#src/errors/assert.ts';
import type { StructSizes } from './known-releases.ts';

export const modelParams = koffi.struct({
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32',
  split_mode: 'int',
  load_mode: 'int',
  lazy_mode: 'int',
  main_gpu: 'int32',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

export const contextParams = koffi.struct({
  n_ctx: 'uint32',
  n_batch: 'uint32',
  n_ubatch: 'uint32',
  n_seq_max: 'uint32',
  n_rs_seq: 'uint32',
  n_outputs_max: 'uint32',
  n_outputs_max_per_seq: 'uint32',
  n_threads: 'int32',
  n_threads_batch: 'int32',
  ctx_type: 'int',
  rope_scaling_type: 'int',
  pooling_type: 'int',
  attention_type: 'int',
  flash_attn_type: 'int',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int',
  type_v: 'int',
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
});

/** Members stay untyped: the arrays live in native memory that llama_batch_init allocates. */
export const batch = koffi.struct({
  n_tokens: 'int32',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
});

export const importanceData = koffi.struct({
  name: 'const char *',
  data: 'void *',
  size: 'size_t',
});

/** A tag, a key and a union of 128 bytes; filled by hand because it is written, never read. */
export const metadataOverride = koffi.struct({
  tag: 'int32',
  key: koffi.array('uint8', 128),
  reserved: 'int32',
  value: koffi.array('uint8', 128),
});

export const tensorOverride = koffi.struct({ pattern: 'const char *', type: 'int' });

export const quantizeParams = koffi.struct({
  nthread: 'int32',
  ftype: 'int',
  output_tensor_type: 'int',
  token_embedding_type: 'int',
  allow_requantize: 'bool',
  quantize_output_tensor: 'bool',
  only_copy: 'bool',
  pure: 'bool',
  keep_split: 'bool',
  dry_run: 'bool',
  imatrix: koffi.pointer(importanceData),
  kv_overrides: koffi.pointer(metadataOverride),
  tt_overrides: koffi.pointer(tensorOverride),
  prune_layers: koffi.pointer('int32'),
  max_buf_size: 'size_t',
});

export const typeTraits = koffi.struct({
  type_name: 'const char *',
  blck_size: 'int64',
  blck_size_interleave: 'int64',
  type_size: 'size_t',
  is_quantized: 'bool',
  to_float: 'void *',
  from_float_ref: 'void *',
});

export const logCallback = koffi.proto('void (int level, const char *text, void *user_data)');
/** ggml_backend_sched_eval_callback. */
export const evaluationCallback = koffi.proto('bool (void *tensor, bool ask, void *user_data)');
export const toFloat = koffi.proto('void (const void *source, void *target, int64_t count)');

const declared = {
  modelParams,
  contextParams,
  batch,
  quantizeParams,
  metadataOverride,
  tensorOverride,
  importanceData,
  typeTraits,
} satisfies Record<keyof StructSizes, unknown>;

/** Proves that the declarations above have the sizes that the release's own headers give. */
export function checkLayouts(sizes: StructSizes): void {
  for (const name of Object.keys(declared) as (keyof StructSizes)[]) {
    const size = koffi.sizeof(declared[name]);
    invariant(size === sizes[name], `${name} is declared with ${size} bytes, not ${sizes[name]}`);
  }
}
