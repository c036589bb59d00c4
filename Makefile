# The habits of the house as single commands. All are quiet when all is well.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.SILENT:
MAKEFLAGS += --no-print-directory
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
STRESS_SECONDS ?= 600
SOURCES = $(shell git ls-files '*.cpp' '*.h')

.PHONY: build test demo bench asan ubsan tsan stress fuzz format lint clean help
build:        ## the program, at build/tightrope
	tools/setup
	tools/build release

test:         ## builds everything and runs the fast tests
	tools/setup
	tools/build release
	tools/test release

demo: build   ## makes the embedded model smaller in six sizes and measures each; leaves demo/report.html
	tools/demo

bench: build  ## the micro-benchmarks
	for program in build/*_bench; do echo "$$program"; "$$program" --benchmark_min_time=0.2; done

asan ubsan tsan:  ## the fast tests under a sanitizer
	tools/setup
	tools/build $@
	tools/test $@

stress:       ## requests that join, leave and cancel at random under the thread sanitizer, for STRESS_SECONDS (600)
	tools/setup
	tools/build tsan engine_tests
	TIGHTROPE_STRESS_SECONDS=$(STRESS_SECONDS) setarch -R build/tsan/engine_tests --gtest_brief=1 --gtest_filter='*RequestsJoinAndLeaveAtRandom'

fuzz:         ## each fuzzer for FUZZ_SECONDS (60)
	tools/setup --all
	tools/build fuzz fuzzers
	tools/fuzz $(FUZZ_SECONDS)

format:       ## lays out every source file
	tools/setup --all
	clang-format-16 -i $(SOURCES)

lint:         ## layout and clang-tidy
	tools/setup --all
	clang-format-16 --dry-run -Werror $(SOURCES)
	cmake --preset dev >/dev/null
	git ls-files 'src/*.cpp' 'apps/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy-16 --quiet -p build/dev

clean:        ## removes all that was built
	rm -rf build

help:         ## this list
	grep -E '^[a-z ]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 20
