#!/usr/bin/env python3
"""Compares which files of the hostile corpus the reference readers (PyPI gguf and safetensors) accept with which ours does.

Write the corpus first: TIGHTROPE_CORPUS=FOLDER build/hostile_tests --gtest_filter='*Corpus*'
then:                   tools/compare_readers.py FOLDER

A file is named NAME.legal.KIND or NAME.broken.KIND after our verdict, which the hostile tests enforce. Prints every difference with its
explanation; exits with 1 when one has none.
"""

import pathlib
import signal
import sys
import warnings

# Why the verdicts differ, where they do. The Python reader of GGUF looks at little; llama.cpp's reader is as strict as ours except where
# it says so here.
LENIENT = "the Python reader does not check it; llama.cpp refuses it as we do"
EXPLAINED = {
    "gguf": {
        "alignment_not_used": "the data are not where the alignment puts them; " + LENIENT,
        "array_depth_5": "arrays nest at most four deep here, llama.cpp allows none in arrays",
        "array_of_many_bytes": "a limit on memory of ours",
        "bool_2": "a boolean is 0 or 1 by the format's description; both references take any byte",
        "dimension_0": "an empty tensor; no writer makes one, llama.cpp accepts it",
        "key_65536": "the format's description limits keys to 65535 bytes",
        "key_empty": LENIENT,
        "key_nul": "a key ends at a NUL for a C reader: two readers would see two names",
        "offset_0": "overlap; " + LENIENT,
        "offset_1": "unaligned; " + LENIENT,
        "offset_416": "overlap; " + LENIENT,
        "offset_18446744073709551584": "wraps around to before the data; " + LENIENT,
        "offset_18446744073709551615": "wraps around to before the data; " + LENIENT,
        "one_tensor_more": "reads zeros of the padding as a tensor without a name; " + LENIENT,
        "rank_5": LENIENT,
        "string_not_utf8": "values are bytes to llama.cpp and to us: vocabularies with such strings are in use",
        "tensor_name_64": LENIENT,
        "tensor_name_empty": "nothing could ask for it; both references accept it",
        "tensor_name_nul": "a name ends at a NUL for a C reader: two readers would see two names",
    },
    "safetensors": {
        "dtype_foreign": "legal, of a type that we do not compute with; the message says so",
        "key_unknown": "the format has three keys a tensor; more could hide data from one reader",
        "leading_space": "the format says that the header begins with '{'",
        "metadata_key_twice": "the format forbids duplicate keys",
        "name_empty": "nothing could ask for it",
        "name_nul": "a name ends at a NUL for a C reader: two readers would see two names",
        "rank_5": "legal, with more dimensions than any tensor here has; the message says so",
        "trailing_tab": "the format pads with spaces only",
    },
}


def read_gguf(path):
    import gguf

    reader = gguf.GGUFReader(path)
    for tensor in reader.tensors:
        tensor.data.tobytes()
    for field in reader.fields.values():
        field.contents()


def read_safetensors(path):
    import safetensors

    with safetensors.safe_open(path, "pt") as file:
        for name in file.keys():
            file.get_tensor(name)


def verdict(read, path):
    signal.alarm(5)  # a reader that is still busy after that has accepted a lie
    try:
        read(path)
        return "accepts", ""
    except BaseException as error:  # whatever a reader throws, exits with or dies of, is its refusal
        if isinstance(error, KeyboardInterrupt):
            raise
        return "refuses", f"{type(error).__name__}: {str(error)[:100]}"
    finally:
        signal.alarm(0)


def timed_out(*_):
    raise TimeoutError("still busy after 5 s")


def main():
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, timed_out)
    surprises = 0
    for kind, read in (("gguf", read_gguf), ("safetensors", read_safetensors)):
        files = sorted(pathlib.Path(sys.argv[1], kind).glob(f"*.{kind}"))
        differences = 0
        for path in files:
            ours = "accepts" if path.name.endswith(f".legal.{kind}") else "refuses"
            theirs, reason = verdict(read, path)
            if ours == theirs:
                continue
            differences += 1
            name = path.name.rsplit(".", 2)[0]
            why = EXPLAINED[kind].get(name)
            surprises += why is None
            print(f"{kind:12} {name:32} ours {ours}, reference {theirs} {reason}: {why or 'NOT EXPLAINED'}")
        print(f"{kind}: {len(files)} files, {differences} differences")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
