"""Prints, as JSON, the metadata entries that the reference converter's `set_vocab` writes for Hugging Face folders.

    python dump-reference.py LLAMA_CPP_CHECKOUT FOLDER... > expected.json

Run with the checkout of llama.cpp that docs name (v0.5.0), patched as test/golden/reference/README.md says when a
folder's pre-tokenizer hash is unknown to it (then set GGUF_STUDIO_PRE). Needs transformers 4.57 and sentencepiece.
"""
import json
import logging
import os
import sys
from pathlib import Path

checkout = Path(sys.argv[1])
sys.path.insert(0, str(checkout))
sys.path.insert(0, str(checkout / "gguf-py"))
os.environ["TRANSFORMERS_OFFLINE"] = "1"
logging.disable(logging.WARNING)

import gguf  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase, ModelType, get_model_architecture  # noqa: E402


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, gguf.TokenType) else value


def element_type(value):
    value_type = value.type.name.lower()
    if value_type != "array":
        return value_type
    return gguf.GGUFValueType.get_type(value.value[0]).name.lower() + "[]"


def entries_of(folder: Path):
    """Only `set_vocab` runs: no tensor is needed, so the constructor, which looks for them, is skipped."""
    hparams = ModelBase.load_hparams(folder, False)
    architecture = get_model_architecture(hparams, ModelType.TEXT)
    model_class = get_model_class(architecture)
    model = model_class.__new__(model_class)
    if "text_config" in hparams:
        hparams = {**hparams, **hparams["text_config"]}
    model.dir_model, model.hparams, model.hf_arch = folder, hparams, architecture
    model.is_mistral_format, model.origin_hf_arch = False, architecture
    model.gguf_writer = gguf.GGUFWriter(path=None, arch=gguf.MODEL_ARCH_NAMES[model_class.model_arch])
    model.gguf_writer.kv_data[0].clear()
    try:
        model.set_vocab()
    except Exception as error:  # the refusal is the golden result
        return {"error": f"{type(error).__name__}: {error}"}
    entries = model.gguf_writer.kv_data[0].items()
    return {
        "vocab_size": hparams.get("vocab_size"),
        "entries": [[key, element_type(value), plain(value.value)] for key, value in entries],
    }


if __name__ == "__main__":
    folders = [Path(argument) for argument in sys.argv[2:]]
    print(json.dumps({folder.name: entries_of(folder) for folder in folders}, ensure_ascii=True))
