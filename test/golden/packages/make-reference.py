"""Writes llama-simple.json: what llama-simple of llama.cpp v0.5.0 makes of every file of the Seedling family.

    python3 make-reference.py LLAMA_SIMPLE FAMILY

FAMILY is outputs/seedling of a Seedling workspace (`gguf-studio build seedling.recipe.json`). The tool is examples/simple,
compiled against the released libraries as in test/bench/peer-tools.ts; GGML_BACKEND_PATH names the CPU back end.
"""

import hashlib
import json
import os
import subprocess
import sys

PROMPT = "A heart is"
TOKENS = 16


def main():
    tool, family = sys.argv[1:3]
    files = {}
    for folder in ["bundled", "merged", "universal", "universal-merged"]:
        for name in sorted(os.listdir(os.path.join(family, folder))):
            if not name.endswith(".gguf"):
                continue
            path = os.path.join(family, folder, name)
            words = [tool, "-m", path, "-n", str(TOKENS), PROMPT]
            done = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace")
            with open(path, "rb") as file:
                sha256 = hashlib.sha256(file.read()).hexdigest()
            if done.returncode != 0:
                raise SystemExit(f"{path}: {done.stderr[-2000:]}")
            text = done.stdout[done.stdout.index(PROMPT) + len(PROMPT) :].strip()
            files[f"{folder}/{name}"] = {"sha256": sha256, "text": text}
    result = {
        "tool": "llama-simple of llama.cpp v0.5.0",
        "backend": os.path.basename(os.environ["GGML_BACKEND_PATH"]),
        "prompt": PROMPT,
        "tokens": TOKENS,
        "files": files,
    }
    with open(os.path.join(os.path.dirname(__file__), "llama-simple.json"), "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2, ensure_ascii=False)
        file.write("\n")


main()
