"""Writes the importance matrices of this folder with gguf-py (from llama.cpp's gguf-py folder) and struct.

The .json beside each are what llama-quantize v0.5.0 makes of it: print.cpp, which includes the tool's own source and prints
what its load_imatrix gives.

    python make.py && for f in gguf.gguf legacy.dat legacy-without-trailer.dat; do ./print $f ${f%.*}.json; done
"""
import struct

import gguf
import numpy as np

random = np.random.default_rng(3)


def write_gguf():
    writer = gguf.GGUFWriter("gguf.gguf", "unused")
    del writer.kv_data[0]["general.architecture"]
    writer.add_type("imatrix")
    writer.add_array("imatrix.datasets", ["calibration-1.txt", "calibration-2.txt"])
    writer.add_uint32("imatrix.chunk_count", 12)
    writer.add_uint32("imatrix.chunk_size", 512)

    def add(name, rows, channels, counts):
        sums = (random.random((rows, channels)) * 1000).astype(np.float32)
        sums[0, 1] = 0
        writer.add_tensor(f"{name}.in_sum2", sums)
        writer.add_tensor(f"{name}.counts", np.array(counts, dtype=np.float32).reshape(rows, 1))

    add("blk.1.attn_q.weight", 1, 9, [6144])
    add("blk.0.ffn_up_exps.weight", 4, 5, [7, 0, 3.5, 100001])  # an expert without tokens, a fractional count
    add("output.weight", 1, 3, [3])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def legacy(path, trailer):
    entries = [("blk.0.attn_q.weight", 11, 7), ("output.weight", 0, 5), ("blk.0.ffn_down.weight", 3, 4)]
    with open(path, "wb") as file:
        file.write(struct.pack("<i", len(entries)))
        for name, calls, count in entries:
            file.write(struct.pack("<i", len(name)) + name.encode())
            file.write(struct.pack("<ii", calls, count))
            file.write((random.random(count) * 100).astype("<f4").tobytes())
        file.write(trailer)


write_gguf()
dataset = b"wiki.train.raw"
legacy("legacy.dat", struct.pack("<ii", 105, len(dataset)) + dataset)
legacy("legacy-without-trailer.dat", b"")
