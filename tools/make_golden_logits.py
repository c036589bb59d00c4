#!/usr/bin/env python3
"""Writes tests/golden/wren_7m.json: what transformers computes for models/wren-7m, for the engine to be held to.

usage: tools/make_golden_logits.py            (needs torch and transformers; run from the project's root)
"""
import json
import sys

import torch
import transformers

MODEL = "models/wren-7m"
OUTPUT = "tests/golden/wren_7m.json"
TEXT = ("The ferry left the harbour before sunrise, and by the time the fog had lifted the island was already in sight. "
        "Three families lived there: the keeper of the light, a boat builder, and an old teacher who had come for one summer in 1921 "
        "and never gone back. \"You will see,\" she used to say, \"the sea is a patient examiner.\"")
POSITIONS = [0, 1, 5, 17, 33, 50]   # and the last one
LOGITS_A_POSITION = 8
PROMPT = "The city was founded in"
STEPS = 32


def greedy(model, ids):
    """Argmax without a cache, so that nothing but the plain forward pass is asked of the library."""
    for _ in range(STEPS):
        logits = model(torch.tensor([ids])).logits[0, -1]
        ids = ids + [int(logits.argmax())]
    return ids


def position_record(logits, position):
    row = logits[position]
    step = len(row) // LOGITS_A_POSITION
    sampled = list(range(position % step, len(row), step))[:LOGITS_A_POSITION]
    return {"position": position, "ids": sampled, "logits": [float(row[i]) for i in sampled],
            "top5": [int(i) for i in row.topk(5).indices], "log_sum_exp": float(torch.logsumexp(row.double(), 0))}


def main():
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(MODEL)
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        ids = tokenizer(TEXT)["input_ids"]
        logits = model(torch.tensor([ids])).logits[0]
        prompt = tokenizer(PROMPT)["input_ids"]
        golden = {
            "made_by": "tools/make_golden_logits.py",
            "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "transformers": transformers.__version__},
            "text": TEXT,
            "ids": ids,
            "largest_logit": float(logits.abs().max()),
            "positions": [position_record(logits, p) for p in POSITIONS + [len(ids) - 1]],
            "prompt": prompt,
            "greedy": greedy(model, prompt)[len(prompt):],
        }
    with open(OUTPUT, "w", encoding="utf-8") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
