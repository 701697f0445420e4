"""Rebuilds Hugging Face folders from the vocabularies that llama.cpp ships (models/ggml-vocab-*.gguf).

    python rebuild-tokenizers.py LLAMA_CPP_CHECKOUT TARGET_FOLDER

A GGUF holds tokens, merges and scores but not the splitting rules, so those are stated here; that the rules are right is
shown by the reference converter, whose hash of the rebuilt tokenizer has to be the known one. Used to check
conversions of real vocabularies and as input of prune-tokenizers.py.
"""
import json
import struct
import sys
from pathlib import Path

checkout, target = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(checkout / "gguf-py"))

from gguf import GGUFReader  # noqa: E402

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CHINESE = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
DEEPSEEK_LETTERS = (
    "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370"
    "-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481"
    "\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b"
    "\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b"
    "\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb"
    "\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128"
    "\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4"
    "\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf"
    "\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8"
    "-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943]+"
)
DEEPSEEK_PUNCTUATION = "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+"


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def byte_level(words, trim=True):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": trim, "use_regex": words}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


DIGITS = {"type": "Digits", "individual_digits": True}
NFC = {"type": "NFC"}

# name of the GGUF: pre_tokenizer, normalizer, ignore_merges, tokenizer_class, licence of the model
BYTE_LEVEL = {
    "gpt-2": (byte_level(True), None, False, "GPT2Tokenizer", "MIT"),
    "mpt": (byte_level(True), NFC, False, "GPTNeoXTokenizer", "Apache-2.0"),
    "starcoder": (sequence(DIGITS, byte_level(True)), None, False, "GPT2Tokenizer", "BigCode OpenRAIL-M"),
    "refact": (sequence(DIGITS, byte_level(True)), None, False, "GPT2Tokenizer", "BigScience OpenRAIL-M"),
    "command-r": (sequence(DIGITS, byte_level(True)), NFC, False, "CohereTokenizer", "CC-BY-NC-4.0"),
    "falcon": (
        sequence(
            {"type": "Punctuation", "behavior": "Contiguous"},
            byte_level(True),
            {"type": "Digits", "individual_digits": False},
            split("[0-9][0-9][0-9]"),
        ),
        None, False, "PreTrainedTokenizerFast", "Apache-2.0",
    ),
    "deepseek-coder": (
        sequence(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(CHINESE), DIGITS, byte_level(False)),
        {"type": "Sequence", "normalizers": []}, False, "LlamaTokenizer", "DeepSeek",
    ),
    "deepseek-llm": (
        sequence(
            split("[\r\n]"), split(DEEPSEEK_LETTERS), split(DEEPSEEK_PUNCTUATION), split(r"\s+$"),
            split(CHINESE), DIGITS, byte_level(False),
        ),
        {"type": "Sequence", "normalizers": []}, False, "LlamaTokenizer", "DeepSeek",
    ),
    "llama-bpe": (sequence(split(LLAMA3), byte_level(False)), None, True, "PreTrainedTokenizerFast", "Llama 3"),
    "qwen2": (sequence(split(QWEN2), byte_level(False, False)), NFC, False, "Qwen2Tokenizer", "Apache-2.0"),
    "qwen35": (sequence(split(QWEN35), byte_level(False, False)), NFC, False, "Qwen2Tokenizer", "Apache-2.0"),
}
SENTENCE_PIECE = {"llama-spm": "LlamaForCausalLM", "phi-3": "Phi3ForCausalLM", "baichuan": "LlamaForCausalLM"}
LLAMA_LIKE = {"LlamaTokenizer", "CohereTokenizer", "PreTrainedTokenizerFast"}


def varint(value):
    result = b""
    while value > 0x7F:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def piece(text, score, kind):
    """A SentencePiece message of ModelProto (sentencepiece_model.proto)."""
    body = message(1, text.encode("utf-8")) + b"\x15" + struct.pack("<f", score) + b"\x18" + varint(kind)
    return message(1, body)


class Vocabulary:
    def __init__(self, name):
        self.fields = GGUFReader(checkout / f"models/ggml-vocab-{name}.gguf").fields

    def get(self, key, default=None):
        field = self.fields.get(f"tokenizer.{key}")
        return default if field is None else field.contents()

    def token(self, kind):
        token_id = self.get(f"ggml.{kind}_token_id")
        return None if token_id is None else self.get("ggml.tokens")[token_id]


def added(content, token_id, special):
    return {
        "id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
        "normalized": not special, "special": special,
    }


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")


def config(architecture, model_type, size, **more):
    return {"architectures": [architecture], "model_type": model_type, "vocab_size": size, **more}


