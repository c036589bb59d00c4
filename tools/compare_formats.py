#!/usr/bin/env python3
"""Quantises models with our program and with llama-quantize and compares every tensor byte for byte; then the same for a model of the
first one's shape whose weights are random, with a distribution of its own for every tensor.
Usage: compare_formats.py --tightrope BIN --llama-quantize BIN MODEL_FOLDER…   (BIN of llama.cpp built with -ffp-contract=off; needs the
PyPI packages gguf, numpy and safetensors)"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

# Our name, llama-quantize's.
TYPES = (("f16", "F16"), ("bf16", "BF16"), ("q8_0", "Q8_0"), ("q6_k", "Q6_K"), ("q5_k_m", "Q5_K_M"), ("q5_1", "Q5_1"), ("q5_0", "Q5_0"),
         ("q4_k_m", "Q4_K_M"), ("q4_1", "Q4_1"), ("q4_0", "Q4_0"), ("iq4_nl", "IQ4_NL"),
         ("iq4_xs", "IQ4_XS"), ("q3_k_m", "Q3_K_M"), ("q2_k", "Q2_K"))


def distributions(random, shape):
    rows, columns = shape[0], shape[-1]
    groups = -(-columns // 16)
    yield random.standard_normal(shape)
    yield 0.02 * random.standard_normal(shape)
    yield 0.01 * random.standard_t(2, shape)
    yield random.laplace(size=shape)
    yield random.standard_normal(shape) * 10.0 ** random.integers(-6, 3, (rows, groups)).repeat(16, 1)[:, :columns]
    yield 3 * random.standard_normal((rows, 1)) + 0.1 * random.standard_normal(shape)
    yield np.where(random.random(shape) < 0.05, random.standard_normal(shape), 0.0)
    yield random.integers(-8, 8, shape).astype(float)
    yield np.abs(random.standard_normal(shape))


def randomised(model, folder, seed):
    """A copy of a Hugging Face folder whose matrices are random float32; returns it and their number of rows."""
    copy, random, rows, index = folder / "random", np.random.default_rng(seed), 0, 0
    shutil.copytree(model, copy, ignore=shutil.ignore_patterns("*.safetensors", "*.index.json", "oracle*"))
    tensors = {}
    for path in sorted(model.glob("model*.safetensors")):
        with safe_open(path, "numpy") as file:
            for name in sorted(file.keys()):
                shape = tuple(file.get_slice(name).get_shape())
                tensors[name] = np.ones(shape, np.float32)
                if len(shape) == 2:
                    choices = list(distributions(random, shape))
                    tensors[name] = np.ascontiguousarray(choices[index % len(choices)], np.float32)
                    rows, index = rows + shape[0], index + 1
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    config = json.loads((copy / "config.json").read_text())
    config.pop("dtype", None)
    config["torch_dtype"] = "float32"
    (copy / "config.json").write_text(json.dumps(config))
    return copy, rows


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout[-2000:]}{result.stderr[-2000:]}")


def tensors_of(path):
    return {tensor.name: (tensor.tensor_type.name, np.ascontiguousarray(tensor.data).view(np.uint8).reshape(-1))
            for tensor in gguf.GGUFReader(path).tensors}


def compare(ours, theirs):
    """Prints what differs; returns matrices compared, bytes compared and matrices that differ."""
    a, b, matrices, size, wrong = tensors_of(ours), tensors_of(theirs), 0, 0, 0
    if a.keys() != b.keys():
        sys.exit(f"different tensors: {sorted(a.keys() ^ b.keys())}")
    for name, (kind, data) in a.items():
        other_kind, other = b[name]
        matrices, size = matrices + 1, size + data.size
        if kind != other_kind:
            print(f"  {name}: ours is {kind}, theirs {other_kind}")
        elif data.size != other.size or not np.array_equal(data, other):
            print(f"  {name} ({kind}): {np.count_nonzero(data != other)} of {data.size} bytes differ")
        else:
            continue
        wrong += 1
    return matrices, size, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tightrope", required=True)
    parser.add_argument("--llama-quantize", required=True)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        copy, rows = randomised(options.models[0], folder, 1)
        print(f"random: {rows} rows in the shape of {options.models[0].name}")
        for model in (*options.models, copy):
            full = folder / f"{model.name}.gguf"
            run(options.tightrope, "convert", model, "-o", full, "--type", "f32")
            for ours, theirs in TYPES:
                a, b = folder / "ours.gguf", folder / "theirs.gguf"
                run(options.tightrope, "quantize", full, "-o", a, "--type", ours, "--pure", "--force")
                run(options.llama_quantize, "--pure", full, b, theirs)
                matrices, size, wrong = compare(a, b)
                failures += wrong
                print(f"{model.name:12} {ours:7} {matrices - wrong} of {matrices} tensors equal, {size} bytes")
    sys.exit(1 if failures else 0)


main()
