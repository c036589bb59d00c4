#!/usr/bin/env python3
"""Compares our tokenizer with the PyPI `tokenizers` on random and adversarial texts and reports every difference.
Usage: compare_tokenizers.py --program BUILD/tokenizer_stream --tokenizer tokenizer.json [--count 200000] [--seed 1]
       [--plain-special] [--rewrite] [--random-only]   (--rewrite: the other side reads the file our writer makes of the tokenizer)
       compare_tokenizers.py … --time TEXT   compares the processor time of encoding a text instead"""
import argparse
import os
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers  # noqa: E402

WORDS = ("the of and to in a is that it was for on are with as I his they be at one have this from or had by hot but some what there we can "
         "don't I'll you've they're we'd I'm it's IT'S DON'T WE'LL 'ſ '\u017f's naïve café Straße Ελληνικά русский 中文字符 日本語 한국어 "
         "العربية עברית हिन्दी ไทย 👩‍👩‍👧‍👦 🇫🇷 👍🏽 é e\u0301 ﬁ ½ ² Ⅷ ٣ 1234567 3.14 0x1F http://a.b/c?d=e&f=g #define foo_bar() {}[]<>").split(" ")
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\u00a0", "\u3000", "\u2028", "\u0085", "\u180e", "\u200b", "\u200d", "\x0b", "\x1c"]
MARKS = list("'.,;:!?-_()[]{}<>|/\\@#$%^&*+=~`\"") + ["''", "...", "'s", "'S", "'re", "'LL", "—", "…", "\ufeff", "\u0300", "\ue000", "\x00"]


def assigned_code_points():
    """Every code point, assigned or not, but surrogates: newer Unicode versions assign what this Python does not know."""
    return [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]