def rebuild_byte_level(name):
    pre_tokenizer, normalizer, ignore_merges, tokenizer_class, _ = BYTE_LEVEL[name]
    vocabulary = Vocabulary(name)
    tokens, types = vocabulary.get("ggml.tokens"), vocabulary.get("ggml.token_type")
    # 1 normal, 3 control, 4 user-defined, 5 unused
    vocab = {token: index for index, token in enumerate(tokens) if types[index] != 5}
    marked = [added(token, index, types[index] == 3) for index, token in enumerate(tokens) if types[index] in (3, 4)]
    bos = vocabulary.token("bos")
    template = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {bos: {"id": bos, "ids": [vocab[bos]], "tokens": [bos]}},
    }
    adds_bos = name == "llama-bpe" or vocabulary.get("ggml.add_bos_token", False)
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": marked, "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer, "post_processor": template if adds_bos else byte_level(True, False),
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": ignore_merges,
            "vocab": vocab, "merges": vocabulary.get("ggml.merges"),
        },
    }
    tokenizer_config = {"tokenizer_class": tokenizer_class, "clean_up_tokenization_spaces": False}
    if tokenizer_class in ("LlamaTokenizer", "CohereTokenizer", "GPTNeoXTokenizer"):
        tokenizer_config["add_bos_token"] = bool(adds_bos)
    for kind, role in (("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad")):
        if (token := vocabulary.token(kind)) is not None:
            tokenizer_config[f"{role}_token"] = token
        elif role == "unk" and tokenizer_class == "LlamaTokenizer":
            tokenizer_config["unk_token"] = None
    if (template := vocabulary.get("chat_template")) is not None:
        tokenizer_config["chat_template"] = template
    architecture = ("Qwen2ForCausalLM", "qwen2") if name.startswith("qwen") else ("LlamaForCausalLM", "llama")
    if name == "gpt-2":
        architecture = ("GPT2LMHeadModel", "gpt2")
    write(target / name, {
        "tokenizer.json": tokenizer, "tokenizer_config.json": tokenizer_config,
        "config.json": config(*architecture, len(tokens)),
    })


def rebuild_gpt2_slow():
    """DialoGPT's files: no tokenizer.json."""
    vocabulary = Vocabulary("gpt-2")
    vocab = {token: index for index, token in enumerate(vocabulary.get("ggml.tokens"))}
    write(target / "gpt-2-slow", {
        "vocab.json": vocab, "merges.txt": "\n".join(["#version: 0.2", *vocabulary.get("ggml.merges")]) + "\n",
        "tokenizer_config.json": {"model_max_length": 1024},
        "config.json": config("GPT2LMHeadModel", "gpt2", len(vocab), bos_token_id=50256, eos_token_id=50256),
    })


def rebuild_word_piece():
    vocabulary = Vocabulary("bert-bge")
    types = vocabulary.get("ggml.token_type")
    words = []
    for index, token in enumerate(vocabulary.get("ggml.tokens")):
        plain = types[index] == 3
        words.append(token if plain else token[1:] if token.startswith("\u2581") else "##" + token)
    write(target / "bert-bge", {
        "vocab.txt": "\n".join(words) + "\n",
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": True},
        "config.json": config("BertModel", "bert", len(words), type_vocab_size=2, pad_token_id=0),
    })


def rebuild_sentence_piece(name):
    vocabulary = Vocabulary(name)
    scores, types = vocabulary.get("ggml.scores"), vocabulary.get("ggml.token_type")
    tokens = vocabulary.get("ggml.tokens")
    # trainer_spec: model_type 2 (BPE), byte_fallback
    model = message(2, b"\x18\x02" + (b"\x98\x02\x01" if 6 in types else b""))
    decoder = {}
    for index, token in enumerate(tokens):
        if len(decoder) == 0 and not (index >= 32000 and name == "phi-3"):
            model += piece(token, scores[index], types[index])
        else:
            decoder[str(index)] = added(token, index, types[index] == 3)
    tokenizer_config = {"tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": decoder, "add_bos_token": True, "add_eos_token": False}
    for kind, role in (("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad")):
        if (token := vocabulary.token(kind)) is not None:
            tokenizer_config[f"{role}_token"] = token
    architecture = SENTENCE_PIECE[name]
    more = {f"{kind}_token_id": vocabulary.get(f"ggml.{kind}_token_id") for kind in ("bos", "eos")}
    write(target / name, {
        "tokenizer.model": model, "tokenizer_config.json": tokenizer_config,
        "config.json": config(architecture, "phi3" if name == "phi-3" else "llama", len(tokens), **more),
    })


if __name__ == "__main__":
    for name in BYTE_LEVEL:
        rebuild_byte_level(name)
    rebuild_gpt2_slow()
    rebuild_word_piece()
    for name in SENTENCE_PIECE:
        rebuild_sentence_piece(name)
