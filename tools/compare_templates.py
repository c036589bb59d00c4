#!/usr/bin/env python3
"""Renders conversations by chat templates with Python's jinja2, as transformers runs it, and with our engine; reports every difference.
Usage: compare_templates.py --program BUILD/template_stream [--count 200] [--seed 1] [--show 5] TEMPLATE…"""
import argparse
import json
import os
import subprocess
import sys
import threading

os.environ["TZ"] = "UTC"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chat_cases  # noqa: E402


def ours(program, requests):
    process = subprocess.Popen([program, str(chat_cases.NOW)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def feed():
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
        process.stdin.close()

    threading.Thread(target=feed).start()
    for line in process.stdout:
        yield json.loads(line)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5)
    parser.add_argument("templates", nargs="+")
    options = parser.parse_args()
    cases = list(chat_cases.cases(options.count, options.seed))
    requests = [{"template": path, "variables": case} for path in options.templates for case in cases]
    answers = ours(options.program, requests)
    same = refused = different = 0
    for path in options.templates:
        reference = chat_cases.Reference(open(path, encoding="utf-8").read())
        before = different
        for case in cases:
            text, error = reference.render(case)
            answer = next(answers)
            if error is not None and "error" in answer:
                refused += 1
            elif error is None and answer.get("text") == text:
                same += 1
            else:
                different += 1
                if different - before <= options.show:
                    print(f"--- {path}: {json.dumps(case)[:600]}\njinja2: {text!r} {error}\nours:   {answer}")
        if different > before:
            print(f"{path}: {different - before} of {len(cases)} differ")
    print(f"{len(options.templates)} templates x {len(cases)} conversations: {same} texts identical, {refused} refused by both, "
          f"{different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
