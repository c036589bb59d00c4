#!/usr/bin/env python3
"""Writes tests/golden/adapters: adapters that PEFT makes for the tests' tiny models, and adapters.json, what PEFT computes with them.

usage: tools/make_golden_adapters.py build/tiny_families     (needs torch, transformers and peft; run from the project's root)

Each adapter is random, as no training is needed to tell a right sum from a wrong one; magnitudes are moved off their starting point.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

import peft
import torch
import transformers

OUTPUT = "tests/golden/adapters"
SEED = 11
VOCAB = 320
TOKENS = 24
VALUES = 256    # kept of the logits, evenly spaced

# Name, model, what is asked of PEFT beyond a rank of 4.
CASES = [
    ("llama-lora", "llama-LlamaForCausalLM", {"target_modules": ["q_proj", "v_proj", "down_proj"], "lora_alpha": 8}),
    ("llama-rslora", "llama-LlamaForCausalLM", {"target_modules": "all-linear", "lora_alpha": 2, "use_rslora": True}),
    ("llama-dora", "llama-LlamaForCausalLM", {"target_modules": ["q_proj", "k_proj", "up_proj"], "lora_alpha": 8, "use_dora": True}),
    ("llama-patterns", "llama-LlamaForCausalLM", {"target_modules": ["k_proj", "o_proj", "lm_head"], "lora_alpha": 4,
                                                  "rank_pattern": {"k_proj": 2, "layers.1.self_attn.o_proj": 3},
                                                  "alpha_pattern": {"layers.0.self_attn.k_proj": 6, "^lm_head": 5}}),
    ("llama-embedding", "llama-LlamaForCausalLM", {"target_modules": ["embed_tokens", "gate_proj"], "lora_alpha": 1}),
    ("phi3-fused", "phi3-Phi3ForCausalLM", {"target_modules": ["qkv_proj", "gate_up_proj"], "lora_alpha": 8}),
    ("gpt2-transposed", "gpt2-GPT2LMHeadModel", {"target_modules": ["c_attn", "c_fc"], "lora_alpha": 8, "fan_in_fan_out": True}),
    ("gpt2-dora", "gpt2-GPT2LMHeadModel", {"target_modules": ["c_attn", "mlp.c_proj"], "lora_alpha": 8, "use_dora": True,
                                           "fan_in_fan_out": True}),
    ("gpt_neox-by-heads", "gpt_neox-GPTNeoXForCausalLM", {"target_modules": ["query_key_value", "dense"], "lora_alpha": 8,
                                                          "use_dora": True}),
    ("bert-masked", "bert-BertForMaskedLM", {"target_modules": ["query", "value", "output.dense"], "lora_alpha": 8}),
    ("modernbert-fused", "modernbert-ModernBertForMaskedLM", {"target_modules": ["Wqkv", "Wi"], "lora_alpha": 8, "use_dora": True}),
]


def sample(tensor):
    flat = tensor.detach().float().reshape(-1)
    picked = [float(f"{float(flat[i * len(flat) // VALUES]):.8g}") for i in range(VALUES)]
    return {"size": len(flat), "largest": float(f"{float(flat.abs().max()):.8g}"), "values": picked}


def load(folder):
    name = transformers.AutoConfig.from_pretrained(folder).architectures[0]
    return getattr(transformers, name).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def make(name, base, options, ids):
    """Makes and saves one adapter, and computes with it as it was saved."""
    torch.manual_seed(SEED)
    adapted = peft.get_peft_model(load(base), peft.LoraConfig(r=4, init_lora_weights=False, **options))
    for parameter_name, parameter in adapted.named_parameters():
        if "lora_magnitude_vector" in parameter_name:
            parameter.data *= 1 + 0.3 * torch.randn_like(parameter)
    folder = os.path.join(OUTPUT, name)
    adapted.save_pretrained(folder, save_embedding_layers=False)
    os.remove(os.path.join(folder, "README.md"))
    config_file = os.path.join(folder, "adapter_config.json")
    with open(config_file, encoding="utf-8") as file:
        config = json.load(file)
    config["base_model_name_or_path"] = None    # a temporary folder
    with open(config_file, "w", encoding="utf-8") as file:
        json.dump(config, file, indent=1, sort_keys=True)
        file.write("\n")
    read_again = peft.PeftModel.from_pretrained(load(base), folder).eval()
    plain = load(base)(torch.tensor([ids])).logits
    return {"output": sample(read_again(input_ids=torch.tensor([ids])).logits), "plain": sample(plain)}


def main():
    torch.set_num_threads(1)
    source = random.Random(SEED)
    ids = [source.randrange(4, VOCAB) for _ in range(TOKENS)]
    golden = {"made_by": "tools/make_golden_adapters.py build/tiny_families", "seed": SEED,
              "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "transformers": transformers.__version__,
                           "peft": peft.__version__},
              "ids": ids, "adapters": {}}
    shutil.rmtree(OUTPUT, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place, torch.no_grad():
        subprocess.run([sys.argv[1], place], check=True)
        for name, base, options in CASES:
            golden["adapters"][name] = {"base": base, **make(name, os.path.join(place, base), options, ids)}
    with open(os.path.join(OUTPUT, "adapters.json"), "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
