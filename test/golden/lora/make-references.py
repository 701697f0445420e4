"""Makes the reference files of this folder with llama.cpp v0.5.0's own tools.

    python make-references.py LLAMA_CPP REPOSITORY [--export-lora BINARY --seedling-f32 GGUF]

LLAMA_CPP is a checkout of the release; the Python needs its requirements (torch, transformers 4.57.6, safetensors).
convert-lora.json: sha256 of what convert_lora_to_gguf.py writes for Seedling's eight adapters and convert-cases.json.
"""
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

llama_cpp, repository = Path(sys.argv[1]), Path(sys.argv[2])
golden = repository / "test/golden/lora"
seedling = repository / "assets/seedling"


def seeded_floats(seed: int, length: int) -> torch.Tensor:
    """test/helpers/seeded-floats.ts"""
    mask, state, values = 0xFFFFFFFF, seed & 0xFFFFFFFF, []
    for _ in range(length):
        state = (state + 0x6D2B79F5) & mask
        value = ((state ^ (state >> 15)) * (1 | state)) & mask
        value = ((value + (((value ^ (value >> 7)) * (61 | value)) & mask)) & mask) ^ value
        values.append(((value ^ (value >> 14)) & mask) / 2**31 - 1)
    return torch.tensor(values, dtype=torch.float64).to(torch.float32)


DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor], dtype: str) -> None:
    """Bytes in the order given; safetensors' own writer sorts."""
    header, chunks, offset = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.to(DTYPES[dtype]).contiguous().view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def case_tensors(case: dict) -> dict[str, torch.Tensor]:
    tensors, seed = {}, 0
    for module, outputs, inputs, rank in case["modules"]:
        prefix = f"base_model.model.{module}"
        tensors[f"{prefix}.lora_A.weight"] = seeded_floats(seed, rank * inputs).view(rank, inputs)
        tensors[f"{prefix}.lora_B.weight"] = seeded_floats(seed + 1, outputs * rank).view(outputs, rank)
        seed += 10
    for module, outputs, inputs, rank in case.get("embeddings", []):
        prefix = f"base_model.model.{module}"
        tensors[f"{prefix}.lora_embedding_A"] = seeded_floats(seed, rank * inputs).view(rank, inputs)
        tensors[f"{prefix}.lora_embedding_B"] = seeded_floats(seed + 1, outputs * rank).view(outputs, rank)
        seed += 10
    for module, length in case.get("norms", []):
        tensors[f"base_model.model.{module}.weight"] = seeded_floats(seed, length)
        seed += 10
    return tensors


def converted_hash(adapter: Path, base: Path, outtype: str, scratch: Path) -> str:
    outfile = scratch / "out.gguf"
    command = [sys.executable, "convert_lora_to_gguf.py", "--base", str(base), "--outtype", outtype]
    subprocess.run([*command, "--outfile", str(outfile), str(adapter)], cwd=llama_cpp, check=True, capture_output=True)
    return hashlib.sha256(outfile.read_bytes()).hexdigest()


def main() -> None:
    hashes: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for adapter in sorted((seedling / "adapters").iterdir()):
            base = seedling / "seedling-4m"
            hashes[f"seedling/{adapter.name}"] = {t: converted_hash(adapter, base, t, scratch) for t in ["f32", "f16"]}
        for case in json.loads((golden / "convert-cases.json").read_text())["cases"]:
            adapter, base = scratch / case["name"], scratch / f"{case['name']}-base"
            adapter.mkdir()
            base.mkdir()
            (base / "config.json").write_text(json.dumps(case["base"]))
            (adapter / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **case["config"]}))
            if "card" in case:
                (adapter / "README.md").write_text(case["card"])
            write_safetensors(adapter / "adapter_model.safetensors", case_tensors(case), case["dtype"])
            hashes[case["name"]] = {t: converted_hash(adapter, base, t, scratch) for t in case["outtypes"]}
    result = {"comment": "sha256 of convert_lora_to_gguf.py's output; see make-references.py", "hashes": hashes}
    (golden / "convert-lora.json").write_text(json.dumps(result, indent=2) + "\n")


main()
