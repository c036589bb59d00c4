#!/usr/bin/env python3
"""Compares `tightrope embed` with sentence-transformers: every vector, and the Spearman correlation on STS-B.

usage: tools/compare_embeddings.py MODEL_FOLDER STSB_CSV   (needs sentence-transformers; run from the project's root)

MODEL_FOLDER is a sentence-transformers folder; STSB_CSV has lines of two sentences and a score.
"""
import csv
import json
import subprocess
import sys
import tempfile

import numpy as np
from sentence_transformers import SentenceTransformer

PROGRAM = "build/tightrope"
TOLERANCE = 1e-4


def ours(folder, sentences):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(sentence.replace("\n", " ") + "\n" for sentence in sentences))
        file.flush()
        out = subprocess.run([PROGRAM, "embed", folder, "--input", file.name, "--truncate"], check=True, capture_output=True, text=True)
    rows = [json.loads(line) for line in out.stdout.splitlines()]
    assert [row["index"] for row in rows] == list(range(len(sentences)))
    return np.array([row["embedding"] for row in rows], dtype=np.float32)


def ranks(values):
    """Mean ranks, so that ties count alike."""
    values = np.asarray(values)
    order = values.argsort(kind="stable")
    places = np.empty(len(values))
    places[order] = np.arange(len(values))
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.bincount(inverse, places) / counts)[inverse]


def spearman(embeddings, scores):
    left, right = embeddings[: len(scores)], embeddings[len(scores):]
    cosine = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    return np.corrcoef(ranks(cosine), ranks(scores))[0, 1]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, table = sys.argv[1:]
    with open(table, newline="", encoding="utf-8") as file:
        rows = [(row[0], row[1], float(row[2])) for row in csv.reader(file)]
    sentences = [row[0] for row in rows] + [row[1] for row in rows]
    scores = [row[2] for row in rows]
    theirs = SentenceTransformer(folder, device="cpu").encode(sentences, batch_size=64, show_progress_bar=False)
    mine = ours(folder, sentences)
    worst = float(np.abs(theirs - mine).max())
    print(f"{len(sentences)} sentences, largest difference {worst:.2e}")
    print(f"Spearman of {len(scores)} pairs: sentence-transformers {spearman(theirs, scores):.6f}, tightrope {spearman(mine, scores):.6f}")
    sys.exit(0 if worst < TOLERANCE else 1)


if __name__ == "__main__":
    main()
