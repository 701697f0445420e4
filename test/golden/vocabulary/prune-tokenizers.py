"""Writes real-tokenizers.json: real tokenizers, cut down to what the encoding of the reference's test text can touch.

    python prune-tokenizers.py LLAMA_CPP_CHECKOUT FOLDER...

A token or merge is kept when it is part of a piece of the test text, so the cut tokenizer gives the same ids, and with
them the hash by which the reference tells tokenizers apart; both are checked here. Folders come from
rebuild-tokenizers.py or from npm packages (see README.md). Only permissively licensed tokenizers are stored.
"""
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ["TRANSFORMERS_OFFLINE"] = "1"

from transformers import AutoTokenizer  # noqa: E402

LICENCES = {
    "gpt-2": "MIT (openai-community/gpt2)",
    "mpt": "Apache-2.0 (mosaicml/mpt-7b)",
    "falcon": "Apache-2.0 (tiiuae/falcon-7b)",
    "qwen2": "Apache-2.0 (Qwen/Qwen1.5-7B)",
    "bert-bge": "MIT (BAAI/bge-small-en-v1.5)",
    "deepseek_v3": "MIT (deepseek-ai/DeepSeek-V3)",
    "mistral_nemo": "Apache-2.0 (mistralai/Mistral-Nemo-Base-2407)",
    "gpt4o": "MIT (tiktoken o200k_base)",
}
KEPT_SETTINGS = ("tokenizer_class", "add_bos_token", "add_eos_token", "bos_token", "eos_token", "unk_token", "do_lower_case")

converter = (Path(sys.argv[1]) / "conversion/base.py").read_text(encoding="utf-8")
text = eval(re.search(r"chktxt = ('.*')", converter).group(1))  # a literal of the reference
names = dict(re.findall(r'if chkhsh == "([0-9a-f]{64})":\n\s+# ref: \S+\n\s+res = "([^"]+)"', converter))


def prune(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    backend = tokenizer.backend_tokenizer
    ids = tokenizer.encode(text)
    definition = json.loads(backend.to_str())
    normalized = backend.normalizer.normalize_str(text) if backend.normalizer else text
    pieces = {piece for piece, _ in backend.pre_tokenizer.pre_tokenize_str(normalized)}
    parts = {piece[start:end] for piece in pieces for start in range(len(piece)) for end in range(start + 1, len(piece) + 1)}
    model = definition["model"]
    used = {tokenizer.convert_ids_to_tokens(index) for index in ids}
    model["vocab"] = {token: index for token, index in model["vocab"].items() if token in used or token in parts or (token[2:] in parts and token.startswith("##"))}
    kept = [token for token in definition["added_tokens"] if token["content"] in used or token["content"] in (tokenizer.unk_token, tokenizer.cls_token, tokenizer.sep_token)]
    # The ids of added tokens count from the size of the vocabulary, which is now smaller: the model gets to know them.
    model["vocab"].update({token["content"]: token["id"] for token in kept})
    definition["added_tokens"] = kept
    if "merges" in model:
        pairs = [merge if isinstance(merge, list) else merge.split(" ") for merge in model["merges"]]
        model["merges"] = [" ".join(pair) for pair in pairs if "".join(pair) in parts]
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    return definition, {key: settings[key] for key in KEPT_SETTINGS if key in settings}, ids


def ids_of(definition, settings):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tokenizer.json").write_text(json.dumps(definition), encoding="utf-8")
        Path(folder, "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
        return AutoTokenizer.from_pretrained(folder).encode(text)


lines = []
for folder in map(Path, sys.argv[2:]):
    definition, settings, ids = prune(folder)
    assert ids_of(definition, settings) == ids, folder
    digest = hashlib.sha256(str(ids).encode()).hexdigest()
    entry = {"licence": LICENCES[folder.name], "hash": digest, "name": names[digest], "settings": settings, "tokenizer": definition}
    lines.append(f"{json.dumps(folder.name)}: {json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}")
    print(folder.name, names[digest], len(definition["model"]["vocab"]), "tokens", file=sys.stderr)
(Path(__file__).parent / "real-tokenizers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
