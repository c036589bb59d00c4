#!/usr/bin/env python3
"""Writes src/text/unicode_ranges.inc: the character classes that the PyPI `tokenizers` package really uses, found by asking it.
Usage: make_unicode_ranges.py > src/text/unicode_ranges.inc"""
import sys

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

LETTER, NUMBER, SPACE, WORD = 1, 2, 4, 8
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CHUNK = 4096


def matched(pattern):
    """Code points that the pattern language of pre-tokenizers lets `pattern` match."""
    split, rest = pre_tokenizers.Split(Regex(pattern), "removed"), set()
    for start in range(0, len(CODE_POINTS), CHUNK):
        for piece, _ in split.pre_tokenize_str("".join(map(chr, CODE_POINTS[start:start + CHUNK]))):
            rest.update(map(ord, piece))
    return set(CODE_POINTS) - rest


def probe(**options):
    """A tokenizer of which "@@" is an added token with these options, and every other character an unknown one."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([AddedToken("@@", normalized=False, **options)])
    return tokenizer


def word_characters():
    tokenizer, marker = probe(single_word=True), 1
    return {c for c in CODE_POINTS if c != ord("@") and marker not in tokenizer.encode(chr(c) + "@@").ids}


def stripped_characters():
    """The added token swallows these to its left."""
    tokenizer = probe(lstrip=True)
    return {c for c in CODE_POINTS if tokenizer.encode(chr(c) + "@@").ids == [1]}


def main():
    letters, numbers, spaces, words = matched(r"\p{L}"), matched(r"\p{N}"), matched(r"\s"), word_characters()
    assert not letters & numbers and not (letters | numbers) & spaces
    assert stripped_characters() == spaces, "added tokens and patterns disagree on what a space is"
    assert matched(r"[^\s\p{L}\p{N}]") == set(CODE_POINTS) - letters - numbers - spaces
    rows, previous = [], -1
    for code in range(0x110000):
        flags = LETTER * (code in letters) | NUMBER * (code in numbers) | SPACE * (code in spaces) | WORD * (code in words)
        if flags != previous:
            rows.append("{0x%x,%d}," % (code, flags))
            previous = flags
    print(f"// First code point of each run of equal classes, and the classes; from tokenizers {tokenizers.__version__}.")
    print("// Made by tools/make_unicode_ranges.py; do not edit.")
    line = ""
    for row in rows:
        if len(line) + len(row) > 139:
            print(line)
            line = ""
        line += row
    print(line)
    print(f"{len(letters)} letters, {len(numbers)} numbers, {len(spaces)} spaces, {len(words)} word characters, {len(rows)} runs", file=sys.stderr)


main()
