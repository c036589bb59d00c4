#!/usr/bin/env python3
"""Writes tests/golden/tokenizer_wren.json and tests/golden/pre_tokenizers.json: what the PyPI `tokenizers` package makes of a few hundred
texts. Usage: make_golden_tokenizer.py (from the project folder)"""
import json
import pathlib
import random

import tokenizers
from tokenizers import Regex, Tokenizer, pre_tokenizers

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
LLAMA = r"(?i:%s)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+" % CONTRACTIONS
PATTERNS = {
    "gpt-2": CONTRACTIONS + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama-bpe": LLAMA,
    "qwen2": LLAMA.replace("{1,3}", ""),
}
WORDS = ("the of and don't I'LL you've It's 'ſ naïve café Straße Ελληνικά русский 中文 日本語 한국어 العربية עברית हिन्दी ไทย "
         "👩‍👩‍👧 🇫🇷 é e\u0301 ﬁ ½ Ⅷ ٣ 1234567 3.14 http://a.b/c?d=e #x foo_bar ()[]{} 𐗀 𱍐 \u180e \u0300").split(" ")
SPACES = [" ", " ", "  ", "\n", "\r\n", "\t", " \n", "\n  ", "\u00a0", "\u3000", "\u0085", "\u200b"]
SPECIALS = ["<|begin_of_text|>", "<|im_start|>", "<|im_end", "<|pad|><|sep|>", "<|"]


def texts():
    random_ = random.Random(20240607)
    yield from ("", " ", "\n", "a", "Hello, world!", "a" * 100, " " * 70, "\n" * 40, "ab" * 64, "<|begin_of_text|>", " <|sep|> x")
    for _ in range(240):
        parts = []
        for _ in range(random_.randrange(1, 12)):
            parts += [random_.choice(random_.choice((WORDS, WORDS, WORDS, SPECIALS))), random_.choice(SPACES)]
        data = "".join(parts).encode()
        if random_.random() < 0.25:
            where = random_.randrange(len(data))
            data = data[:where] + random_.randbytes(2) + data[where + 1:]
        yield data.decode(errors="surrogateescape")


def encode_all(tokenizer):
    for text in texts():
        data = text.encode(errors="surrogateescape")
        read = data.decode(errors="replace")
        tokenizer.encode_special_tokens = False
        ids = tokenizer.encode(read).ids
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(read, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        yield {"bytes": data.hex(), "ids": ids, "plain_ids": plain, "decoded": decoded.encode().hex()}


def split_all():
    splits = {name: pre_tokenizers.Split(Regex(pattern), "isolated") for name, pattern in PATTERNS.items()}
    for text in texts():
        read = text.encode(errors="surrogateescape").decode(errors="replace")
        yield {"text": read, **{name: [word for word, _ in split.pre_tokenize_str(read) if word] for name, split in splits.items()}}


def write(name, entries):
    made_by = {"command": "tools/make_golden_tokenizer.py", "tokenizers": tokenizers.__version__, "seed": 20240607}
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    (ROOT / "tests/golden" / name).write_text('{"made_by":%s,"texts":[\n%s\n]}\n' % (json.dumps(made_by), lines))


write("tokenizer_wren.json", encode_all(Tokenizer.from_file(str(ROOT / "models/wren-7m/tokenizer.json"))))
write("pre_tokenizers.json", split_all())
