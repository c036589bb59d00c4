#!/usr/bin/env python3
"""Times embedding texts with tightrope and with ONNX Runtime in turn, on the same cores: medians, and their ratio.

usage: tools/compare_embedding_speed.py MODEL MODEL.onnx TEXTS [BATCH] [ROUNDS]   (needs onnxruntime, tokenizers, numpy)

MODEL is a folder, or a GGUF file with the tokenizer.json beside it. TEXTS has a text a line. Both get BATCH texts at a time (64): once as
they come, once sorted by length beforehand, so that ONNX Runtime's padding costs least. Its texts are tokenized before the clock starts and its vectors are not pooled; tightrope's time holds both. Build the
other side with `tools/build release encode_rate`.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import tokenizers

PROGRAM = "build/encode_rate"
REPETITIONS = 4   # a round, the first of which warms up


def make_session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def prepare(session, tokenizer, texts, batch):
    """Each batch's inputs by the model's names, padded: made beforehand, so that only running the model is timed."""
    part_of = {0: "ids", 1: "attention_mask", 2: "type_ids"}
    names = [i.name for i in session.get_inputs()]
    batches = []
    for i in range(0, len(texts), batch):
        encoded = tokenizer.encode_batch(texts[i:i + batch])
        kinds = [1 if "mask" in name else 2 if "type" in name else 0 for name in names]
        batches.append({name: np.array([getattr(e, part_of[kind]) for e in encoded], dtype=np.int64) for name, kind in zip(names, kinds)})
    return batches


def time_theirs(session, batches):
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        for feed in batches:
            session.run(None, feed)
        times.append(time.perf_counter() - start)
    return times[1:]


def time_ours(model, file, batch, threads):
    out = subprocess.run([PROGRAM, model, file, str(batch), str(REPETITIONS), str(threads)], check=True, capture_output=True, text=True)
    return [float(line) for line in out.stdout.split()][1:]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    model, onnx, source = sys.argv[1:4]
    batch, rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 64, int(sys.argv[5]) if len(sys.argv) > 5 else 5
    threads = len(os.sched_getaffinity(0))
    folder = model if os.path.isdir(model) else os.path.dirname(model)
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    with open(source, encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file]
    session = make_session(onnx, threads)
    by_length = sorted(texts, key=lambda text: len(tokenizer.encode(text).ids))
    for order, ordered in (("as they come", texts), ("sorted by length", by_length)):
        compare(model, session, tokenizer, ordered, order, batch, rounds, threads)


def compare(model, session, tokenizer, texts, order, batch, rounds, threads):
    tokens = sum(sum(tokenizer.encode(text).attention_mask) for text in texts)
    batches = prepare(session, tokenizer, texts, batch)
    ours, theirs = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        for _ in range(rounds):
            ours += time_ours(model, file.name, batch, threads)
            theirs += time_theirs(session, batches)
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{len(texts)} texts of {tokens} tokens {order}, batches of {batch}, {threads} threads, medians of {len(ours)}:")
    print(f"  tightrope {mine:.3f} s ({min(ours):.3f} to {max(ours):.3f}, {tokens / mine:.0f} tokens/s), onnxruntime "
          f"{onnxruntime.__version__} {other:.3f} s ({min(theirs):.3f} to {max(theirs):.3f}, {tokens / other:.0f} tokens/s), "
          f"ratio {other / mine:.2f}", flush=True)


if __name__ == "__main__":
    main()
