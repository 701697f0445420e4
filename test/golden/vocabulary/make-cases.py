"""Makes cases.json: tiny tokenizers of every kind, and the entries that the reference converter writes for them.

    python make-cases.py PATCHED_LLAMA_CPP > cases.json

PATCHED_LLAMA_CPP is a copy of llama.cpp v0.5.0's `conversion` and `gguf-py` with test/golden/reference/pre-tokenizer.patch
(the reference knows no hash of a tiny vocabulary). A case holds its files (`base64` where they are binary), the
pre-tokenizer's name that the reference was told, and either the entries in file order or the error.
"""
import base64
import hashlib
import importlib.util
import json
import os
import struct
import sys
import tempfile
from pathlib import Path

here = Path(__file__).parent

BYTES = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
ALPHABET = [chr(byte) for byte in BYTES] + [chr(256 + index) for index in range(256 - len(BYTES))]


def added(content, token_id, special=True, normalized=False, **more):
    return {
        "id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
        "normalized": normalized, "special": special, **more,
    }


def without_id(token):
    return {key: value for key, value in token.items() if key != "id"}


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
MERGES = ["Ġ t", "h e", "Ġt he", "i n", "Ġ a", "r e"]


def byte_pair(first=("<|endoftext|>",), merges=MERGES, extra=(), **changes):
    """A byte-level BPE tokenizer.json: special tokens first, then the 256 bytes, then the merged tokens."""
    words = [*first, *ALPHABET, *("".join(merge.split(" ") if isinstance(merge, str) else merge) for merge in merges), *extra]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [added(token, index) for index, token in enumerate(first)],
        "normalizer": None, "pre_tokenizer": BYTE_LEVEL, "post_processor": None, "decoder": BYTE_LEVEL,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
            "fuse_unk": False, "byte_fallback": False, "vocab": {word: index for index, word in enumerate(words)}, "merges": list(merges),
        },
    }
    tokenizer.update(changes)
    return tokenizer


SIZE = 1 + 256 + len(MERGES)


def template(single, pair):
    def part(token):
        name, _, kind = token.partition(":")
        return {"Sequence": {"id": name[1:], "type_id": int(kind)}} if name.startswith("$") else {"SpecialToken": {"id": name, "type_id": int(kind)}}

    tokens = {token.partition(":")[0] for token in (single + " " + pair).split(" ")}
    return {
        "type": "TemplateProcessing", "single": [part(token) for token in single.split(" ")],
        "pair": [part(token) for token in pair.split(" ")] if pair else [],
        "special_tokens": {name: {"id": name, "ids": [0], "tokens": [name]} for name in sorted(tokens) if name and not name.startswith("$")},
    }


def config(architecture, model_type, size=None, **more):
    return {"architectures": [architecture], "model_type": model_type, **({} if size is None else {"vocab_size": size}), **more}


def gpt2(size=SIZE, **more):
    return config("GPT2LMHeadModel", "gpt2", size, **more)


def llama(size=SIZE, **more):
    return config("LlamaForCausalLM", "llama", size, **more)


def varint(value):
    result = b""
    while value > 0x7F:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def message(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def sentence_piece(pieces, byte_fallback=False):
    """ModelProto: pieces are (text, score, type)."""
    body = message(2, b"\x18\x02" + (b"\x98\x02\x01" if byte_fallback else b""))
    for text, score, kind in pieces:
        body += message(1, message(1, text.encode("utf-8")) + b"\x15" + struct.pack("<f", score) + b"\x18" + varint(kind))
    return body


# normal 1, unknown 2, control 3, user-defined 4, unused 5, byte 6
PIECES = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("▁the", -1.25, 1), ("▁a", -2.5, 1), ("▁", -3.1, 1), ("é", -0.1, 1), ("<mask>", 0, 4), ("<spare>", 0, 5)]
BYTE_PIECES = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), *((f"<0x{byte:02X}>", 0, 6) for byte in range(256)), ("▁the", -1, 1)]


