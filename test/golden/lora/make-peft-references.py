"""Merges the adapters of peft-cases.json with PEFT itself: merged-by-peft.json holds the F32 weights that changed.

    python make-peft-references.py        (torch, transformers 4.57.6, peft 0.18.0)
"""
import base64
import json
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from peft.utils.merge_utils import ties
from seeded import adapter_tensors, seeded_floats, write_safetensors
from transformers import AutoConfig, AutoModelForCausalLM

golden = Path(__file__).parent


def base_model(config: dict):
    fields = {key: value for key, value in config.items() if key not in ("architectures", "model_type")}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config["model_type"], **fields))
    model.eval()
    with torch.no_grad():
        parameters = dict(model.named_parameters())
        for index, name in enumerate(sorted(parameters)):
            parameter = parameters[name]
            parameter.copy_(seeded_floats(1000 + index, parameter.numel()).view(parameter.shape))
    return model


def weights_of(model) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def load(model, case: dict, scratch: Path):
    for index, adapter in enumerate(case["adapters"]):
        folder = scratch / str(index)
        folder.mkdir()
        config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "inference_mode": True, **adapter["config"]}
        (folder / "adapter_config.json").write_text(json.dumps(config))
        write_safetensors(folder / "adapter_model.safetensors", adapter_tensors(adapter, 100 * index))
        if index == 0:
            model = PeftModel.from_pretrained(model, folder, adapter_name="0")
        else:
            model.load_adapter(folder, adapter_name=str(index))
    return model


def merged(case: dict, config: dict) -> dict[str, torch.Tensor]:
    names = [str(index) for index in range(len(case["adapters"]))]
    with tempfile.TemporaryDirectory() as scratch, torch.no_grad():
        model = load(base_model(config), case, Path(scratch))
        if "method" not in case:
            return weights_of(model.merge_and_unload(adapter_names=names))
        result = weights_of(base_model(config))
        for module_name, module in model.base_model.model.named_modules():
            if hasattr(module, "get_delta_weight"):
                deltas = [module.get_delta_weight(name) for name in names]
                weights = torch.full((len(names),), case["weight"])
                result[f"{module_name}.weight"] += ties(deltas, weights, case["density"])
        return result


def main() -> None:
    spec = json.loads((golden / "peft-cases.json").read_text())
    results = {}
    for case in spec["cases"]:
        config = spec["bases"][case["base"]]
        before, after = weights_of(base_model(config)), merged(case, config)
        assert before.keys() == after.keys(), before.keys() ^ after.keys()
        changed = {name: after[name] for name in sorted(after) if not torch.equal(before[name], after[name])}
        results[case["name"]] = {
            name: base64.b64encode(tensor.contiguous().numpy().tobytes()).decode() for name, tensor in changed.items()
        }
        print(case["name"], list(changed))
    comment = "Changed weights after merging with PEFT, little-endian F32 in base64; see make-peft-references.py"
    (golden / "merged-by-peft.json").write_text(json.dumps({"comment": comment, "weights": results}, indent=1) + "\n")


main()
