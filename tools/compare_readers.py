#!/usr/bin/env python3
"""Compares which files of the hostile corpus the reference readers (PyPI gguf and safetensors) accept with which ours does.

Write the corpus first: TIGHTROPE_CORPUS=FOLDER build/hostile_tests --gtest_filter='*Corpus*'
then:                   tools/compare_readers.py FOLDER

A file is named NAME.legal.KIND or NAME.broken.KIND after our verdict, which the hostile tests enforce. Prints every difference; exits
with 1 when a file we accept is refused by the reference reader.
"""

import pathlib
import signal
import sys
import warnings



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
    signal.alarm(20)  # a reader that is still busy after that has accepted a lie
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
    raise TimeoutError("still busy after 20 s")


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
            surprises += ours == "accepts"
            print(f"{kind:12} {path.name.rsplit('.', 2)[0]:32} ours {ours}, reference {theirs} {reason}")
        print(f"{kind}: {len(files)} files, {differences} differences")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