def llama_hf(first=("<unk>", "<s>", "</s>"), added_tokens=None):
    words = [*first, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "t", "h", "e", "he", "the", "▁the"]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": added_tokens or [added(token, index) for index, token in enumerate(first)],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None, "post_processor": template("<s>:0 $A:0", "<s>:0 $A:0 <s>:1 $B:1"),
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": True, "byte_fallback": True, "vocab": {word: index for index, word in enumerate(words)}, "merges": ["h e", "t he", "▁ the"],
        },
    }


LLAMA_HF_SIZE = 3 + 256 + 7
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##s", "un", "##do", "é", "▁odd", "##"]


def word_piece(lowercase=True, strip_accents=None, **changes):
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added(token, index) for index, token in enumerate(WORDS[:5])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": strip_accents, "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": template("[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1"),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {word: index for index, word in enumerate(WORDS)}},
    }
    tokenizer.update(changes)
    return tokenizer


def bert(size=len(WORDS), **more):
    return config("BertModel", "bert", size, **more)


END = "<|endoftext|>"
GPT2_CONFIG = {"tokenizer_class": "GPT2Tokenizer", "bos_token": END, "eos_token": END, "unk_token": END}
LLAMA_CONFIG = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
DICT_TOKEN = {"__type": "AddedToken", "content": END, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast"}
CHATS = ("<|begin|>", "<|end|>", "<|turn|>", "<|sep|>")


def chat_pair(single, pair, **settings):
    return {
        "tokenizer.json": byte_pair(CHATS, post_processor=template(single, pair)),
        "tokenizer_config.json": {**FAST, **settings}, "config.json": llama(SIZE + 3),
    }


def with_added(tokens, **more):
    tokenizer = byte_pair()
    tokenizer["added_tokens"] += tokens
    return {"tokenizer.json": tokenizer, "tokenizer_config.json": {**GPT2_CONFIG, **more}, "config.json": gpt2(SIZE + 20)}


CASES = {
    # Byte-level BPE
    "bpe with special tokens": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2()}),
    "bpe without tokenizer_config.json": ("gpt-2", {"tokenizer.json": byte_pair(), "config.json": gpt2(bos_token_id=0, eos_token_id=0, pad_token_id=5)}),
    "bpe with an empty tokenizer_config.json": ("gpt-2", {"tokenizer.json": byte_pair(post_processor=template(f"{END}:0 $A:0", "")), "tokenizer_config.json": {}, "config.json": gpt2()}),
    "bpe whose embedding is larger than its vocabulary": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2(SIZE + 7)}),
    "bpe with holes in its ids": ("gpt-2", {"tokenizer.json": byte_pair(model={**byte_pair()["model"], "vocab": {word: index if index < 250 else index + 3 for word, index in byte_pair()["model"]["vocab"].items()}}), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2(SIZE + 3)}),
    "bpe whose vocabulary is larger than its embedding": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2(SIZE - 1)}),
    "bpe with merges as pairs": ("gpt-2", {"tokenizer.json": byte_pair(merges=[merge.split(" ") for merge in MERGES]), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2()}),
    "bpe with spaces inside merges": ("gpt-2", {"tokenizer.json": byte_pair(merges=[["Ġ", "t"], ["a", " b"], ["a b", " "]], extra=(" b", " ")), "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2(SIZE + 9)}),
    "bpe with merges in merges.txt only": ("gpt-2", {"tokenizer.json": byte_pair(merges=[]), "merges.txt": "#version: 0.2\nĠ t\r\nh e\n\nthree words here\nlone\n  i n  \n", "tokenizer_config.json": GPT2_CONFIG, "config.json": gpt2()}),
    "bpe with added tokens of every kind": ("gpt-2", with_added([
        added("<|im_start|>", 263), added("<tool>", 264, False), added("<|looks|>", 265, False), added("▁▁", 266, False), added("▁x", 267, False, True),
        added("é", 268, False), added("é normal", 269, False, True), added(" .", 270, False), added("<pad>", 271, False), added("<unused7>", 272, False),
    ])),
    "bpe that cleans up spaces": ("gpt-2", with_added([added("a .", 263, False), added("do n't", 264, False), added("x , y", 265)], clean_up_tokenization_spaces=True)),
    "bpe with wrong and repeated ids of added tokens": ("gpt-2", with_added([added("<a>", 400), added("<b>", 300), added("<a>", 301, False), added("Ġt", 17), added("", 280)])),
    "bpe whose special tokens are missing": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "pad_token": "[PAD]", "mask_token": {"content": "<mask>", "__type": "AddedToken", "lstrip": True, "rstrip": False, "normalized": False, "single_word": False}, "additional_special_tokens": ["<x>", END, "<y>"], "extra_special_tokens": {"image_token": "<image>"}}, "config.json": gpt2(SIZE + 9)}),
    "bpe whose class has defaults": ("gpt-2", {"tokenizer.json": byte_pair(("<s>",), added_tokens=[]), "tokenizer_config.json": {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "eos_token": None}, "config.json": llama(SIZE + 5)}),
    "bpe with added_tokens_decoder": ("gpt-2", {"tokenizer.json": byte_pair(), "special_tokens_map.json": {"pad_token": "<ignored>"}, "tokenizer_config.json": {**GPT2_CONFIG, "added_tokens_decoder": {"0": without_id(added(END, 0, False)), "263": without_id(added("<late>", 263, False)), "70": without_id(added("Ġthe", 70, True))}}, "config.json": gpt2(SIZE + 5)}),
    "bpe with special_tokens_map.json": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}, "special_tokens_map.json": {"bos_token": without_id(added(END, 0)), "pad_token": "<pad>", "additional_special_tokens": ["<extra>", without_id(added("<more>", 0, False))]}, "config.json": gpt2(SIZE + 5)}),
    "bpe with added_tokens.json": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "additional_special_tokens": ["<one>"]}, "added_tokens.json": {"<two>": 264, "<one>": 263}, "config.json": gpt2(SIZE + 5)}),
    "bpe as vocab.json and merges.txt": ("gpt-2", {"vocab.json": byte_pair()["model"]["vocab"], "merges.txt": "#version: 0.2\n" + "\n".join(MERGES) + "\n", "tokenizer_config.json": {"model_max_length": 1024}, "config.json": gpt2(bos_token_id=0, eos_token_id=0)}),
    "bpe as vocab.json with added tokens": ("gpt-2", {"vocab.json": byte_pair()["model"]["vocab"], "merges.txt": "#version: 0.2\n" + "\n".join(MERGES) + "\n", "added_tokens.json": {"<new>": 263}, "special_tokens_map.json": {"pad_token": "<new>"}, "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}, "config.json": gpt2(SIZE + 4)}),
    "qwen2 as vocab.json and merges.txt": ("qwen2", {"vocab.json": byte_pair()["model"]["vocab"], "merges.txt": "#version: 0.2\n" + "\n".join(MERGES) + "\n", "tokenizer_config.json": {"tokenizer_class": "Qwen2Tokenizer", "pad_token": END, "eos_token": "<|im_end|>", "added_tokens_decoder": {"0": without_id(added(END, 0)), "263": without_id(added("<|im_end|>", 263))}}, "config.json": config("Qwen2ForCausalLM", "qwen2", SIZE + 9, eos_token_id=263)}),
    # Which special tokens are added
    "post-processor with bos": ("llama-bpe", chat_pair("<|begin|>:0 $A:0", "<|begin|>:0 $A:0 <|begin|>:1 $B:1", bos_token="<|begin|>", eos_token="<|end|>")),
    "post-processor with bos that the configuration lacks": ("llama-bpe", chat_pair("<|begin|>:0 $A:0", "", eos_token="<|end|>")),
    "post-processor with another bos": ("llama-bpe", chat_pair("<|turn|>:0 $A:0", "", bos_token="<|begin|>", cls_token="<|sep|>")),
    "post-processor with eos": ("llama-bpe", chat_pair("$A:0 <|end|>:0", "$A:0 <|end|>:0 $B:1 <|end|>:1", eos_token="<|end|>")),
    "post-processor with another eos": ("llama-bpe", chat_pair("<|begin|>:0 $A:0 <|turn|>:0", "<|begin|>:0 $A:0 $B:1 <|turn|>:1", bos_token="<|begin|>", eos_token="<|end|>")),
    "post-processor with a separator": ("llama-bpe", chat_pair("<|begin|>:0 $A:0", "<|begin|>:0 $A:0 <|sep|>:0 $B:1", bos_token="<|begin|>", sep_token="<|sep|>", eos_token="<|end|>")),
    "post-processor with two separators": ("llama-bpe", chat_pair("<|begin|>:0 $A:0 <|end|>:0", "<|begin|>:0 $A:0 <|end|>:0 <|end|>:0 $B:1 <|end|>:1", bos_token="<|begin|>", eos_token="<|end|>")),
    "post-processor with an unknown separator": ("llama-bpe", chat_pair("<|begin|>:0 $A:0 <|end|>:0", "<|begin|>:0 $A:0 <|turn|>:0 $B:1 <|end|>:1", bos_token="<|begin|>", eos_token="<|end|>")),
    "post-processor overruled by the configuration": ("llama-bpe", chat_pair("<|begin|>:0 $A:0 <|end|>:0", "", bos_token="<|begin|>", eos_token="<|end|>", add_bos_token=False, add_eos_token=False, add_sep_token=True)),
    "post-processor of roberta": ("gpt-2", {"tokenizer.json": byte_pair(CHATS, post_processor={"type": "RobertaProcessing", "sep": ["<|sep|>", 3], "cls": ["<|begin|>", 0], "trim_offsets": True, "add_prefix_space": False}), "tokenizer_config.json": {**FAST, "eos_token": "<|end|>"}, "config.json": llama(SIZE + 3)}),
    "post-processors in sequence": ("llama-bpe", {"tokenizer.json": byte_pair(CHATS, post_processor={"type": "Sequence", "processors": [BYTE_LEVEL, template("<|begin|>:0 $A:0", "<|begin|>:0 $A:0 <|begin|>:1 $B:1")]}), "tokenizer_config.json": {**FAST, "bos_token": "<|begin|>", "eos_token": "<|turn|>"}, "config.json": llama(SIZE + 3, bos_token_id=0, eos_token_id=[1, 2])}),
    "cls and sep stand in for bos and eos": ("gpt-2", {"tokenizer.json": byte_pair(CHATS), "tokenizer_config.json": {**FAST, "cls_token": "<|begin|>", "sep_token": "<|sep|>"}, "config.json": llama(SIZE + 3)}),
    "bos given as an object": ("llama-bpe", {"tokenizer.json": byte_pair(post_processor=template(f"{END}:0 $A:0 {END}:0", "")), "tokenizer_config.json": {**FAST, "bos_token": DICT_TOKEN, "eos_token": DICT_TOKEN}, "config.json": llama(SIZE)}),
    "ids in text_config": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": FAST, "config.json": llama(None, text_config={"model_type": "llama", "bos_token_id": 3, "eos_token_id": 4, "vocab_size": SIZE})}),
    # Chat templates
    "template in tokenizer_config.json": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "chat_template": "{{ messages }}"}, "chat_template.jinja": "ignored", "config.json": gpt2()}),
    "named templates": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "chat_template": [{"name": "tool use", "template": "tools"}, {"name": "default", "template": "plain"}]}, "config.json": gpt2()}),
    "named templates without a default": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "chat_template": [{"name": "rag-é", "template": "rag"}]}, "config.json": gpt2()}),
    "template null": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "chat_template": None}, "chat_template.json": {"chat_template": "ignored"}, "config.json": gpt2()}),
    "template empty": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "chat_template": ""}, "config.json": gpt2()}),
    "template in chat_template.jinja": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "chat_template.jinja": "{% for m in messages %}\r\n{{ m }}\r{% endfor %}\n", "config.json": gpt2()}),
    "template in chat_template.json": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "chat_template.json": {"chat_template": "from json"}, "config.json": gpt2()}),
    "templates in additional_chat_templates": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "chat_template.jinja": "main", "additional_chat_templates/tool_use.jinja": "tools", "config.json": gpt2()}),
    # Llama
    "llama with add_prefix_space": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "add_prefix_space": True}, "config.json": llama()}),
    "llama of granite's size": ("gpt-2", {"tokenizer.json": byte_pair(), "tokenizer_config.json": {**GPT2_CONFIG, "add_bos_token": True}, "config.json": llama(49152)}),
    "llama of codellama's size": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": {**LLAMA_CONFIG, "chat_template": "t"}, "config.json": llama(32016, eos_token_id=2)}),
    "llama as tokenizer.json with byte fallback": (None, {"tokenizer.json": llama_hf(), "tokenizer_config.json": LLAMA_CONFIG, "config.json": llama(LLAMA_HF_SIZE)}),
    "llama as tokenizer.json with added tokens": (None, {"tokenizer.json": llama_hf(added_tokens=[added("<unk>", 0), added("<s>", 1, False), added("</s>", 2), added("<tool>", 266, False), added("<pad>", 267), added("the", 264)]), "tokenizer_config.json": {**LLAMA_CONFIG, "pad_token": "<pad>"}, "config.json": llama(LLAMA_HF_SIZE + 2, pad_token_id=267)}),
    "mistral with sentencepiece": (None, {"tokenizer.model": sentence_piece(BYTE_PIECES, True), "tokenizer_config.json": {**LLAMA_CONFIG, "add_bos_token": True, "add_eos_token": False}, "config.json": config("MistralForCausalLM", "mistral", len(BYTE_PIECES), bos_token_id=1, eos_token_id=2)}),
    # SentencePiece
    "sentencepiece alone": (None, {"tokenizer.model": sentence_piece(PIECES), "config.json": llama(len(PIECES), bos_token_id=1, eos_token_id=2, pad_token_id=99)}),
    "sentencepiece with added_tokens.json": (None, {"tokenizer.model": sentence_piece(PIECES), "added_tokens.json": {"<late>": 10, "<over>": 3, "<outside>": 40}, "tokenizer_config.json": LLAMA_CONFIG, "config.json": llama(12)}),
    "sentencepiece with added_tokens_decoder": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": {**LLAMA_CONFIG, "added_tokens_decoder": {"0": without_id(added("<unk>", 0)), "7": without_id(added("<mask>", 7, False)), "4": without_id(added("▁a▁b", 4, False)), "9": without_id(added("<|x|>", 9, False)), "40": without_id(added("<outside>", 40))}}, "config.json": llama(12)}),
    "sentencepiece larger than the embedding": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": LLAMA_CONFIG, "config.json": llama(5)}),
    "sentencepiece of qwen2": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": LLAMA_CONFIG, "config.json": config("Qwen2ForCausalLM", "qwen2", 11)}),
    "gemma2": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": {"tokenizer_class": "GemmaTokenizer", "bos_token": "<s>", "eos_token": "</s>"}, "config.json": config("Gemma2ForCausalLM", "gemma2", len(PIECES))}),
    "gemma3": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": {"tokenizer_class": "GemmaTokenizer", "add_bos_token": True}, "config.json": config("Gemma3ForCausalLM", "gemma3_text", 14)}),
    "gemma3 without tokenizer.model": ("gemma4", {"tokenizer.json": llama_hf(), "tokenizer_config.json": {"tokenizer_class": "GemmaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}, "config.json": config("Gemma3ForCausalLM", "gemma3_text", 300)}),
    "phi3": (None, {"tokenizer.model": sentence_piece(PIECES), "added_tokens.json": {"<early>": 9, "<outside>": 60}, "tokenizer_config.json": {**LLAMA_CONFIG, "added_tokens_decoder": {"9": without_id(added("<|end|>", 9)), "10": without_id(added("▁z", 10, False))}}, "tokenizer.json": {**llama_hf(), "added_tokens": [added("<|end|>", 9, False), added("<|user|>", 11), added("</s>", 2, False)]}, "config.json": config("Phi3ForCausalLM", "phi3", 13, eos_token_id=9, pad_token_id=9)}),
    "phi3 with a token outside": (None, {"tokenizer.model": sentence_piece(PIECES), "tokenizer_config.json": {**LLAMA_CONFIG, "added_tokens_decoder": {"20": without_id(added("<|end|>", 20))}}, "config.json": config("Phi3ForCausalLM", "phi3", 13)}),
    "phi4": ("gpt-4o", {"tokenizer.json": byte_pair(), "tokenizer_config.json": GPT2_CONFIG, "config.json": config("Phi3ForCausalLM", "phi3", SIZE)}),
    # WordPiece
    "bert": ("bert-bge", {"tokenizer.json": word_piece(), "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}, "config.json": bert(type_vocab_size=2, pad_token_id=0)}),
    "bert that keeps case": ("bert-bge", {"tokenizer.json": word_piece(False, False), "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "do_lower_case": False, "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]", "pad_token": "[PAD]", "unk_token": "[UNK]"}, "config.json": bert(len(WORDS) + 3, type_vocab_size=1)}),
    "bert with normalizers in sequence": ("bert-bge", {"tokenizer.json": word_piece(normalizer={"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}]}), "tokenizer_config.json": FAST, "config.json": bert(type_vocab_size=2)}),
    "bert as vocab.txt": ("bert-bge", {"vocab.txt": "\n".join(WORDS) + "\n", "tokenizer_config.json": {"do_lower_case": True}, "config.json": bert(type_vocab_size=2)}),
    "bert as vocab.txt with a word twice": ("bert-bge", {"vocab.txt": "\n".join([*WORDS[:8], "the", *WORDS[8:]]), "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}, "config.json": bert(len(WORDS) + 2, type_vocab_size=2)}),
}

LONGEST_LIST = 700


def shortened(entry):
    """Long lists are stored as their length and the SHA-256 of their JSON, written as JavaScript would."""
    key, kind, value = entry
    if not isinstance(value, list) or len(value) <= LONGEST_LIST:
        return entry
    if kind == "float32[]":
        value = [struct.unpack("<f", struct.pack("<f", number))[0] for number in value]
        value = [int(number) if number == int(number) else number for number in value]
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return [key, kind, {"length": len(value), "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest()}]


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)).encode("utf-8"))


def load_reference():
    """`entries_of` of dump-reference.py, which takes the checkout from sys.argv."""
    specification = importlib.util.spec_from_file_location("dump_reference", here / "dump-reference.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.entries_of


def reference(entries_of, folder, pre):
    os.environ.pop("GGUF_STUDIO_PRE", None)
    if pre is not None:
        os.environ["GGUF_STUDIO_PRE"] = pre
    result = entries_of(folder)
    if "entries" in result:
        result["entries"] = [shortened(entry) for entry in result["entries"]]
    return result


def stored(content):
    return {"base64": base64.b64encode(content).decode()} if isinstance(content, bytes) else content


if __name__ == "__main__":
    entries_of = load_reference()
    with tempfile.TemporaryDirectory() as root:
        cases = {}
        for index, (name, (pre, files)) in enumerate(CASES.items()):
            folder = Path(root) / f"case-{index}"
            write(folder, files)
            result = reference(entries_of, folder, pre)
            print(f"{name}: {result.get('error', 'ok')[:150]}", file=sys.stderr)
            cases[name] = {"pre": pre, "files": {file: stored(content) for file, content in files.items()}, **result}
    print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(case, ensure_ascii=False, separators=(',', ':'))}" for name, case in cases.items()) + "\n}")
