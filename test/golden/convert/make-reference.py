"""Stores what the reference converter writes for the test folders: metadata in order, tensors in order, hashes.

    python make-reference.py LLAMA_CPP_CHECKOUT FOLDERS REPOSITORY

LLAMA_CPP_CHECKOUT is llama.cpp v0.5.0, unchanged; FOLDERS is what make-folders.ts wrote; REPOSITORY is the checkout of
GGUF Studio, whose assets/seedling is converted too. Needs the packages of
requirements/requirements-convert_hf_to_gguf.txt (transformers 4.57.6, torch 2.11, numpy 2.2.6). Writes one JSON file per
case beside this script.

Two things are changed in the running converter, nothing in what it writes:
* get_vocab_base_pre answers the name that the case gives, because the hashes of tiny vocabularies are unknown to it
  (the same as ../reference/pre-tokenizer.patch).
* GPT-2's causal masks (.attn.bias, .attn.masked_bias) are dropped before it sees them. v0.5.0 means to skip them
  ("we don't need these") but passes them on to the name map, which raises "Can not map tensor".
"""
import hashlib
import json
import logging
import os
import struct
import sys
import tempfile
from pathlib import Path

checkout, folders, repository = (Path(argument) for argument in sys.argv[1:4])
sys.path.insert(0, str(checkout))
sys.path.insert(0, str(checkout / "gguf-py"))
os.environ["TRANSFORMERS_OFFLINE"] = "1"
logging.disable(logging.WARNING)

import gguf  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase, ModelType, TextModel, get_model_architecture  # noqa: E402
from conversion.gpt2 import GPT2Model  # noqa: E402

OUTTYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "bf16": gguf.LlamaFileType.MOSTLY_BF16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}
AUTO_NAMES = {gguf.LlamaFileType.MOSTLY_F16: "F16", gguf.LlamaFileType.MOSTLY_BF16: "BF16"}
LONGEST_LISTED_ARRAY = 32
CHUNKS = 16

recognized = TextModel.get_vocab_base_pre
answered_pre = None
TextModel.get_vocab_base_pre = lambda self, tokenizer: answered_pre or recognized(self, tokenizer)

filtered = GPT2Model.filter_tensors.__func__
GPT2Model.filter_tensors = classmethod(
    lambda cls, item: None if item[0].endswith((".attn.bias", ".attn.masked_bias")) else filtered(cls, item)
)


def convert(folder: Path, file_type, target: Path):
    hparams = ModelBase.load_hparams(folder, False)
    model_class = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    model = model_class(folder, file_type, target)
    chosen = model.ftype
    if file_type is not gguf.LlamaFileType.GUESSED:
        model.write()
    return chosen


def entry_of(field):
    """[key, type, value]; long arrays as their length, the SHA-256 of their encoded elements and the first elements."""
    types = [value_type.name.lower() for value_type in field.types]
    value = field.contents()
    if types[0] != "array":
        return [field.name, types[0], value]
    kind = f"{types[1]}[]"
    if len(value) <= LONGEST_LISTED_ARRAY:
        return [field.name, kind, value]
    digest = hashlib.sha256()
    for item in value:
        if types[1] == "string":
            data = item.encode("utf-8")
            digest.update(struct.pack("<Q", len(data)) + data)
        else:
            digest.update(struct.pack({"int32": "<i", "uint32": "<I", "float32": "<f", "bool": "<?"}[types[1]], item))
    return [field.name, kind, {"length": len(value), "sha256": digest.hexdigest(), "first": value[:4]}]


def hashes_of(data: bytes):
    """The SHA-256 of all bytes, then the first four bytes of that of each sixteenth: they show where a difference lies."""
    size = max(1, -(-len(data) // CHUNKS))
    parts = [hashlib.sha256(data[start : start + size]).hexdigest()[:8] for start in range(0, len(data), size)]
    return [hashlib.sha256(data).hexdigest(), "".join(parts)]


def reference_of(folder: Path):
    reference = {}
    with tempfile.TemporaryDirectory() as temporary, torch.inference_mode():
        for outtype, file_type in OUTTYPES.items():
            target = Path(temporary) / f"{outtype}.gguf"
            convert(folder, file_type, target)
            reader = gguf.GGUFReader(target)
            entries = [entry_of(field) for field in reader.fields.values() if not field.name.startswith("GGUF.")]
            file_types = [entry[2] for entry in entries if entry[0] == "general.file_type"]
            for entry in entries:
                if entry[0] == "general.file_type":
                    entry[2] = None
            if "metadata" not in reference:
                reference = {"metadata": entries, "fileTypes": {}, "tensors": []}
                for tensor in reader.tensors:
                    reference["tensors"].append({"name": tensor.name, "shape": [int(n) for n in tensor.shape]})
            assert entries == reference["metadata"], "metadata depends on the output type"
            reference["fileTypes"][outtype] = file_types[0]
            assert len(reader.tensors) == len(reference["tensors"])
            for tensor, stored in zip(reader.tensors, reference["tensors"]):
                assert (tensor.name, [int(n) for n in tensor.shape]) == (stored["name"], stored["shape"])
                data = numpy.ascontiguousarray(tensor.data).tobytes()
                stored[outtype] = [tensor.tensor_type.name, *hashes_of(data)]
        reference["auto"] = AUTO_NAMES[convert(folder, gguf.LlamaFileType.GUESSED, Path(temporary) / "auto.gguf")]
    return reference


cases = json.loads((folders / "cases.json").read_text(encoding="utf-8"))
for case in cases:
    case["folder"] = folders / case["folder"]
for name in ("seedling-4m", "seedling-gpt2-4m"):
    cases.append({"name": name, "folder": repository / "assets/seedling" / name, "pre": "gpt-2"})
wanted = sys.argv[4:]
for case in cases:
    if wanted and case["name"] not in wanted:
        continue
    answered_pre = case.get("pre")
    print(case["name"], flush=True)
    reference = reference_of(case["folder"])
    lines = [f'{{\n"auto": {json.dumps(reference["auto"])},\n"fileTypes": {json.dumps(reference["fileTypes"])},\n"metadata": [']
    lines.append(",\n".join(json.dumps(entry, ensure_ascii=False) for entry in reference["metadata"]))
    lines.append('],\n"tensors": [')
    lines.append(",\n".join(json.dumps(tensor) for tensor in reference["tensors"]))
    lines.append("]\n}\n")
    (Path(__file__).parent / f"{case['name']}.json").write_text("\n".join(lines), encoding="utf-8")
