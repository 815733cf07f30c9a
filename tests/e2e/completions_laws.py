"""The laws of an OpenAI completion, whole or streamed, and what it says when it is read by them.

As laws.py has it of chats: `whole` and `stream` give an `Answer` and the laws that are broken, each as a sentence. What a chat
says beyond its text (calls of tools, pictures) a completion has no words for; pages that are cited stand beside its end. `told`:
the proxy tells the answer of another API; what it promises beyond OpenAI's laws is then held, too.
"""

import json

import openai._models
from openai.types import Completion

import framing
from answers import FILTER, LENGTH, STOP, Answer
from laws import Laws, check_lines, error_object, fault_of, read_usage

REASONS = (STOP, LENGTH, FILTER)


def check_about(laws, answer, same, told):
    """What every chunk, and a whole answer, has."""
    laws.hold(answer.get("object") == "text_completion", "object")
    for name, kind in (("id", str), ("model", str), ("created", int)):
        value = answer.get(name)
        laws.hold(isinstance(value, kind) and value != "" and value == same.setdefault(name, value),
                  "%s is not the same in all: %r" % (name, value))
    laws.hold(str(answer.get("id")).startswith("cmpl-") or not told, "the id %s" % answer.get("id"))


def read_choice(laws, said, choice, told):
    heard = said.choice(choice["index"])
    laws.hold(heard.finish is None, "something of a choice behind its finish_reason")
    laws.hold(isinstance(choice.get("text"), str), "the text is no string")
    known = {"text", "index", "logprobs", "finish_reason", *(("reasoning", "annotations") if told else ("content_filter_results",))}
    laws.hold({"logprobs", "finish_reason"} <= set(choice) <= known, "a choice has %s" % sorted(choice))
    laws.hold(choice.get("finish_reason") in (None, *REASONS), "finish_reason %r" % choice.get("finish_reason"))
    heard.text += choice.get("text") or ""
    heard.reasoning += choice.get("reasoning") or ""
    for note in choice.get("annotations") or []:
        cited = note.get("url_citation") or {}
        heard.cited.add(cited.get("url"))
        laws.hold(note.get("type") == "url_citation" and choice["finish_reason"]
                  and 0 <= cited.get("start_index", -1) <= cited.get("end_index", -1) <= len(heard.text),
                  "a citation is no url_citation within the text, told at its end: %s" % note)
    heard.finish = choice.get("finish_reason")


def whole(body, schemas, told=True):
    """A whole answer's JSON."""
    laws, said = Laws(), Answer(whole=True)
    answer = json.loads(body)
    laws.extend(sorted(schemas.faults("CreateCompletionResponse", answer)) if schemas else [])
    check_about(laws, answer, {}, told)
    for number, choice in enumerate(answer.get("choices") or []):
        laws.hold(choice["index"] == number, "choices are numbered from 0")
        read_choice(laws, said, choice, told)
        laws.hold(choice["finish_reason"] in REASONS, "no finish_reason")
    laws.hold(said.choices, "it has no choices")
    said.usage = read_usage(laws, answer.get("usage"))
    return said, laws


def read_chunk(laws, said, chunk, asked, told):
    counts = chunk.get("usage")
    laws.hold(said.usage is None, "a chunk after the one with usage")
    laws.hold(("usage" in chunk) == asked or not told, "usage is null before the last chunk if asked for, absent otherwise")
    if counts is not None:
        laws.hold(chunk["choices"] == [], "usage comes in a chunk of its own")
        said.usage = read_usage(laws, counts)
    else:
        laws.hold(chunk["choices"], "a chunk that says nothing")
    for choice in chunk["choices"]:
        read_choice(laws, said, choice, told)
        laws.hold(choice["text"] or choice.get("reasoning") or choice["finish_reason"] or choice["logprobs"] or not told,
                  "a choice of a chunk that says nothing")


def stream(body, schemas, asked=True, told=True):
    """A streamed answer's bytes; `asked`: the client wanted usage."""
    laws, said, same, text = Laws(), Answer(), {}, body.decode()
    check_lines(laws, text)
    data = [one for _, one in framing.server_sent(body)]
    for number, one in enumerate(data):
        last = number == len(data) - 1
        if one == "[DONE]":
            laws.hold(last, "something behind [DONE]")
            break
        try:
            chunk = json.loads(one)
            if "error" in chunk:
                given = error_object(laws, chunk, schemas)
                laws.hold(list(chunk) == ["error"] and last, "an error is the last event, and nothing else stands beside it")
                said.error = fault_of(given)
                break
            laws.extend(sorted(schemas.faults("CreateCompletionResponse", chunk)) if schemas else [])
            openai._models.construct_type(type_=Completion, value=chunk)
            check_about(laws, chunk, same, told)
            read_chunk(laws, said, chunk, asked, told)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            laws.hold(False, "a chunk in another form: %s: %s in %r" % (type(error).__name__, error, one[:200]))
    done = bool(data) and data[-1] == "[DONE]"
    laws.hold(done != bool(said.error), "[DONE] ends the stream, unless there was an error")
    laws.hold(sorted(said.choices) == list(range(len(said.choices))), "choices are numbered from 0")
    said.whole = bool(said.choices) and all(choice.finish for choice in said.choices.values())
    laws.hold(said.whole or said.error, "the stream ends without finish_reason and without an error")
    return said, laws
