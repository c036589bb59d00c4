#!/usr/bin/env python3
"""Writes tests/golden/mixes.json: the type llama-quantize gives each tensor, for every named mix and a few model shapes.

usage: tools/make_golden_mixes.py LLAMA_QUANTIZE > tests/golden/mixes.json      (needs numpy and gguf from PyPI)
"""
import importlib.metadata
import itertools
import json
import re
import subprocess
import sys
import tempfile

import gguf
import numpy as np

SHAPES = [
    dict(name="wide groups, own head", blocks=22, model=256, heads=8, kv_heads=1, ffn=512, tied=False),
    dict(name="tied head", blocks=8, model=256, heads=4, kv_heads=2, ffn=768, tied=True),
    dict(name="rows of 96", blocks=30, model=96, heads=3, kv_heads=1, ffn=256, tied=True),
    dict(name="eighty blocks", blocks=80, model=256, heads=8, kv_heads=1, ffn=256, tied=False),
    dict(name="eight experts", family="mixtral", blocks=16, model=256, heads=8, kv_heads=2, ffn=256, tied=False, experts=8),
    dict(name="four experts", family="mixtral", blocks=16, model=256, heads=8, kv_heads=2, ffn=256, tied=False, experts=4),
    dict(name="fused attention", family="phi3", arch="phi3", blocks=16, model=256, heads=4, kv_heads=4, ffn=256, tied=False),
]
MIXES = "q8_0 q6_k q5_k_m q5_k_s q5_1 q5_0 q4_k_m q4_k_s q4_1 q4_0 iq4_nl iq4_xs q3_k_l q3_k_m q3_k_s q2_k".split()
ROLES = dict(attn_q="attn.q", attn_k="attn.k", attn_v="attn.v", attn_output="attn.o", ffn_gate="ffn.gate", ffn_up="ffn.up", ffn_down="ffn.down",
             attn_qkv="attn.v", ffn_gate_exps="ffn.experts.gate", ffn_up_exps="ffn.experts.up", ffn_down_exps="ffn.experts.down")
VOCAB = 64


def block_matrices(shape):
    model, ffn, keys = shape["model"], shape["ffn"], shape["model"] // shape["heads"] * shape["kv_heads"]
    attention = [("attn_q", model, model), ("attn_k", keys, model), ("attn_v", keys, model)]
    if shape.get("arch") == "phi3":
        return [("attn_qkv", model + 2 * keys, model), ("attn_output", model, model), ("ffn_up", 2 * ffn, model), ("ffn_down", model, ffn)]
    if "experts" in shape:
        experts = shape["experts"]
        network = [("ffn_gate_exps", experts, ffn, model), ("ffn_up_exps", experts, ffn, model), ("ffn_down_exps", experts, model, ffn)]
    else:
        network = [("ffn_gate", ffn, model), ("ffn_up", ffn, model), ("ffn_down", model, ffn)]
    return attention + [("attn_output", model, model)] + network


def write_model(path, shape):
    writer = gguf.GGUFWriter(path, shape.get("arch", "llama"))
    head = shape["model"] // shape["heads"]
    writer.add_context_length(64)
    writer.add_embedding_length(shape["model"])
    writer.add_block_count(shape["blocks"])
    writer.add_feed_forward_length(shape["ffn"])
    writer.add_head_count(shape["heads"])
    writer.add_head_count_kv(shape["kv_heads"])
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(head)
    writer.add_vocab_size(VOCAB)
    if "experts" in shape:
        writer.add_expert_count(shape["experts"])
        writer.add_expert_used_count(2)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list([f"t{i}" for i in range(VOCAB)])
    writer.add_token_merges(["t 0"])

    def matrix(name, *extents):
        writer.add_tensor(name + ".weight", np.zeros(extents, np.float16))

    matrix("token_embd", VOCAB, shape["model"])
    for block in range(shape["blocks"]):
        for name, *extents in block_matrices(shape):
            matrix(f"blk.{block}.{name}", *extents)
        if "experts" in shape:
            writer.add_tensor(f"blk.{block}.ffn_gate_inp.weight", np.zeros((shape["experts"], shape["model"]), np.float32))
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{norm}.weight", np.ones(shape["model"], np.float32))
    writer.add_tensor("output_norm.weight", np.ones(shape["model"], np.float32))
    if not shape["tied"]:
        matrix("output", VOCAB, shape["model"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def canonical_role(name):
    if name == "token_embd":
        return "embed"
    if name == "output":
        return "head"
    return ROLES[name.split(".")[2]]


def chosen_types(quantize, path, mix, pure):
    command = [quantize, "--dry-run"] + (["--pure"] if pure else []) + [path, path + ".out", mix.upper()]
    output = subprocess.run(command, capture_output=True, text=True)
    text = output.stdout + output.stderr
    found = re.findall(r"\]\s+(\S+)\.weight\s+- \[.*?-> +[\d.]+ MiB \((\w+)\)", text)
    if not found:
        sys.exit(text)
    types = {}
    for name, kind in sorted(found, key=lambda item: block_number(item[0])):
        for role in ("attn.q", "attn.k", "attn.v") if ".attn_qkv" in name else [canonical_role(name)]:
            types.setdefault(role, []).append(kind.lower())
    return {role: run_lengths(kinds) for role, kinds in types.items()}


def block_number(name):
    return int(name.split(".")[1]) if name.startswith("blk.") else 0


def run_lengths(kinds):
    """["a", "a", "b"] becomes "a*2 b*1"."""
    return " ".join(f"{kind}*{len(list(run))}" for kind, run in itertools.groupby(kinds))


def main():
    quantize = sys.argv[1]
    version = importlib.metadata.version("gguf")
    result = {"command": "tools/make_golden_mixes.py LLAMA_QUANTIZE", "gguf": version, "llama.cpp": "d32676d (2026-08-18)", "shapes": []}
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            path = f"{folder}/model.gguf"
            write_model(path, shape)
            types = {mix: chosen_types(quantize, path, mix, False) for mix in MIXES}
            pure = {mix: chosen_types(quantize, path, mix, True) for mix in ("q4_k_m", "q8_0", "q2_k")}
            result["shapes"].append(dict(shape, mixes=types, pure=pure))
    json.dump(result, sys.stdout, separators=(",", ":"))
    print()


main()
