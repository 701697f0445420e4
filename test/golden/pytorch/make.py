"""Writes the PyTorch fixtures of this folder: torch.save in both file forms, and what torch.load sees in them.

Run in this folder with any PyTorch from 2.1 on (made with 2.11.0): python make.py
"""
import collections
import json

import torch

generator = torch.Generator().manual_seed(1)


def random(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=generator).to(dtype)


def state():
    storage = random(24)
    matrix = random(6, 4)
    entries = collections.OrderedDict()
    entries["wte.weight"] = matrix
    entries["lm_head.weight"] = matrix  # tied: one storage, two names
    entries["half"] = random(3, 5, dtype=torch.float16)
    entries["brain"] = random(3, 5, dtype=torch.bfloat16)
    entries["double"] = random(2, dtype=torch.float64)
    entries["position_ids"] = torch.arange(7)
    entries["mask"] = torch.tril(torch.ones(4, 4)).to(torch.uint8).view(1, 1, 4, 4)
    entries["bool"] = torch.tensor([True, False, True])
    entries["slice"] = storage[5:17].view(3, 4)  # a storage offset
    entries["transposed"] = random(5, 3).t()  # not contiguous
    entries["expanded"] = random(1, 4).expand(3, 4)  # stride 0
    entries["every_second"] = storage[::2]
    entries["scalar"] = torch.tensor(2.5)
    entries["empty"] = torch.empty(0, 4)
    return entries


def module_state():
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(random(2, 3))
        layer.bias.copy_(random(2))
    return layer.state_dict()  # carries _metadata


def expected(entries):
    return [
        {
            "name": name,
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "hex": tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes().hex(),
        }
        for name, tensor in entries.items()
    ]


def write(name, entries, zip_form, **options):
    torch.save(entries, f"{name}.bin", _use_new_zipfile_serialization=zip_form, **options)
    # torch's own closed-list reader knows protocol 2 only; these files are ours.
    loaded = torch.load(f"{name}.bin", weights_only="pickle_protocol" not in options)
    with open(f"{name}.json", "w") as file:
        json.dump(expected(loaded), file, indent=1)


tensors = state()
write("zip", tensors, True)
write("legacy", tensors, False)
write("module-zip", module_state(), True)
write("module-legacy", module_state(), False)
write("protocol-4", tensors, True, pickle_protocol=4)
write("parameters", {"weight": torch.nn.Parameter(random(2, 2))}, True)
write("plain-dict-float8", {"weight": random(4).to(torch.float8_e4m3fn)}, True)
# Refused: a training checkpoint, and a whole module, which names its class.
torch.save({"epoch": 3, "state_dict": dict(tensors)}, "training.bin")
torch.save(torch.nn.Linear(2, 2), "module-object.bin")
