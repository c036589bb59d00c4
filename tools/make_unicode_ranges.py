#!/usr/bin/env python3
"""Writes src/text/unicode_ranges.inc: the character classes that the PyPI `tokenizers` package really uses, found by asking it.
Usage: make_unicode_ranges.py > src/text/unicode_ranges.inc"""
import sys

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

# Bits of src/text/unicode.h, in its order.
LETTER, NUMBER, SPACE, WORD, PUNCTUATION, UPPER, LOWER, MARK, NUMERIC, CONTROL, NONSPACING, COMBINING, P, S = (1 << i for i in range(14))
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


def removed_by(splitter):
    """Code points that a pre-tokenizer whose matches are removed takes out."""
    rest = set()
    for start in range(0, len(CODE_POINTS), CHUNK):
        for piece, _ in splitter.pre_tokenize_str("".join(map(chr, CODE_POINTS[start:start + CHUNK]))):
            rest.update(map(ord, piece))
    return set(CODE_POINTS) - rest


def vanishing(normalizer):
    return {c for c in CODE_POINTS if normalizer.normalize_str("a" + chr(c) + "a") == "aa"}


def numeric_characters():
    digits = pre_tokenizers.Digits(individual_digits=True)
    return {c for c in CODE_POINTS if len(digits.pre_tokenize_str("a" + chr(c) + "a")) == 3}


def check_spaces(spaces, words):
    """Every component means the same by a space, and Whitespace the same by a word character as added tokens do."""
    strip, clean = normalizers.Strip(), normalizers.BertNormalizer(True, False, False, False)
    assert {c for c in CODE_POINTS if not strip.normalize_str(chr(c))} == spaces
    assert {c for c in CODE_POINTS if clean.normalize_str(chr(c)) == " "} == spaces - {0x1c, 0x1d, 0x1e, 0x1f, 0x85, 0xb, 0xc} | (
        {c for c in (0x85, 0xb, 0xc) if clean.normalize_str(chr(c)) == " "}), "clean_text"
    assert removed_by(pre_tokenizers.WhitespaceSplit()) == spaces
    whitespace = pre_tokenizers.Whitespace()
    assert {c for c in CODE_POINTS if len(whitespace.pre_tokenize_str("a" + chr(c))) == 1} == words | spaces


def main():
    letters, numbers, spaces, words = matched(r"\p{L}"), matched(r"\p{N}"), matched(r"\s"), word_characters()
    assert not letters & numbers and not (letters | numbers) & spaces
    assert stripped_characters() == spaces, "added tokens and patterns disagree on what a space is"
    assert matched(r"[^\s\p{L}\p{N}]") == set(CODE_POINTS) - letters - numbers - spaces
    check_spaces(spaces, words)
    accents = normalizers.BertNormalizer(False, False, True, False)
    sets = ((LETTER, letters), (NUMBER, numbers), (SPACE, spaces), (WORD, words),
            (PUNCTUATION, removed_by(pre_tokenizers.Punctuation("removed"))), (UPPER, matched(r"[\p{Lu}\p{Lt}]")), (LOWER, matched(r"\p{Ll}")),
            (MARK, matched(r"\p{M}")), (NUMERIC, numeric_characters()),
            (CONTROL, vanishing(normalizers.BertNormalizer(True, False, False, False))), (NONSPACING, vanishing(accents)),
            (COMBINING, vanishing(normalizers.StripAccents())), (P, matched(r"\p{P}")), (S, matched(r"\p{S}")))
    flags_of = [0] * 0x110000
    for flag, members in sets:
        for code in members:
            flags_of[code] |= flag
    rows, previous = [], -1
    for code, flags in enumerate(flags_of):
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
    print(", ".join(str(len(members)) for _, members in sets), f"and {len(rows)} runs", file=sys.stderr)


main()
