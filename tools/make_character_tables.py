#!/usr/bin/env python3
"""Writes src/text/jinja/character_data.inc: what Python's strings know of characters (case, what repr() shows).
Usage: make_character_tables.py (from the project folder; the file says which Python and Unicode it was made with)"""
import pathlib
import sys
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(holds):
    """Ascending [first, last] pairs of the code points for which it holds."""
    found = []
    for code in CODES:
        if not holds(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def mapping(change):
    """Runs [first, last, stride, difference] of single-character changes, and [code, changed…] of the others."""
    runs, special = [], []
    for code in CODES:
        changed = change(chr(code))
        if changed == chr(code):
            continue
        if len(changed) != 1:
            special.append([code, list(map(ord, changed)) + [0] * (3 - len(changed))])
            continue
        difference = ord(changed) - code
        if runs and runs[-1][3] == difference and code - runs[-1][1] in (1, 2):
            stride = code - runs[-1][1]
            if runs[-1][0] == runs[-1][1] or runs[-1][2] == stride:
                runs[-1][1:3] = [code, stride]
                continue
        runs.append([code, code, 1, difference])
    return runs, special


def is_cased(c):
    return (c + "a").title().endswith("a")


def is_ignorable(c):
    return ("A" + c + "Σ").lower().endswith("ς") and not (c + "Σ").lower().endswith("ς")


def rows(kind, name, values):
    lines, line = [], " "
    for value in values:
        cell = " " + str(value).replace("[", "{").replace("]", "}") + ","
        if len(line) + len(cell) > 136:
            lines.append(line)
            line = " "
        line += cell
    lines.append(line)
    return f"constexpr {kind} {name}[] = {{\n" + "\n".join(lines) + "\n};\n"


def main():
    text = (f"// What Python's strings know of characters. Written by tools/make_character_tables.py with Python "
            f"{sys.version.split()[0]} (Unicode {unicodedata.unidata_version}).\n// clang-format off\n")
    text += rows("Range", "kUnprintable", ranges(lambda c: not c.isprintable()))
    text += rows("Range", "kLower", ranges(str.islower))
    text += rows("Range", "kUpper", ranges(str.isupper))
    text += rows("Range", "kTitle", ranges(lambda c: unicodedata.category(c) == "Lt"))
    text += rows("Range", "kCased", ranges(is_cased))
    text += rows("Range", "kIgnorable", ranges(is_ignorable))
    for name, change in (("Upper", str.upper), ("Lower", lambda c: "σ" if c == "Σ" else c.lower()), ("Title", str.title)):
        runs, special = mapping(change)
        text += rows("Run", f"kTo{name}", runs) + rows("Special", f"kTo{name}Special", special)
    (ROOT / "src/text/jinja/character_data.inc").write_text(text, encoding="utf-8")


main()
