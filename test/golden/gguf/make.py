"""Writes gguf-py.gguf with gguf-py (llama.cpp v0.5.0's gguf-py folder on PYTHONPATH), and a split of it in three.

libggml.gguf is the same file read and written again by libggml: g++ rewrite.cpp -lggml-base, ./rewrite gguf-py.gguf libggml.gguf
"""
import gguf
import numpy as np


def add_all(writer):
    add = writer.add_key_value
    kind = gguf.GGUFValueType
    for name, value in [
        ("UINT8", 200), ("INT8", -100), ("UINT16", 60000), ("INT16", -30000), ("UINT32", 4000000000), ("INT32", -2000000000),
        ("FLOAT32", 0.1), ("UINT64", 2**63 + 1), ("INT64", -(2**62) - 1), ("FLOAT64", 0.1), ("BOOL", True),
    ]:
        add(f"scalar.{name.lower()}", value, kind[name])
        values = [value, 1] if name != "BOOL" else [True, False, True]
        add(f"array.{name.lower()}", values, kind.ARRAY, sub_type=kind[name])
    writer.add_string("text", "Grüße, 世界 🌍\n")
    writer.add_array("tokens", ["a", "Ġb", "\n", "é", "世界", "🌍", "\ufeff", " ", "<|eot|>"])
    writer.add_array("merges", [f"Ġt{n} o{n}" for n in range(50)])
    for name, shape, dtype in [
        ("output.weight", (3, 5), np.float32),
        ("blk.0.norm.weight", (7,), np.float32),
        ("column", (4, 1), np.float16),
        ("row", (1, 4), np.float16),
        ("cube", (2, 3, 4), np.float32),
        ("indices", (3,), np.int32),
    ]:
        values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        writer.add_tensor(name, values)
    blocks = np.arange(2 * 34 * 2, dtype=np.uint8).reshape(2, 68)
    writer.add_tensor("quantized", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)


def write(path, **options):
    writer = gguf.GGUFWriter(path, "llama", **options)
    add_all(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


write("gguf-py.gguf")
write("split.gguf", split_max_tensors=3)
