#!/usr/bin/env python3
"""Writes the golden files of chat templates: tests/golden/chat_cases.json (conversations made from a seed), chat_renders.json (what jinja2
makes of them by each of tests/templates/*.jinja: a hash of each text, some in full) and jinja_snippets.json (each line of
tests/templates/snippets.txt, in which ⏎ is a line end). Usage: make_golden_templates.py (from the project folder)"""
import hashlib
import json
import os
import pathlib
import sys

os.environ["TZ"] = "UTC"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chat_cases  # noqa: E402
import jinja2  # noqa: E402
import transformers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEED, COUNT = 20240601, 200
VARIABLES = {
    "xs": [3, 1, 2], "text": "Hello wörld", "words": ["pear", "Apple", "fig", "apple"], "d": {"a": 1, "b": "zwei", "c": None},
    "nested": {"k": [1, 2.5, True, None, {"x": "é\"\n"}], "e": []},
    "people": [{"name": "Ada", "age": 36, "admin": True, "address": {"city": "Rom"}}, {"name": "Bob", "age": 25, "address": {}},
               {"name": "Cy", "age": 36, "admin": False, "zip": 7, "address": {"city": "Ulm"}}],
    "tree": [{"n": 1, "c": [{"n": 2, "c": [{"n": 3}]}, {"n": 4}]}, {"n": 5}],
}


def render(source, case):
    text, error = chat_cases.Reference(source).render(case)
    return text if error is None else None


def digest(text):
    """An empty one stands for a refusal."""
    return "" if text is None else hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def write(name, value):
    lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(item, ensure_ascii=False, separators=(',', ':'))}" for key, item in value.items())
    (ROOT / "tests/golden" / name).write_text("{" + lines + "}\n", encoding="utf-8")


def main():
    made_by = {"command": "tools/make_golden_templates.py", "python": sys.version.split()[0], "jinja2": jinja2.__version__,
               "transformers": transformers.__version__, "seed": SEED, "now": chat_cases.NOW}
    cases = chat_cases.cases(COUNT, SEED)
    write("chat_cases.json", {"made_by": made_by, "cases": cases})
    renders = {}
    for path in sorted((ROOT / "tests/templates").glob("*.jinja")):
        reference = chat_cases.Reference(path.read_text(encoding="utf-8"))
        texts = [reference.render(case)[0] for case in cases]
        renders[path.stem] = {"hashes": [digest(text) for text in texts], "full": {str(i): texts[i] for i in range(0, COUNT, 67)}}
    write("chat_renders.json", {"made_by": made_by, "renders": renders})
    lines = (ROOT / "tests/templates/snippets.txt").read_text(encoding="utf-8").splitlines()
    snippets = [[line.replace("⏎", "\n"), render(line.replace("⏎", "\n"), VARIABLES)] for line in lines if line]
    write("jinja_snippets.json", {"made_by": made_by, "variables": VARIABLES, "snippets": snippets})


main()
