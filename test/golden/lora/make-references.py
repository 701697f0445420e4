"""Makes the references of this folder with llama.cpp v0.5.0's own tools.

    python make-references.py LLAMA_CPP REPOSITORY EXPORT_LORA

LLAMA_CPP is a checkout of the release; the Python needs its requirements (torch, transformers 4.57.6, safetensors).
EXPORT_LORA is llama-export-lora built from it; GGML_BACKEND_PATH names its CPU back end where it does not find one.
convert-lora.json: sha256 of what convert_lora_to_gguf.py writes for Seedling's eight adapters and convert-cases.json.
merged-by-llama.json: samples of the tensors that llama-export-lora merges into Seedling's models.
"""
import base64
import hashlib
import json
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.torch import load_file
from seeded import adapter_tensors, write_safetensors

llama_cpp, repository, export_lora = (Path(argument).resolve() for argument in sys.argv[1:4])
golden = repository / "test/golden/lora"
seedling = repository / "assets/seedling"
sys.path.insert(0, str(llama_cpp / "gguf-py"))
sys.path.insert(1, str(llama_cpp))
import gguf  # noqa: E402

# Samples per merged tensor, evenly spaced.
SAMPLES = 256


def converted(adapter: Path, base: Path, outtype: str, outfile: Path) -> Path:
    command = [sys.executable, "convert_lora_to_gguf.py", "--base", str(base), "--outtype", outtype]
    subprocess.run([*command, "--outfile", str(outfile), str(adapter)], cwd=llama_cpp, check=True, capture_output=True)
    return outfile


def convert_hashes(scratch: Path) -> dict[str, dict[str, str]]:
    def hashes_of(adapter: Path, base: Path, outtypes: list[str]) -> dict[str, str]:
        files = {}
        for outtype in outtypes:
            files[outtype] = converted(adapter, base, outtype, scratch / "adapter.gguf").read_bytes()
        return {outtype: hashlib.sha256(data).hexdigest() for outtype, data in files.items()}

    hashes = {}
    for adapter in sorted((seedling / "adapters").iterdir()):
        hashes[f"seedling/{adapter.name}"] = hashes_of(adapter, seedling / "seedling-4m", ["f32", "f16"])
    for case in json.loads((golden / "convert-cases.json").read_text())["cases"]:
        adapter, base = scratch / case["name"], scratch / f"{case['name']}-base"
        adapter.mkdir()
        base.mkdir()
        (base / "config.json").write_text(json.dumps(case["base"]))
        (adapter / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **case["config"]}))
        if "card" in case:
            (adapter / "README.md").write_text(case["card"])
        write_safetensors(adapter / "adapter_model.safetensors", adapter_tensors(case), case["dtype"])
        hashes[case["name"]] = hashes_of(adapter, base, case["outtypes"])
    return hashes


def base_gguf(folder: Path, outtype: str, outfile: Path) -> Path:
    """convert_hf_to_gguf.py, told the pre-tokenizer that it cannot recognize: it does not touch the weights."""
    import conversion.base

    conversion.base.TextModel.get_vocab_base_pre = lambda self, tokenizer: "gpt-2"
    arguments, sys.argv = sys.argv, ["convert", "--outtype", outtype, "--outfile", str(outfile), str(folder)]
    runpy.run_path(str(llama_cpp / "convert_hf_to_gguf.py"), run_name="__main__")
    sys.argv = arguments
    return outfile


GPT2_NAMES = {
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def gpt2_adapter(folder: Path, outfile: Path) -> Path:
    """PEFT's A and B as they are; convert_lora_to_gguf.py exchanges them for Conv1D layers."""
    config = json.loads((folder / "adapter_config.json").read_text())
    writer = gguf.GGUFWriter(outfile, "gpt2")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", config["lora_alpha"])
    for name, tensor in load_file(folder / "adapter_model.safetensors").items():
        _, _, _, _, block, *module, factor, _ = name.split(".")
        target = f"blk.{block}.{GPT2_NAMES['.'.join(module)]}.weight"
        writer.add_tensor(f"{target}.{factor.lower()}", tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return outfile


def samples_of(merged: Path, base: Path) -> dict[str, dict[str, str]]:
    before = {tensor.name: tensor for tensor in gguf.GGUFReader(base).tensors}
    result = {}
    for tensor in gguf.GGUFReader(merged).tensors:
        if np.array_equal(np.asarray(tensor.data), np.asarray(before[tensor.name].data)):
            continue
        values = np.ascontiguousarray(tensor.data).reshape(-1)
        picked = values[np.linspace(0, len(values) - 1, SAMPLES).astype(np.int64)]
        result[tensor.name] = {
            "type": tensor.tensor_type.name,
            "samples": base64.b64encode(picked.tobytes()).decode(),
        }
    return result


def merged_samples(scratch: Path) -> list[dict]:
    llama = {t: base_gguf(seedling / "seedling-4m", t, scratch / f"llama-{t}.gguf") for t in ["bf16", "f32"]}
    gpt2 = {t: base_gguf(seedling / "seedling-gpt2-4m", t, scratch / f"gpt2-{t}.gguf") for t in ["f16", "f32"]}
    files = {"adapters-gpt2/conditions": gpt2_adapter(seedling / "adapters-gpt2/conditions", scratch / "g.gguf")}
    for name in ["conditions", "anatomy"]:
        adapter, outfile = seedling / "adapters" / name, scratch / f"{name}.gguf"
        files[f"adapters/{name}"] = converted(adapter, seedling / "seedling-4m", "f32", outfile)
    cases = [
        ("seedling-4m", llama["bf16"], {"adapters/conditions": 1}),
        ("seedling-4m", llama["f32"], {"adapters/conditions": 1}),
        ("seedling-4m", llama["f32"], {"adapters/conditions": 0.75, "adapters/anatomy": -0.5}),
        ("seedling-gpt2-4m", gpt2["f16"], {"adapters-gpt2/conditions": 1}),
        ("seedling-gpt2-4m", gpt2["f32"], {"adapters-gpt2/conditions": 1}),
    ]
    results = []
    for model, base, adapters in cases:
        merged = scratch / "merged.gguf"
        scaled = ",".join(f"{files[name]}:{scale}" for name, scale in adapters.items())
        command = [str(export_lora), "-m", str(base), "--lora-scaled", scaled, "-o", str(merged)]
        subprocess.run(command, check=True, capture_output=True)
        results.append({"model": model, "adapters": adapters, "tensors": samples_of(merged, base)})
    return results


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        hashes = {"comment": "sha256 of convert_lora_to_gguf.py's output", "hashes": convert_hashes(scratch)}
        (golden / "convert-lora.json").write_text(json.dumps(hashes, indent=2) + "\n")
        merged = {"comment": f"{SAMPLES} evenly spaced values of each merged tensor", "merges": merged_samples(scratch)}
        (golden / "merged-by-llama.json").write_text(json.dumps(merged, indent=1) + "\n")


main()
