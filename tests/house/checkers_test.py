"""The checkers must be able to fail: each is run on a small tree that breaks its rule, and on one that keeps it."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER = sys.argv.pop() if len(sys.argv) > 1 else "c++"


def run(tool, *arguments):
    done = subprocess.run([sys.executable, ROOT / "tools" / tool, *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def library(self, code, *flags):
        source = self.put("code.cpp", code)
        subprocess.run([COMPILER, "-O1", "-c", *flags, source, "-o", source.with_suffix(".o")], check=True)
        subprocess.run(["ar", "rcs", self.folder / "libcode.a", source.with_suffix(".o")], check=True)
        return self.folder / "libcode.a"


class Layers(Tree):
    def offence(self, name, line):
        shutil.copytree(ROOT / "tools", self.folder / "tools", dirs_exist_ok=True)
        self.put("CMakeLists.txt", "tightrope_layer(base USES)\ntightrope_layer(tensor USES tightrope_base)\n"
                                   "tightrope_layer(text USES tightrope_base)\ntightrope_layer(toolkit USES tightrope_base tightrope_tensor "
                                   "tightrope_text)\n")
        for folder in ("base", "tensor", "text", "toolkit"):
            self.put(f"src/{folder}/a.h", "// one\n")
        self.put(name, f"// a\n{line}\n")
        return run("check_layers", self.folder)

    def test_allowed(self):
        for name, line in (("src/tensor/b.h", '#include "base/a.h"'), ("src/base/b.h", '#include "tightrope/error.h"'),
                           ("src/toolkit/b.h", '#include "tightrope/model.h"'), ("apps/tightrope/b.cpp", '#include "tightrope/model.h"'),
                           ("src/base/json.cpp", "#include <simdjson.h>")):
            self.assertEqual(self.offence(name, line), (0, ""), line)

    def test_refused(self):
        for name, line in (("src/base/b.h", '#include "tensor/a.h"'), ("src/tensor/b.h", '#include "text/a.h"'),
                           ("src/base/b.h", '#include "tightrope/model.h"'), ("src/tensor/b.h", "#include <simdjson.h>"),
                           ("src/tensor/b.h", "  #  include <torch/torch.h>"), ("src/base/b.h", "#include <immintrin.h>"),
                           ("include/tightrope/b.h", '#include "base/a.h"'), ("apps/tightrope/b.cpp", '#include "base/a.h"'),
                           ("src/tensor/b.h", '#include "a.h"'), ("src/unknown/b.h", '#include "base/a.h"')):
            code, output = self.offence(name, line)
            self.assertEqual(code, 1, line)
            self.assertIn(f"{name}:2: ", output)
            shutil.rmtree(self.folder / pathlib.Path(name).parts[0])

    def test_cmake_must_agree(self):
        self.offence("src/base/b.h", "")
        self.put("CMakeLists.txt", "tightrope_layer(base USES tightrope_tensor)\ntightrope_layer(tensor USES tightrope_base)\n")
        code, output = run("check_layers", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("layer base links", output)
        self.assertIn("no tightrope_layer(text", output)


class Size(Tree):
    def verdict(self, text, name="src/base/a.cpp"):
        self.put(name, text)
        return run("check_size", self.folder)

    def test_limits(self):
        first = "// A file with one idea.\n"
        body = "  int x = 1;\n"
        self.assertEqual(self.verdict(first + "void f(int a) {\n" + body * 78 + "}\n"), (0, ""))
        for long in ("void f(int a) {\n" + body * 79 + "}\n", "S::S() : a_{1}, b_(2) {\n" + body * 79 + "}\n",
                     "struct S {\n  void f() const {\n" + body * 79 + "  }\n};\n", "const char* c = \"{\";\nvoid f() {\n" + body * 79 + "}\n"):
            code, output = self.verdict(first + "namespace n {\n" + long + "}\n")
            self.assertEqual(code, 1, long)
            self.assertIn("a function of 8", output)
        self.assertEqual(self.verdict(first + "struct S {\n" + "  int x = 1;\n" * 100 + "};\n")[0], 0)
        self.assertEqual(self.verdict(first + "\n" * 600)[0], 1)
        self.assertEqual(self.verdict(first + "// " + "x" * 138)[0], 1)
        self.assertEqual(self.verdict("#pragma once\n")[0], 1)
        shutil.rmtree(self.folder / "src/base")
        kernel = first + "void f() {\n" + body * 79 + "}\n"
        self.assertEqual(self.verdict(kernel, "src/kernels/a.cpp"), (0, ""))


class Objects(Tree):
    def test_banned(self):
        self.assertEqual(run("check_banned", self.library("int f(int a) { return a; }")), (0, ""))
        for code in ("#include <cstdlib>\nvoid f() { std::abort(); }", "#include <cstdlib>\nvoid f() { std::exit(1); }",
                     "#include <cstdio>\nvoid f(int a) { std::printf(\"%d\", a); }", "#include <cstdio>\nvoid f() { std::fputs(\"a\", stderr); }",
                     "#include <iostream>\nvoid f() { std::cout << 1; }"):
            self.assertEqual(run("check_banned", self.library(code))[0], 1, code)

    def test_isa_symbols(self):
        code = "inline float scaled(float a, float b) { return a * b + a; }\nfloat (*use())(float, float) { return &scaled; }\n"
        self.assertEqual(run("check_isa_symbols", self.library(code)), (0, ""))
        if "x86-64" in subprocess.run(["objdump", "-f", self.folder / "libcode.a"], capture_output=True, text=True).stdout:
            code_of, output = run("check_isa_symbols", self.library(code, "-mavx2"))
            self.assertEqual(code_of, 1)
            self.assertIn("scaled(float, float)", output)
            self.assertEqual(run("check_isa_symbols", self.library("namespace N_AVX2 { " + code + "}", "-mavx2")), (0, ""))


unittest.main()