def systematic(added):
    """Each code point in the contexts that the patterns look at; blocks of neighbours; extremes of length."""
    block = []
    for c in assigned_code_points():
        block.append(chr(c))
        if len(block) == 64:
            text = "".join(block)
            yield text
            yield " ".join(block)
            yield "a".join(block)
            yield "1".join(block)
            yield "'" + "'".join(block) + "\n" + "!".join(block)
            block = []
    yield "".join(block)
    for unit in ["a", " ", "\n", "\t", "é", "中", "👍", "'", "'s", "ab", "a ", " a", "1", "\r\n", "\n ", "!", "\u0300", "\ufffd", "the", "e"]:
        for size in (1, 2, 3, 31, 32, 33, 34, 64, 255, 256, 257, 1000, 65536, 1 << 20):
            yield unit * (size // len(unit) + 1)
    yield from ("", " ", "\n", *added, *(a + b for a in added for b in added))


def random_text(random_, added):
    kind = random_.randrange(10)
    length = int(2 ** random_.uniform(0, 9))
    if kind == 0:  # any code points
        return "".join(chr(c) for c in (random_.randrange(0x110000) for _ in range(length)) if not 0xD800 <= c <= 0xDFFF)
    if kind == 1:  # one script's neighbourhood
        start = random_.choice((0, 0x80, 0x300, 0x370, 0x600, 0x900, 0xE00, 0x1000, 0x2000, 0x3000, 0xAC00, 0xFB00, 0x10400, 0x1F300, 0x1E900, 0x20000))
        return "".join(chr(start + random_.randrange(256)) for _ in range(length))
    if kind == 2:  # bytes
        return random_.randbytes(length)
    if kind == 3:  # damaged UTF-8
        data = bytearray("".join(random_.choice(WORDS) + random_.choice(SPACES) for _ in range(length // 4 + 1)).encode())
        for _ in range(random_.randrange(1, 6)):
            where = random_.randrange(len(data))
            if random_.random() < 0.5:
                data[where] = random_.randrange(256)
            else:
                del data[where:where + random_.randrange(1, 4)]
                data = data or bytearray(b"\xff")
        return bytes(data)
    if kind == 4:  # ASCII noise
        return "".join(chr(random_.randrange(128)) for _ in range(length))
    if kind == 5 and added:  # added tokens, whole and broken
        parts = []
        for _ in range(length // 8 + 1):
            token = random_.choice(added)
            parts.append(random_.choice((token, token, token[:-1], token[1:], token * 2, random_.choice(WORDS), random_.choice(SPACES))))
        return "".join(parts)
    if kind == 6:  # long words
        alphabet = random_.choice(("ab", "etaoinshrdlu", "aeiou", "The", "01", "一二三", "\u0301e", "-=", " \n", "\t "))
        return "".join(random_.choice(alphabet) for _ in range(length * 4))
    parts = []
    for _ in range(length // 4 + 1):
        parts.append(random_.choice((random_.choice(WORDS), random_.choice(SPACES), random_.choice(MARKS), random_.choice(WORDS).title(), " ")))
    text = "".join(parts)
    return unicodedata.normalize(random_.choice(("NFC", "NFD", "NFKC", "NFKD")), text) if random_.random() < 0.2 else text


def texts(count, seed, added, systematically):
    random_ = random.Random(seed)
    made = 0
    for text in systematic(added) if systematically else ():
        made += 1
        yield text.encode() if isinstance(text, str) else text
    while made < count:
        made += 1
        text = random_text(random_, added)
        yield text.encode() if isinstance(text, str) else text


def read_frames(stream):
    while head := stream.read(4):
        count, = struct.unpack("<I", head)
        ids = list(struct.unpack(f"<{count}I", stream.read(4 * count)))
        size, = struct.unpack("<I", stream.read(4))
        yield ids, stream.read(size)


def feed(process, options, added):
    for data in texts(options.count, options.seed, added, not options.random_only):
        process.stdin.write(struct.pack("<I", len(data)) + data)
    process.stdin.close()


def compare(options, reference):
    added = [token.content for token in reference.get_added_tokens_decoder().values()]
    command = [options.program, options.tokenizer] + (["--plain-special"] if options.plain_special else [])
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    threading.Thread(target=feed, args=(process, options, added), daemon=True).start()
    total = differing = undecoded = size = 0
    for data, (ids, decoded) in zip(texts(options.count, options.seed, added, not options.random_only), read_frames(process.stdout)):
        text = data.decode(errors="replace")
        expected = reference.encode(text).ids
        total, size = total + 1, size + len(data)
        if ids != expected:
            differing += 1
            if differing <= 10:
                print(f"ids differ for {text[:200]!r}\n  expected {expected[:40]}\n  ours     {ids[:40]}")
        if decoded.decode(errors="replace") != reference.decode(expected, skip_special_tokens=False):
            undecoded += 1
            if undecoded <= 10:
                print(f"decoding differs for {text[:200]!r}")
        if total % 20_000 == 0:
            print(f"… {total} texts, {differing + undecoded} differences", flush=True)
    complete = process.wait() == 0 and total >= options.count
    print(f"{options.tokenizer}: {total} texts, {size} bytes, {differing} differ in ids, {undecoded} in decoding"
          f" (tokenizers {tokenizers.__version__}, seed {options.seed})" + ("" if complete else "; OUR PROGRAM STOPPED EARLY"))
    return complete and differing == 0 and undecoded == 0


def compare_speed(options, reference):
    with open(options.time, encoding="utf-8", errors="replace", newline="") as file:
        text = file.read()
    best = 1e9
    for _ in range(3):
        start = time.process_time()
        count = len(reference.encode(text).ids)
        best = min(best, time.process_time() - start)
    megabytes = len(text.encode()) / 1e6
    print(f"tokenizers: {count} ids, {best:.3f} s, {megabytes / best:.1f} MB/s; ours:", end=" ", flush=True)
    subprocess.run([options.program, options.tokenizer, "--time", options.time], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain-special", action="store_true")
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("--random-only", action="store_true")  # without the texts that are the same for every seed
    parser.add_argument("--time")  # a UTF-8 text file
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.tokenizer
        if options.rewrite:
            path = os.path.join(folder, "tokenizer.json")
            subprocess.run([options.program, options.tokenizer, "--rewrite", path], check=True)
        reference = tokenizers.Tokenizer.from_file(path)
    reference.no_truncation()
    reference.no_padding()
    reference.encode_special_tokens = options.plain_special
    if options.time:
        return compare_speed(options, reference)
    sys.exit(0 if compare(options, reference) else 1)


main()
