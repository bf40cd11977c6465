"""The READMEs: they name every setting, and no command that is not there."""

import re
from functools import cache
from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from knowledge.settings import Settings

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "README.zh.md")
SETTINGS = {str(field.validation_alias): field.description for field in Settings.model_fields.values()}


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(name: str) -> dict[str, list[str]]:
    """The table under the mark "settings": the cells after the variable, by variable."""
    found = {}
    for line in text(name).partition("<!-- settings -->")[2].splitlines():
        match = re.match(r"\| `([A-Z_]+)` \|(.*)\|$", line)
        if match:
            found[match[1]] = [cell.strip() for cell in match[2].split(" | ")]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_table_holds_every_setting(name: str) -> None:
    """A row for each variable and none for another, each with a meaning."""
    table = rows(name)
    assert list(table) == list(SETTINGS)
    assert [variable for variable, cells in table.items() if len(cells) != 2 or not cells[1]] == []


def test_meanings_are_the_descriptions() -> None:
    """README.md says of each setting what `kaibi doctor` says."""
    assert {variable: cells[1] for variable, cells in rows("README.md").items()} == SETTINGS


def commands(group: typer.main.TyperGroup, path: str = "") -> set[str]:
    """Every command and group, "docs list" for one within a group."""
    found = set()
    for name, command in group.commands.items():
        found.add(f"{path}{name}")
        if isinstance(command, typer.main.TyperGroup):
            found |= commands(command, f"{path}{name} ")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_commands_are_there(name: str) -> None:
    """`kaibi WORD`, with the words after bars and within groups, is a command each time; `/kaibi` is Slack's."""
    root = typer.main.get_command(app)
    assert isinstance(root, typer.main.TyperGroup)
    known = commands(root)
    groups = {path.rpartition(" ")[0] for path in known if " " in path}
    named = set()
    for match in re.finditer(r"(?<!/)\bkaibi ([a-z]+(?: \| [a-z]+)*)((?: [a-z]+| ID| \|)*)", text(name)):
        for first in match[1].split(" | "):
            named.add(first)
            if first in groups:
                named |= {f"{first} {word}" for word in re.findall("[a-z]+", match[2])[:1]}
    assert len(named) > 6
    assert named - known == set()


@pytest.mark.parametrize("name", NAMES)
def test_options_are_there(name: str) -> None:
    """Every --option behind `kaibi COMMAND` is one of that command."""
    root = typer.main.get_command(app)
    assert isinstance(root, typer.main.TyperGroup)
    wrong = []
    for line in re.findall(r"^    (?:\$ )?kaibi .*$", text(name), re.MULTILINE):
        words = line.replace("$", "").split()[1:]
        command = root.commands[words[0]]
        if isinstance(command, typer.main.TyperGroup) and len(words) > 1 and words[1] in command.commands:
            command = command.commands[words[1]]
        options = {option for parameter in command.params for option in parameter.opts}
        wrong += [(line, option) for option in re.findall(r"--[a-z]+", line) if option not in options]
    assert wrong == []
