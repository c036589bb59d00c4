"""Conversations made from a seed, and their rendering by jinja2 as transformers runs it. Used by compare_templates.py and
make_golden_templates.py."""
import datetime
import random
import unittest.mock

from transformers.utils import chat_template_utils

NOW = 1717250400  # 2024-06-01 14:00 UTC, what strftime_now() tells
WORDS = ("the river runs past seven grey stones while nobody counts them and a lamp burns in each window until morning comes with bread "
         "rain ΑΣ straße İstanbul naïve 日本語 слово عربى 👩‍👩‍👧 e\u0301 don't \"quoted\" 'single' back\\slash <b>&amp;</b> {x} %s 100% a\tb").split(" ")
SPECIALS = ["<|im_start|>system", "<|im_end|>", "<s>", "</s>", "[INST]", "[/INST]", "<start_of_turn>", "<|eot_id|>", "<think>", "</think>",
            "<tool_call>", "</tool_call>", "<tool_response>x</tool_response>", "<|end|>", "{{ messages }}", "{% raw %}", "<|endoftext|>"]
TYPES = ["string", "integer", "number", "boolean", "array", "object"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, most=12):
        words = [self.random.choice(SPECIALS if self.random.random() < 0.12 else WORDS) for _ in range(self.random.randrange(most))]
        text = self.random.choice([" ", " ", "\n", "  "]).join(words)
        if self.random.random() < 0.2:
            text = self.random.choice(["\n", " ", "\u3000", "\t\n"]) + text + self.random.choice(["\n", " ", "\n\n"])
        return text

    def content(self):
        if self.random.random() < 0.8:
            return self.text()
        parts = [{"type": "text", "text": self.text()} for _ in range(self.random.randrange(1, 3))]
        if self.random.random() < 0.3:
            parts.append({"type": "image"})
        return parts

    def value(self, depth=0):
        kinds = ["text", "int", "real", "bool", "none"] + (["list", "dict"] if depth < 3 else [])
        kind = self.random.choice(kinds)
        if kind == "list":
            return [self.value(depth + 1) for _ in range(self.random.randrange(3))]
        if kind == "dict":
            return {self.random.choice(WORDS): self.value(depth + 1) for _ in range(self.random.randrange(3))}
        numbers = [0, 1, -7, 2**53, 1.0, -0.5, 1e22, 1e-7, 3.14159, 1e16, 123456789.0]
        return {"text": self.text(5), "int": self.random.randrange(-1000, 10**12), "real": self.random.choice(numbers),
                "bool": self.random.random() < 0.5, "none": None}[kind]

    def schema(self, depth=0):
        kind = self.random.choice(TYPES if depth < 2 else TYPES[:4])
        schema = {"type": kind, "description": self.text(6)}
        if kind == "array":
            schema["items"] = self.schema(depth + 1)
        if kind == "object":
            schema["properties"] = {f"field_{i}": self.schema(depth + 1) for i in range(self.random.randrange(1, 3))}
        if kind == "string" and self.random.random() < 0.4:
            schema["enum"] = ["celsius", "fahr\"enheit", "日本"]
        if self.random.random() < 0.2:
            schema["default"] = self.value(2)
        return schema

    def tool(self, i):
        names = [f"arg_{j}" for j in range(self.random.randrange(4))]
        parameters = {"type": "object", "properties": {name: self.schema() for name in names}}
        if names and self.random.random() < 0.7:
            parameters["required"] = names[:self.random.randrange(1, len(names) + 1)]
        return {"type": "function", "function": {"name": f"tool_{i}", "description": self.text(8), "parameters": parameters}}

    def call(self):
        arguments = {f"arg_{j}": self.value() for j in range(self.random.randrange(3))}
        identity = "".join(self.random.choice("abcdefghijkXYZ0123456789") for _ in range(9))
        return {"id": identity, "type": "function", "function": {"name": f"tool_{self.random.randrange(3)}", "arguments": arguments}}

    def conversation(self):
        messages = []
        if self.random.random() < 0.5:
            messages.append({"role": self.random.choice(["system", "system", "system", "developer"]), "content": self.content()})
        with_tools = self.random.random() < 0.4
        for turn in range(self.random.randrange(1, 5)):
            messages.append({"role": "user", "content": self.content()})
            if turn and self.random.random() < 0.15:
                continue
            answer = {"role": "assistant", "content": self.text()}
            if self.random.random() < 0.25:
                answer["content"] = f"<think>\n{self.text()}\n</think>\n\n{self.text()}"
            if self.random.random() < 0.15:
                answer["reasoning_content"] = self.text()
            if with_tools and self.random.random() < 0.5:
                answer["tool_calls"] = [self.call() for _ in range(self.random.choice([1, 1, 2]))]
                if self.random.random() < 0.3:
                    del answer["content"]
                messages.append(answer)
                for call in answer["tool_calls"]:
                    messages.append({"role": "tool", "name": call["function"]["name"], "tool_call_id": call["id"],
                                     "content": self.random.choice([self.text(), '{"temperature": 21.5}'])})
                messages.append({"role": "assistant", "content": self.text()})
            else:
                messages.append(answer)
        if self.random.random() < 0.7 and messages[-1]["role"] == "assistant":
            messages.pop()
        if self.random.random() < 0.04:
            self.random.shuffle(messages)
        return messages, with_tools

    def case(self):
        messages, with_tools = self.conversation()
        case = {"messages": messages, "tools": [self.tool(i) for i in range(self.random.randrange(1, 4))] if with_tools else None,
                "documents": None, "add_generation_prompt": self.random.random() < 0.6, "bos_token": "<s>", "eos_token": "</s>"}
        if self.random.random() < 0.1:
            case["documents"] = [{"title": self.text(4), "text": self.text(), "doc_id": i} for i in range(2)]
        if self.random.random() < 0.3:
            case["enable_thinking"] = self.random.random() < 0.5
        for name, values in (("custom_tools", [None]), ("date_string", ["1 May 2024"]), ("tools_in_user_message", [True, False]),
                             ("builtin_tools", [["code_interpreter", "search"]]), ("reasoning_effort", ["low", "high"]),
                             ("thinking", [True, False]), ("unk_token", ["<unk>"]), ("model_identity", ["You are a kite."])):
            if self.random.random() < 0.08:
                case[name] = self.random.choice(values)
        return case


def cases(count, seed):
    maker = Maker(seed)
    return [maker.case() for _ in range(count)]


class FrozenTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)


class Reference:
    """A template as transformers compiles and renders it."""

    def __init__(self, source):
        try:
            self.template, self.error = chat_template_utils._compile_jinja_template(source), None
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            self.template, self.error = None, error

    def render(self, case):
        """The text and None, or None and the error."""
        if self.error is not None:
            return None, self.error
        try:
            with unittest.mock.patch.object(chat_template_utils, "datetime", FrozenTime):
                return self.template.render(**case), None
        except Exception as error:  # noqa: BLE001
            return None, error
