"""Writes llama-perplexity.json: what llama-perplexity of llama.cpp v0.5.0 says of Seedling's levels.

    python3 make-reference.py LLAMA_PERPLEXITY MODELS TEXT

MODELS holds base.gguf (`gguf-studio convert seedling-4m --outfile base.gguf --outtype auto`, BF16) and
seedling-4m-LEVEL.gguf (`gguf-studio quantize seedling-4m --outdir . --levels ...`, byte for byte llama-quantize's). The
tool is built as in test/bench/peer-tools.ts; GGML_BACKEND_PATH names the CPU back end (libggml-cpu-haswell.so here).
"""

import json
import os
import re
import subprocess
import sys

LEVELS = ["Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"]
CONTEXT = 256
CHUNKS = 32
NUMBER = r"(-?\d+\.\d+)"


def run(*words):
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    return done.stdout + done.stderr


def pair(log, name):
    found = re.search(re.escape(name) + r"\s*:\s*" + NUMBER + r" ±\s*" + NUMBER, log)
    return [float(found[1]), float(found[2])]


def percentiles(log, unit, scale):
    names = {"Maximum": "max", "Median": "median", "Minimum": "min"}
    found = {}
    for name, value in re.findall(r"^\s*(\S+?)%?\s+" + unit + r":\s+" + NUMBER + r"%?$", log, re.M):
        label = names.get(name, re.sub(r"\.0$", "", name))
        found[label] = float(value) / scale
    return found


def main():
    tool, models, text = sys.argv[1:4]
    logits = os.path.join(models, "base.logits")
    common = ["-c", str(CONTEXT), "--chunks", str(CHUNKS), "-t", "1", "--kl-divergence-base", logits]
    base_log = run(tool, "-m", os.path.join(models, "base.gguf"), "-f", text, *common)
    estimate = re.search(r"Final estimate: PPL = " + NUMBER + r" \+/- " + NUMBER, base_log)
    result = {
        "tool": "llama-perplexity of llama.cpp v0.5.0",
        "backend": os.path.basename(os.environ["GGML_BACKEND_PATH"]),
        "text": os.path.basename(text),
        "contextSize": CONTEXT,
        "chunks": CHUNKS,
        "logitsBytes": os.path.getsize(logits),
        "base": {"ppl": [float(estimate[1]), float(estimate[2])]},
        "levels": {},
    }
    for level in LEVELS:
        model = os.path.join(models, f"seedling-4m-{level}.gguf")
        log = run(tool, "-m", model, *common, "--kl-divergence")
        result["levels"][level] = {
            "ppl": pair(log, "Mean PPL(Q)"),
            "pplBase16": pair(log, "Mean PPL(base)"),
            "lnPplRatio16": pair(log, "Mean ln(PPL(Q)/PPL(base))"),
            "kld": pair(log, "Mean    KLD"),
            "kldPercentiles": percentiles(log, "KLD", 1),
            "deltaP": [value / 100 for value in pair(log, "Mean    Δp")],
            "deltaPRms": [value / 100 for value in pair(log, "RMS Δp")],
            "deltaPPercentiles": percentiles(log, "Δp", 100),
            "sameTop": [value / 100 for value in pair(log, "Same top p")],
        }
    os.remove(logits)
    with open(os.path.join(os.path.dirname(__file__), "llama-perplexity.json"), "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")


main()
