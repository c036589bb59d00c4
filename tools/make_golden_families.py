#!/usr/bin/env python3
"""Writes tests/golden/families.json: what transformers computes for the tests' tiny models of every family and head.

usage: tools/make_golden_families.py build/tiny_families     (needs torch and transformers; run from the project's root)

The models' weights come from the project itself (seed 1), which writes them as folders; a folder that transformers does not load whole,
without a missing or an unexpected weight, ends the program.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

import torch
import transformers

OUTPUT = "tests/golden/families.json"
SEED = 7
VOCAB = 320
LENGTHS = [1, 5, 19, 40]    # each text by itself, so that nothing is padded
PROMPT, STEPS = 6, 24       # of the greedy continuation: beyond the windows of 8 tokens
VALUES = 48                 # kept of each tensor, evenly spaced


def texts(typed):
    """The first ids above the special tokens, so that no padding or mask is inferred from them; types where the model has them."""
    source = random.Random(SEED)
    made = []
    for length in LENGTHS:
        text = {"ids": [source.randrange(4, VOCAB) for _ in range(length)]}
        types = [int(i >= length // 2) for i in range(length)]
        made.append({**text, "types": types} if typed else text)
    return made


def sample(tensor):
    flat = tensor.detach().float().reshape(-1)
    count = min(VALUES, len(flat))
    picked = [float(f"{float(flat[i * len(flat) // count]):.8g}") for i in range(count)]
    return {"size": len(flat), "largest": float(f"{float(flat.abs().max()):.8g}"), "values": picked}


def output_of(result):
    """What the engine calls the output of a head: logits, or start and end of each token side by side."""
    if getattr(result, "start_logits", None) is not None:
        return torch.stack([result.start_logits, result.end_logits], dim=-1)
    return getattr(result, "logits", None)


def record_of(model, text):
    arguments = {"input_ids": torch.tensor([text["ids"]])}
    if "types" in text:
        arguments["token_type_ids"] = torch.tensor([text["types"]])
    result = model(**arguments, output_hidden_states=True)
    record = {**text, "hidden": [sample(state) for state in result.hidden_states]}
    for name, tensor in (("output", output_of(result)), ("pooled", getattr(result, "pooler_output", None)),
                         ("last_hidden", getattr(result, "last_hidden_state", None))):
        if tensor is not None:
            record[name] = sample(tensor)
    return record


def greedy(model, ids):
    """Argmax without a cache, so that nothing but the plain forward pass is asked of the library."""
    for _ in range(STEPS):
        ids = ids + [int(model(torch.tensor([ids])).logits[0, -1].argmax())]
    return ids


def load(folder):
    name = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    model, info = getattr(transformers, name).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                                              output_loading_info=True)
    wrong = {kind: sorted(map(str, info[kind])) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys") if info.get(kind)}
    if wrong:
        sys.exit(f"{folder}: {wrong}")
    return model.eval()


def golden_of(folder):
    model = load(folder)
    typed = (getattr(model.config, "type_vocab_size", 0) or 0) > 1
    record = {"texts": [record_of(model, text) for text in texts(typed)]}
    if type(model).__name__.endswith(("CausalLM", "LMHeadModel")):
        ids = texts(False)[-1]["ids"][:PROMPT]
        record["greedy"] = greedy(model, ids)
        record["prompt"] = PROMPT
    return record


def main():
    torch.set_num_threads(1)
    golden = {"made_by": "tools/make_golden_families.py build/tiny_families", "seed": SEED,
              "how": "float32 on a CPU, attn_implementation eager, each text by itself",
              "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "transformers": transformers.__version__},
              "models": {}}
    with tempfile.TemporaryDirectory() as place, torch.no_grad():
        subprocess.run([sys.argv[1], place], check=True)
        for name in sorted(os.listdir(place)):
            golden["models"][name] = golden_of(os.path.join(place, name))
    with open(OUTPUT, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
