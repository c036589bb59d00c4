#!/usr/bin/env python3
"""Writes tests/golden/formats.json: rows of weights, what the reference encoders make of them, and what random blocks decode to.
Usage: make_golden_formats.py LIBGGML_BASE.so   (built from llama.cpp with -ffp-contract=off; needs the PyPI packages gguf and numpy)"""
import ctypes
import importlib.metadata
import json
import pathlib
import sys

import gguf
import numpy as np

TYPES = {"f32": 0, "f16": 1, "bf16": 30, "q8_0": 8, "q6_k": 14, "q5_k": 13, "q5_1": 7, "q5_0": 6, "q4_k": 12, "q4_1": 3, "q4_0": 2,
         "q3_k": 11, "q2_k": 10, "iq4_nl": 20, "iq4_xs": 23}
ENCODED_BY_GGUF = {"f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"}
SEED = 20240607
COLUMNS = 256


def rows(random):
    normal = random.standard_normal((4, COLUMNS))
    normal[1] *= 10.0 ** random.integers(-4, 2, COLUMNS // 16).repeat(16)
    normal[2] = 0.5 + 0.01 * normal[2]
    normal[3] = np.where(random.random(COLUMNS) < 0.1, normal[3], 0.0)  # no negative zeros: there the two references differ
    return normal.astype(np.float32)


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p) if array is not None else None


def encode(library, name, weights, importance):
    kind = gguf.GGMLQuantizationType(TYPES[name])
    block, size = gguf.GGML_QUANT_SIZES[kind]
    if name in ENCODED_BY_GGUF and importance is None:
        return np.ascontiguousarray(gguf.quantize(weights, kind)).view(np.uint8).tobytes()
    encoded = np.zeros(weights.size // block * size, np.uint8)
    library.ggml_quantize_chunk(TYPES[name], pointer(weights), pointer(encoded), ctypes.c_int64(0), ctypes.c_int64(weights.shape[0]),
                                ctypes.c_int64(weights.shape[1]), pointer(importance))
    return encoded.tobytes()


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def main():
    library = ctypes.CDLL(sys.argv[1])
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    random = np.random.default_rng(SEED)
    weights = rows(random)
    importance = np.exp(2 * random.standard_normal(COLUMNS)).astype(np.float32)
    entries = []
    for name in TYPES:
        block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(TYPES[name])]
        entry = {"format": name, "encoded_by": "gguf" if name in ENCODED_BY_GGUF else "ggml",
                 "plain": encode(library, name, weights, None).hex()}
        if name.endswith("_k") or name.startswith("iq"):
            entry["weighted"] = encode(library, name, weights, importance).hex()
        blocks = np.frombuffer(random.bytes(size * 1024 // block), np.uint8)
        with np.errstate(all="ignore"):
            decoded = gguf.dequantize(blocks, gguf.GGMLQuantizationType(TYPES[name])).astype(np.float32).reshape(-1)
        decoded = np.where(np.isnan(decoded), np.float32(0), decoded)  # the bits of a NaN are nobody's promise
        entries.append(entry | {"blocks": blocks.tobytes().hex(), "decoded_fnv1a": fnv1a(decoded.tobytes())})
    golden = {"made_by": "tools/make_golden_formats.py LIBGGML_BASE.so", "seed": SEED, "columns": COLUMNS,
              "versions": {package: importlib.metadata.version(package) for package in ("gguf", "numpy")}
              | {"ggml": pathlib.Path(sys.argv[1]).resolve().name},
              "weights": weights.tobytes().hex(), "importance": importance.tobytes().hex(), "formats": entries}
    path = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/formats.json"
    path.write_text(json.dumps(golden, indent=0) + "\n", encoding="utf-8")


main()
