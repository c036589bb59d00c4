#!/usr/bin/env python3
"""Times embedding texts with tightrope and with ONNX Runtime in turn, on the same cores: medians, spreads, and the ratio of the medians.

usage: tools/compare_embedding_speed.py TEXTS --float MODEL MODEL.onnx [--int8 MODEL MODEL8.onnx] [--q8 MODEL.gguf MODEL8.onnx]
                                        [--batch 64] [--rounds 5] [--repetitions 3] [--threads N] [--order come|sorted] [--json]
(needs onnxruntime, tokenizers, numpy)

Each option that names two models is a row: tightrope's and the one it is compared with; --int8 runs the first with --int8, the others run as
they are. Any may be left out. A tightrope model is a folder, or a GGUF file with the tokenizer.json beside it. TEXTS has a text a line. Both
sides get BATCH texts at a time: once as they come, once sorted by length beforehand, so that ONNX Runtime's padding costs least. In every
round each side of each row runs once, warm, REPETITIONS times. ONNX Runtime's texts are tokenized before its clock starts and its vectors are
not pooled; tightrope's time holds both. Build the other side with `tools/build release encode_rate`.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime
import tokenizers

PROGRAM = "build/encode_rate"


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


def time_theirs(path, tokenizer, texts, options):
    session = make_session(path, options.threads)
    batches = prepare(session, tokenizer, texts, options.batch)
    session.run(None, max(batches, key=lambda feed: next(iter(feed.values())).size))  # warms up as far as it will need
    times = []
    for _ in range(options.repetitions):
        start = time.perf_counter()
        for feed in batches:
            session.run(None, feed)
        times.append(time.perf_counter() - start)
    return times


def time_ours(row, file, options):
    command = [PROGRAM, row["ours"], file, str(options.batch), str(options.repetitions + 1), str(options.threads)]
    out = subprocess.run(command + (["int8"] if row["name"] == "int8" else []), check=True, capture_output=True, text=True)
    return [float(line) for line in out.stdout.split()][1:]


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts")
    for name in ("float", "int8", "q8"):
        parser.add_argument("--" + name, nargs=2, metavar=("MODEL", "ONNX"))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--order", choices=("come", "sorted"), help="only this one")
    parser.add_argument("--json", action="store_true", help="print every time, a line of JSON a cell")
    options = parser.parse_args()
    rows = [{"name": name, "ours": pair[0], "theirs": pair[1]} for name in ("float", "int8", "q8") if (pair := getattr(options, name))]
    if not rows:
        parser.error("give at least one of --float, --int8, --q8")
    return options, rows


def make_tokenizer(model):
    folder = model if os.path.isdir(model) else os.path.dirname(model)
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    return tokenizer


def compare(rows, tokenizer, texts, options):
    """The times of both sides of every row, [row] -> (ours, theirs)."""
    times = {row["name"]: ([], []) for row in rows}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(text + "\n" for text in texts))
        file.flush()
        for _ in range(options.rounds):
            for row in rows:
                ours, theirs = times[row["name"]]
                ours += time_ours(row, file.name, options)
                theirs += time_theirs(row["theirs"], tokenizer, texts, options)
    return times


def report(name, order, tokens, ours, theirs, options):
    if options.json:
        print(json.dumps({"row": name, "order": order, "tokens": tokens, "tightrope": ours, "onnxruntime": theirs}), flush=True)
        return
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{name:6} {order:17} tightrope {mine:.3f} s ({min(ours):.3f} to {max(ours):.3f}, {tokens / mine:.0f} tokens/s), onnxruntime "
          f"{onnxruntime.__version__} {other:.3f} s ({min(theirs):.3f} to {max(theirs):.3f}, {tokens / other:.0f} tokens/s), "
          f"ratio {other / mine:.2f}", flush=True)


def main():
    options, rows = read_arguments()
    tokenizer = make_tokenizer(rows[0]["ours"])
    with open(options.texts, encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file]
    lengths = [sum(encoding.attention_mask) for encoding in tokenizer.encode_batch(texts)]
    by_length = [text for _, text in sorted(zip(lengths, texts), key=lambda pair: pair[0])]
    if not options.json:
        print(f"{len(texts)} texts of {sum(lengths)} tokens, batches of {options.batch}, {options.threads} threads, medians of "
              f"{options.rounds * options.repetitions}", flush=True)
    for order, name, ordered in (("come", "as they come", texts), ("sorted", "sorted by length", by_length)):
        if options.order in (None, order):
            for row, (ours, theirs) in compare(rows, tokenizer, ordered, options).items():
                report(row, name, sum(lengths), ours, theirs, options)


if __name__ == "__main__":
    main()
