"""Numbers and files that the tests build too: shared by the scripts of this folder."""
import json
import struct
from pathlib import Path

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def seeded_floats(seed: int, length: int) -> torch.Tensor:
    """test/helpers/seeded-floats.ts"""
    mask, state, values = 0xFFFFFFFF, seed & 0xFFFFFFFF, []
    for _ in range(length):
        state = (state + 0x6D2B79F5) & mask
        value = ((state ^ (state >> 15)) * (1 | state)) & mask
        value = ((value + (((value ^ (value >> 7)) * (61 | value)) & mask)) & mask) ^ value
        values.append(((value ^ (value >> 14)) & mask) / 2**31 - 1)
    return torch.tensor(values, dtype=torch.float64).to(torch.float32)


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor], dtype: str = "F32") -> None:
    """Bytes in the order given; safetensors' own writer sorts."""
    header, chunks, offset = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.to(DTYPES[dtype]).contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def adapter_tensors(case: dict, first_seed: int = 0) -> dict[str, torch.Tensor]:
    """test/golden/lora/case-folder.ts"""
    tensors, seed = {}, first_seed
    for module, outputs, inputs, rank in case.get("modules", []):
        prefix = f"base_model.model.{module}"
        tensors[f"{prefix}.lora_A.weight"] = seeded_floats(seed, rank * inputs).view(rank, inputs)
        tensors[f"{prefix}.lora_B.weight"] = seeded_floats(seed + 1, outputs * rank).view(outputs, rank)
        if case.get("config", {}).get("use_dora"):
            tensors[f"{prefix}.lora_magnitude_vector"] = seeded_floats(seed + 2, outputs) + 1.5
        seed += 10
    for module, length, tokens, rank in case.get("embeddings", []):
        prefix = f"base_model.model.{module}"
        tensors[f"{prefix}.lora_embedding_A"] = seeded_floats(seed, rank * tokens).view(rank, tokens)
        tensors[f"{prefix}.lora_embedding_B"] = seeded_floats(seed + 1, length * rank).view(length, rank)
        seed += 10
    for name, *shape in case.get("saved", []):
        size = 1
        for length in shape:
            size *= length
        tensors[f"base_model.model.{name}"] = seeded_floats(seed, size).view(*shape)
        seed += 10
    return tensors
