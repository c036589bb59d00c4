#!/usr/bin/env python3
"""Writes tests/golden/tokenizer_wren.json, tests/golden/pre_tokenizers.json and tests/golden/tokenizers.json: what the PyPI `tokenizers`
package makes of a few hundred texts, with real and with tiny tokenizers of every kind. Usage: make_golden_tokenizer.py (from the project
folder)"""
import base64
import json
import pathlib
import random
import struct
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEED = 20240607
CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
LLAMA = r"(?i:%s)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+" % CONTRACTIONS
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PATTERNS = {
    "gpt-2": CONTRACTIONS + r"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama-bpe": LLAMA,
    "qwen2": LLAMA.replace("{1,3}", ""),
    "o200k": "|".join(r"[^\r\n\p{L}\p{N}]?%s(?i:%s)?" % (word, CONTRACTIONS) for word in (UPPER + "*" + LOWER + "+", UPPER + "+" + LOWER + "*"))
             + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
WORDS = ("the of and don't I'LL you've It's 'ſ naïve café Straße Ελληνικά русский 中文 日本語 한국어 العربية עברית हिन्दी ไทย "
         "👩‍👩‍👧 🇫🇷 é e\u0301 ﬁ ½ Ⅷ ٣ 1234567 3.14 http://a.b/c?d=e #x foo_bar ()[]{} 𐗀 𱍐 \u180e \u0300 HTTPServer camelCase ʰABC ǅx").split(" ")
SPACES = [" ", " ", "  ", "\n", "\r\n", "\t", " \n", "\n  ", "\u00a0", "\u3000", "\u0085", "\u200b"]
SPECIALS = ["<|begin_of_text|>", "<|im_start|>", "<|im_end", "<|pad|><|sep|>", "<|", "[MASK]", "[SEP]x", " <s> ", "user", "superuser"]


def texts():
    random_ = random.Random(SEED)
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


def charsmap(replacements):
    """A double-array trie in SentencePiece's form, each state at a place of its own: simple, not small."""
    texts_, offsets = b"", {}
    for key, value in replacements.items():
        offsets[key.encode()] = len(texts_)
        texts_ += value.encode() + b"\0"
    prefixes = sorted({key[:i] for key in offsets for i in range(len(key) + 1)})
    base = {prefix: 256 * (index + 1) for index, prefix in enumerate(prefixes)}
    units = [0] * (256 * (len(prefixes) + 1))

    def link(place, prefix, label):
        units[place] = (base[prefix] ^ place) << 10 | (256 if prefix in offsets else 0) | label
        if prefix in offsets:
            units[base[prefix]] = 1 << 31 | offsets[prefix]

    link(0, b"", 0)
    for prefix in prefixes:
        for label in range(1, 256):
            if prefix + bytes([label]) in base:
                link(base[prefix] ^ label, prefix + bytes([label]), label)
    trie = struct.pack(f"<{len(units)}I", *units)
    return base64.b64encode(struct.pack("<I", len(trie)) + trie + texts_).decode()


CORPUS = [" ".join(WORDS)] * 3 + ["the cat sat on the mat and the other cats and hats"] * 20 + ["don't you think it's naïve, they're there"] * 10
SPECIAL = [AddedToken("[MASK]", lstrip=True, special=True), AddedToken("[SEP]", special=True), AddedToken("user", single_word=True)]


def sequence(kind, *parts):
    return kind.Sequence(list(parts))


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = sequence(pre_tokenizers, pre_tokenizers.Split(Regex(PATTERNS["o200k"]), "isolated"),
                                       pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=SPECIAL, show_progress=False)
    return tokenizer, trainer


def characters():
    """As SentencePiece's BPE tokenizers are converted: bytes for unknown characters, no pre-tokenizer."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.normalizer = sequence(normalizers, normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"))
    tokenizer.decoder = sequence(decoders, decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0))
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    return tokenizer, trainers.BpeTrainer(vocab_size=460, special_tokens=["<unk>", *SPECIAL, *bytes_], limit_alphabet=60, show_progress=False)


def affixes():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="@@"))
    tokenizer.normalizer = sequence(normalizers, normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase())
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    return tokenizer, trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>", *SPECIAL], end_of_word_suffix="</w>", limit_alphabet=50,
                                          continuing_subword_prefix="@@", show_progress=False)


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]", "[CLS]", "[SEP]", SPECIAL[0], SPECIAL[2]], show_progress=False)
    return tokenizer, trainer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    table = {"ﬁ": "fi", "½": "1/2", "Ⅷ": "VIII", "\t": " ", "\u00a0": " ", "é": "e", "e": "e", "\u200b": "", "\r": " "}
    tokenizer.normalizer = sequence(normalizers, normalizers.Precompiled(base64.b64decode(charsmap(table))), normalizers.Replace(Regex(" {2,}"), " "))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B:1 </s>:1", special_tokens=[("</s>", 1)])
    return tokenizer, trainers.UnigramTrainer(vocab_size=200, special_tokens=["<unk>", "</s>", *SPECIAL], unk_token="<unk>", show_progress=False)


def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = sequence(normalizers, normalizers.Nmt(), normalizers.Strip(), normalizers.NFKC())
    tokenizer.pre_tokenizer = sequence(pre_tokenizers, pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"),
                                       pre_tokenizers.Digits(individual_digits=True))
    return tokenizer, trainers.WordLevelTrainer(vocab_size=90, special_tokens=["[UNK]", *SPECIAL], show_progress=False)


def roberta():
    tokenizer, trainer = byte_level()
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<s>", "</s>", *SPECIAL],
                                  show_progress=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=True, add_prefix_space=True)
    return tokenizer, trainer


def splits():
    tokenizer, _ = byte_level()
    tokenizer.normalizer = normalizers.NFD()
    tokenizer.pre_tokenizer = sequence(
        pre_tokenizers, pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "merged_with_previous"), pre_tokenizers.Split("-", "merged_with_next"),
        pre_tokenizers.Split(Regex(r"[aeiou]+|[^\S\n]+"), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False))
    return tokenizer, trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=SPECIAL, show_progress=False)


KINDS = (byte_level, characters, affixes, word_piece, unigram, word_level, roberta, splits)


def byte_spans(text, encoding):
    """Character offsets as byte offsets, one pair a token."""
    ends = [0]
    for character in text:
        ends.append(ends[-1] + len(character.encode()))
    return [[ends[begin], ends[end]] for begin, end in encoding.offsets]


def with_fixed_kinds():
    for kind in KINDS:
        tokenizer, trainer = kind()
        tokenizer.train_from_iterator(CORPUS, trainer)
        described = json.loads(tokenizer.to_str())
        described["model"].pop("alpha", None)
        reference = Tokenizer.from_str(json.dumps(described))
        cases = []
        for text in list(texts())[:150]:
            data = text.encode(errors="surrogateescape")
            read = data.decode(errors="replace")
            single, pair = reference.encode(read), reference.encode(read, "the mat, too")
            case = {"bytes": data.hex(), "ids": single.ids, "pair_ids": pair.ids, "pair_types": pair.type_ids,
                    "decoded": reference.decode(single.ids, skip_special_tokens=False).encode().hex()}
            # Where composing joins a letter and a mark, our spans cover both, the reference's only the letter.
            if read == text and not any(map(unicodedata.combining, read)) and kind in (byte_level, word_piece, roberta):
                case["spans"] = byte_spans(read, single)
            cases.append(case)
        yield {"name": kind.__name__, "tokenizer": described, "cases": cases}


def write(name, entries):
    made_by = {"command": "tools/make_golden_tokenizer.py", "tokenizers": tokenizers.__version__, "seed": SEED}
    lines = ",\n".join(json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in entries)
    (ROOT / "tests/golden" / name).write_text('{"made_by":%s,"texts":[\n%s\n]}\n' % (json.dumps(made_by), lines))


write("tokenizer_wren.json", encode_all(Tokenizer.from_file(str(ROOT / "models/wren-7m/tokenizer.json"))))
write("pre_tokenizers.json", split_all())
write("tokenizers.json", with_fixed_kinds())
