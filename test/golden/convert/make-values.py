"""Stores what numpy and gguf-py make of numbers and names: hashes of float conversions, parts of model names, sizes.

    python make-values.py LLAMA_CPP_CHECKOUT

LLAMA_CPP_CHECKOUT is llama.cpp v0.5.0 with numpy 2.2.6 and torch 2.11. Writes values.json beside this script.
"""
import hashlib
import json
import math
import sys
from pathlib import Path

checkout = Path(sys.argv[1])
sys.path.insert(0, str(checkout / "gguf-py"))

import gguf  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402


def digest(array) -> str:
    return hashlib.sha256(numpy.ascontiguousarray(array).tobytes()).hexdigest()


def f32_of_bits(bits):
    return numpy.asarray(bits, dtype=numpy.uint32).view(numpy.float32)


halves = numpy.arange(65536, dtype=numpy.uint16)
values = halves.view(numpy.float16).astype(numpy.float32)
brains = f32_of_bits(halves.astype(numpy.uint32) << 16)
# Around every half: the value, its neighbours in F32, and the middle to the next half with its neighbours.
bits = values.view(numpy.uint32).astype(numpy.int64)
middles = bits[:-1] + (bits[1:] - bits[:-1]) // 2
edges = numpy.concatenate([bits + shift for shift in (-1, 0, 1)] + [middles + shift for shift in (-1, 0, 1)])
edges = f32_of_bits((edges & 0xFFFFFFFF).astype(numpy.uint32))
# Around every bfloat16: the 16 lower bits at and beside zero, one half and their ends.
lower = numpy.array([0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF], dtype=numpy.uint32)
brain_edges = f32_of_bits(((halves.astype(numpy.uint32) << 16)[:, None] | lower[None, :]).ravel())


def to_bf16(array):
    return gguf.quants.quantize(array.reshape(1, -1), gguf.GGMLQuantizationType.BF16)


with numpy.errstate(all="ignore"):
    floats = {
        "f16ToF32": digest(values),
        "bf16ToF32": digest(gguf.quants.dequantize(halves.view(numpy.uint8).reshape(1, -1), gguf.GGMLQuantizationType.BF16)),
        "bf16ToF16": digest(brains.astype(numpy.float16)),
        "f16ToBf16": digest(to_bf16(values)),
        "edgesToF16": digest(edges.astype(numpy.float16)),
        "edgesToBf16": digest(to_bf16(edges)),
        "brainEdgesToF16": digest(brain_edges.astype(numpy.float16)),
        "brainEdgesToBf16": digest(to_bf16(brain_edges)),
    }

NAMES = """
Llama-3.2-1B-Instruct meta-llama/Llama-3.1-8B mistralai/Mistral-7B-Instruct-v0.3 Qwen/Qwen2.5-3B Qwen/Qwen2.5-0.5B-Instruct
microsoft/Phi-3.5-mini-instruct microsoft/Phi-3-mini-128k-instruct microsoft/DialoGPT-medium gpt2 gpt2-xl openai-community/gpt2-large
google/gemma-2-2b-it google/gemma-3-270m sentence-transformers/all-MiniLM-L6-v2 BAAI/bge-small-en-v1.5 HuggingFaceTB/SmolLM2-135M-Instruct
bloom-7b1 some-bloom-7b1-chat TheBloke/Mixtral-8x7B-v0.1-GGUF Hermes-2-Pro-Llama-3-8B Nous-Hermes-2-Mixtral-8x7B-DPO
./local-model ../other ~/x model_without_dashes UPPER-CASE-NAME tiny-llama-v2 model-iter500 a-b-c-1.5T x-1_5b-chat
seedling-4m seedling-gpt2-4m org/a/b -leading -trailing- --double--dash 7B-model v2-model 1.0 0.5B-chat q4_0-model model-f16 model-bf16-2B
lora-model my-lora my-128k my-vision-large-7B my-mini my-small-xl Qwen1.5-MoE-A2.7B-Chat deepseek-r1-distill-qwen-1.5b naïve-Modell-3b größe-2B
""".split()
NAMES += ["A sentence as a name", "", "Élan-vital-2b", "they're-model-1b"]
PARAMETERS = [0, 1_235_814_400, 8_030_261_248, 137_022_720, 125_000]
name_parts = [
    [name, parameters, *gguf.Metadata.get_model_id_components(name, parameters)]
    for name in NAMES
    for parameters in PARAMETERS
]
titles = [[name, gguf.Metadata.id_to_title(name)] for name in NAMES]
COUNTS = [
    0, 1, 9, 94, 95, 99, 100, 149, 150, 500, 994, 995, 999, 1000, 1050, 1250, 1350, 9949, 9950, 9999, 12_500, 13_500, 99_500, 999_500, 999_999, 10**6, 10**6 + 1,
    1_050_000, 2_500_000, 6_250_000, 9_950_000, 12_500_000, 137_022_720, 999_999_999, 10**9, 10**9 + 1, 1_235_814_400, 3_085_938_688, 3_821_079_552,
    8_030_261_248, 9_950_000_000, 12_500_000_000, 70_553_706_496, 10**12, 10**12 + 1, 1_500_000_000_000, 4_194_560, 129_120,
]  # fmt: skip
sizes = [[count, gguf.size_label(count, 0, 0, 0)] for count in COUNTS]


def llama3_factors(base, dim, factor, low, high, context):
    """conversion/llama.py, generate_extra_tensors."""
    freqs = 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    factors = []
    for freq in freqs:
        wavelen = 2 * math.pi / freq
        if wavelen < context / high:
            factors.append(1)
        elif wavelen > context / low:
            factors.append(factor)
        else:
            smooth = (context / wavelen - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return digest(torch.tensor(factors, dtype=torch.float32).numpy())


# Llama 3.1 (8B, 70B, 405B), Llama 3.2 (1B, 3B) and neighbours that fine-tunes use.
factors = [
    [base, dim, factor, llama3_factors(base, dim, factor, 1.0, 4.0, 8192)]
    for base in (500_000.0, 10_000.0, 1_000_000.0)
    for dim in (64, 128)
    for factor in (8.0, 32.0, 16.0)
]

result = {"floats": floats, "nameParts": name_parts, "titles": titles, "sizeLabels": sizes, "llama3Factors": factors}
text = json.dumps(result, ensure_ascii=False, indent=1)
(Path(__file__).parent / "values.json").write_text(text + "\n", encoding="utf-8")
