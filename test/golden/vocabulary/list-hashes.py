"""Writes src/architectures/vocabulary/pre-tokenizer-{hashes,names}.ts from a checkout of llama.cpp.

    python list-hashes.py LLAMA_CPP_CHECKOUT && npx prettier --write src/architectures/vocabulary

The hashes come from conversion/base.py (get_vocab_base_pre), the names from src/llama-vocab.cpp.
"""
import re
import sys
from pathlib import Path

checkout = Path(sys.argv[1])
target = Path(__file__).parents[3] / "src/architectures/vocabulary"
converter = (checkout / "conversion/base.py").read_text(encoding="utf-8")
runtime = (checkout / "src/llama-vocab.cpp").read_text(encoding="utf-8")


def quote(text):
    for plain, escaped in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\t", "\\t"), ("\u200d", "\\u200d"), ("\ufe0f", "\\ufe0f")):
        text = text.replace(plain, escaped)
    return f"'{text}'"


text = eval(re.search(r"chktxt = ('.*')", converter).group(1))  # a literal of the reference
names_by_hash = {}
for digest, name in re.findall(r'if chkhsh == "([0-9a-f]{64})":\n\s+# ref: \S+\n\s+res = "([^"]+)"', converter):
    names_by_hash[digest] = name  # the later one counts, as in the reference
hashes_by_name = {}
for digest, name in names_by_hash.items():
    hashes_by_name.setdefault(name, []).append(digest)
names = set(re.findall(r'tokenizer_pre == "([^"]+)"', runtime)) | set(re.findall(r'\n\s+res = "([^"]+)"', converter))

header = "// Data, made by test/golden/vocabulary/list-hashes.py from llama.cpp v0.5.0 (MIT); do not edit."
lines = [
    header,
    "",
    "/** What the reference encodes to tell tokenizers apart (conversion/base.py, get_vocab_base_pre). */",
    "export const preTokenizerTestText =",
    f"  {quote(text)};",
    "",
    "/** SHA-256 of `str(ids)` by name. Where the reference lists a hash twice, the later name counts. */",
    "export const preTokenizerHashes: Readonly<Record<string, readonly string[]>> = {",
]
for name in sorted(hashes_by_name):
    lines.append(f"  {quote(name)}: [{', '.join(quote(digest) for digest in hashes_by_name[name])}],")
lines.append("};")
(target / "pre-tokenizer-hashes.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")

lines = [
    header,
    "",
    "/** Every name that llama.cpp (src/llama-vocab.cpp) or the reference converter knows. */",
    f"export const preTokenizerNames: readonly string[] = [{', '.join(quote(name) for name in sorted(names))}];",
]
(target / "pre-tokenizer-names.ts").write_text("\n".join(lines) + "\n", encoding="utf-8")
