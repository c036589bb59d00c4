#!/usr/bin/env python3
"""Writes src/text/unicode_maps.inc: decompositions, combining classes, compositions and lower case as the PyPI `tokenizers` package has
them, and the grapheme classes of the `regex` package as far as `tokenizers` knows them.
Usage: make_unicode_maps.py > src/text/unicode_maps.inc"""
import struct
import sys
import unicodedata

import regex
import tokenizers
from tokenizers import normalizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic
NFD, NFKD, NFC, LOWER = (kind().normalize_str for kind in (normalizers.NFD, normalizers.NFKD, normalizers.NFC, normalizers.Lowercase))
LOWEST, HIGHEST = "\u0334", "\u0345"  # of the smallest and the largest combining class
# One mark that the reference knows for each combining class.
ANCHORS = {1: LOWEST, 240: HIGHEST}
for code in range(0x300, 0x20000):
    if 0xD800 <= code <= 0xDFFF:
        continue
    known = NFD(chr(code) + LOWEST) == LOWEST + chr(code) and NFD(HIGHEST + chr(code)) == chr(code) + HIGHEST
    if known and unicodedata.combining(chr(code)):
        ANCHORS.setdefault(unicodedata.combining(chr(code)), chr(code))
CLASSES = sorted(ANCHORS)
GRAPHEMES = ["Other", "CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T", "LV", "LVT"]


def differing(function):
    return {c: text for c in CODE_POINTS if (text := function(chr(c))) != chr(c)}


def combining_class(mark):
    """The class whose anchors neither swap with the mark when before it nor when after it."""
    if NFD(mark + LOWEST) == mark + LOWEST and NFD(HIGHEST + mark) == HIGHEST + mark:
        return 0
    same = [k for k in CLASSES if NFD(mark + ANCHORS[k]) == mark + ANCHORS[k] and NFD(ANCHORS[k] + mark) == ANCHORS[k] + mark]
    assert len(same) == 1, (hex(ord(mark)), same)
    return same[0]


def compositions(canonical):
    """Pairs (first, second) -> composed, from the decompositions that composing undoes."""
    for code, text in canonical.items():
        if len(text) < 2 or NFC(text) != chr(code):
            continue
        first = NFC(text[:-1])
        assert len(first) == 1 and NFC(first + text[-1]) == chr(code), hex(code)
        yield ord(first), ord(text[-1]), code


def precompiled(key):
    """A normalizer that makes a "b" of the cluster, if it is short, that starts with one character: a double-array trie of that one key."""
    units, places = [0] * (256 * (len(key) + 2)), [256 * (i + 1) for i in range(len(key) + 1)]
    units[0] = places[0] << 10
    for i, label in enumerate(key):
        place = places[i] ^ label
        units[place] = (places[i + 1] ^ place) << 10 | (256 if i + 1 == len(key) else 0) | label
    units[places[-1]] = 1 << 31
    trie = struct.pack(f"<{len(units)}I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(trie)) + trie + b"b\0").normalize_str


def grapheme_classes():
    """Unicode's classes as the package of this Python has them, without what the reference's older version does not know."""
    names, rows = {}, []
    whole = "".join(map(chr, CODE_POINTS))
    for index, name in enumerate(GRAPHEMES):
        if index:
            names.update((ord(c), index) for c in regex.findall(r"\p{GCB=%s}" % name, whole))
    joins_left = precompiled(b"a")
    extending = {GRAPHEMES.index(name) for name in ("Extend", "ZWJ", "SpacingMark")}
    for code in CODE_POINTS:
        joined = joins_left("a" + chr(code)) == "b"
        if joined != (names.get(code, 0) in extending):
            names[code] = GRAPHEMES.index("Extend") if joined else 0
        elif names.get(code) == GRAPHEMES.index("Prepend") and precompiled(chr(code).encode())(chr(code) + "a") != "b":
            names[code] = 0
    flags = {}
    for bit, pattern in ((16, r"\p{Extended_Pictographic}"), (32, r"\p{InCB=Consonant}"), (64, r"\p{InCB=Linker}"), (128, r"\p{InCB=Extend}")):
        for c in regex.findall(pattern, whole):
            flags[ord(c)] = flags.get(ord(c), 0) | bit
    previous = -1
    for code in range(0x110000):
        value = names.get(code, 0) | flags.get(code, 0)
        if value != previous and not (0xD800 <= code <= 0xDFFF):
            rows.append((code, value))
            previous = value
    return rows


def write(name, type_, rows):
    print(f"constexpr {type_} {name}[] = {{")
    line = ""
    for row in rows:
        cell = "{" + ",".join(f"0x{value:x}" for value in row) + "},"
        if len(line) + len(cell) > 139:
            print(line)
            line = ""
        line += cell
    print(line + "\n};")
    print(f"{name}: {len(rows)} rows", file=sys.stderr)


def write_mappings(name, mapping, pool):
    rows = []
    for code, text in sorted(mapping.items()):
        at = pool.find(text)
        if at < 0:
            at = len(pool)
            pool += text
        rows.append((code, at, len(text)))
    write(name, "Mapping", rows)
    return pool


def main():
    canonical = {c: t for c, t in differing(NFD).items() if c not in HANGUL}
    compatible = {c: t for c, t in differing(NFKD).items() if c not in HANGUL and t != canonical.get(c)}
    print(f"// Decompositions, combining classes, compositions, lower case of tokenizers {tokenizers.__version__}; graphemes of regex {regex.__version__}.")
    print("// Made by tools/make_unicode_maps.py; do not edit.")
    pool = ""
    for name, mapping in (("kCanonical", canonical), ("kCompatible", compatible), ("kLower", differing(LOWER))):
        pool = write_mappings(name, mapping, pool)
    marks = {c: k for c in CODE_POINTS if NFD(chr(c)) == chr(c) and (k := combining_class(chr(c)))}
    rows, previous = [], 0
    for code in range(0x110001):
        if marks.get(code, 0) != previous:
            rows.append((code, marks.get(code, 0)))
            previous = marks.get(code, 0)
    write("kCombiningRuns", "ClassRun", rows)
    write("kCompositions", "Composition", sorted(compositions(canonical)))
    write("kGraphemeRuns", "ClassRun", grapheme_classes())
    print("constexpr char32_t kPool[] = {")
    cells = [f"0x{ord(c):x}," for c in pool]
    for start in range(0, len(cells), 18):
        print("".join(cells[start:start + 18]))
    print("};")


main()
