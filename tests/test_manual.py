"""The commands that the manual and the program's own sentences name are those that there are."""

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from typing import Final

import pytest

from app import cli
from app.services.resources import resource
from tests.marks import ROOT

#: What the manual writes where a number or a day goes, and one of them.
_PLACEHOLDERS: Final = {"编号": "1", "批号": "1", "日期": "2026-09-01"}


def written() -> Iterator[tuple[str, str]]:
    """Chapter and text of every command in the manual: whole lines, and within sentences."""
    for chapter in sorted(resource("manual").glob("*.md")):
        text = chapter.read_text(encoding="utf-8")
        for line in re.findall(r"^(?: {4})?(xueji .*)$", text, re.MULTILINE):
            yield chapter.name, re.split(r"\s{3,}(?=[^\s-])", line)[0]
        for mention in re.findall(r"`(xueji [^`]*)`", text):
            yield chapter.name, mention


def words_of(command: str) -> list[str]:
    """The words somebody types, what may be left out put in."""
    typed = re.sub(r"[\[\]]", "", command).replace("\\", "/")
    return [_PLACEHOLDERS.get(word, word) for word in shlex.split(typed)[1:]]


def commands() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Every command and group of commands, by its words."""
    found: dict[tuple[str, ...], argparse.ArgumentParser] = {}

    def collect(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> None:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    found[*words, name] = below
                    collect(below, (*words, name))

    collect(cli._parser(), ())
    return found


@pytest.mark.parametrize(("chapter", "command"), list(written()))
def test_a_command_of_the_manual_is_taken_as_it_is_written(chapter: str, command: str) -> None:
    words = words_of(command)
    if tuple(words) in commands():
        return  # the mere name of a command
    cli._parser().parse_args(words)  # raises Misused, which says what is wrong


def test_every_command_is_in_the_manual() -> None:
    told = {
        next((word for word in words_of(command) if (word,) in commands()), "")
        for _, command in written()
    }
    assert {words[0] for words in commands()} - told == set()


def test_what_the_program_tells_people_to_type_exists() -> None:
    strangers = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for told in re.findall(r"(?<!\w)xueji ([a-z]+(?: [a-z]+)*)", node.value):
                    if tuple(told.split()) not in commands():
                        strangers.append(f"{path.name}:{node.lineno}: xueji {told}")
    assert strangers == []
