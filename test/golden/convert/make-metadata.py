"""Stores the <arch>.* metadata that the reference derives from seeded variations of config.json: keys left out, null,
of other values, rotary scalings of every kind. It proves that each family states the defaults of transformers 4.57.6.

    python make-metadata.py LLAMA_CPP_CHECKOUT [CASES_PER_FAMILY [SEED [TARGET]]]

Writes metadata.json beside this script (or TARGET). Configurations that the reference itself fails on are left out, and so are
those that transformers refuses, because the reference then goes on with a configuration without defaults.
"""
import json
import logging
import os
import random
import sys
import tempfile
from pathlib import Path

checkout = Path(sys.argv[1])
per_family = int(sys.argv[2]) if len(sys.argv) > 2 else 12
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
target = Path(sys.argv[4]) if len(sys.argv) > 4 else Path(__file__).parent / "metadata.json"
sys.path.insert(0, str(checkout))
sys.path.insert(0, str(checkout / "gguf-py"))
os.environ["TRANSFORMERS_OFFLINE"] = "1"
logging.disable(logging.CRITICAL)

import gguf  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase, ModelType, get_model_architecture  # noqa: E402
from transformers import AutoConfig  # noqa: E402

FACTORS = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 8.0]


def decoder(**others):
    sizes = {
        "hidden_size": [64, 128], "intermediate_size": [96, 256], "num_hidden_layers": [1, 3], "num_attention_heads": [4],
        "num_key_value_heads": [1, 2, 4, None], "head_dim": [16, 32, None], "vocab_size": [300], "rms_norm_eps": [1e-5, 1e-6],
        "max_position_embeddings": [512, 131072], "rope_theta": [10000, 500000.0], "tie_word_embeddings": [True, False],
        "sliding_window": [128, None], "torch_dtype": ["bfloat16", "float32"], "is_causal": [False],
        "original_max_position_embeddings": [4096], "partial_rotary_factor": [0.5], "rope_local_base_freq": [123.0],
    }  # fmt: skip
    return {**sizes, **others}


SCALINGS = [
    None,
    {"type": "linear", "factor": 2.0},
    {"rope_type": "linear", "factor": 4.0},
    {"rope_type": "dynamic", "factor": 2.0},
    {"rope_type": "default"},
    {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024},
    {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 256, "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 0.5},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 256},
    {"rope_type": "longrope", "factor": 2.0, "short_factor": FACTORS, "long_factor": FACTORS},
]  # fmt: skip
PARAMETERS = [{"rope_type": "default", "rope_theta": 777.0}, {"rope_type": "linear", "factor": 2.0, "rope_theta": 5.0}]
PHI_SCALINGS = [None, *({"type": kind, "short_factor": FACTORS, "long_factor": FACTORS} for kind in ("su", "longrope", "yarn"))]
FAMILIES = {
    "LlamaForCausalLM": ("llama", decoder(rope_scaling=SCALINGS, rope_parameters=PARAMETERS)),
    "MistralForCausalLM": ("mistral", decoder(rope_parameters=PARAMETERS)),
    "Qwen2ForCausalLM": ("qwen2", decoder(rope_scaling=SCALINGS, rope_parameters=PARAMETERS)),
    "Qwen3ForCausalLM": ("qwen3", decoder(rope_scaling=SCALINGS, rope_parameters=PARAMETERS)),
    "Phi3ForCausalLM": ("phi3", decoder(rope_scaling=PHI_SCALINGS, head_dim=[], is_causal=[], partial_rotary_factor=[1.0])),
    "GPT2LMHeadModel": ("gpt2", {
        "n_embd": [64, 128], "n_layer": [2], "n_head": [4], "n_positions": [64], "n_ctx": [64, 32], "n_inner": [None], "vocab_size": [300],
        "layer_norm_epsilon": [1e-6], "hidden_size": [96], "num_hidden_layers": [5],
    }),
    "Gemma2ForCausalLM": ("gemma2", decoder(attn_logit_softcapping=[10.0], final_logit_softcapping=[20.0], sliding_window=[64])),
    "Gemma3ForCausalLM": ("gemma3_text", decoder(
        rope_scaling=SCALINGS[:5], sliding_window=[64], sliding_window_pattern=[1, 6], final_logit_softcapping=[20.0, None],
        use_bidirectional_attention=[True, False],
        rope_parameters=[{"full_attention": {"rope_type": "default", "rope_theta": 7.0}, "sliding_attention": {"rope_theta": 3.0}}],
    )),
    "BertModel": ("bert", {
        "hidden_size": [64], "intermediate_size": [96], "num_hidden_layers": [2], "num_attention_heads": [4],
        "max_position_embeddings": [40], "layer_norm_eps": [1e-5], "vocab_size": [300], "type_vocab_size": [1],
        "id2label": [{"0": "LABEL_0"}, {"1": "b", "0": "a"}, {"0": "LABEL_0", "1": "LABEL_1"}], "num_labels": [1, 3], "is_decoder": [False],
    }),
}  # fmt: skip


def plain(value):
    if isinstance(value.value, (list, tuple)):
        return [f"{gguf.GGUFValueType.get_type(value.value[0]).name.lower()}[]", list(value.value)]
    number = value.value.value if hasattr(value.value, "value") else value.value
    return [value.type.name.lower(), number]


def reference_of(config, folder: Path):
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    AutoConfig.from_pretrained(folder, trust_remote_code=False)
    hparams = ModelBase.load_hparams(folder, False)
    heads = hparams.get("num_attention_heads", 1)
    assert heads % (hparams.get("num_key_value_heads") or heads) == 0, "no such model"
    model_class = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    model = model_class(folder, gguf.LlamaFileType.MOSTLY_F16, folder / "out.gguf")
    generated = [[name, len(tensor)] for name, tensor in model.generate_extra_tensors()]
    model.set_gguf_parameters()
    entries = [[key, *plain(value)] for key, value in model.gguf_writer.kv_data[0].items()]
    assert all(entry[2] is not None for entry in entries), "the writer would fail"
    return {"generated": generated, "entries": entries}


cases = []
for architecture, (model_type, choices) in FAMILIES.items():
    made = 0
    for _ in range(20 * per_family):
        if made == per_family:
            break
        config = {"architectures": [architecture], "model_type": model_type}
        share = random.choice([0.2, 0.5, 0.8])
        for key, values in choices.items():
            # The reference cannot do without n_ctx, for which transformers has no default.
            if values and (key == "n_ctx" or random.random() < share):
                config[key] = random.choice(values)
        with tempfile.TemporaryDirectory() as folder:
            try:
                cases.append({"config": config, **reference_of(config, Path(folder))})
            except Exception:
                continue
        made += 1
    print(architecture, made)

lines = ",\n".join(json.dumps(case) for case in cases)
target.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
