"""Prompt templates: one file per prompt, declared slots, and a strict loader of our own.

A template is a Markdown file. Between two `+++` lines stands TOML: `purpose`, `[slots.NAME]`
tables and `[phrases]` (fixed wordings the code puts into text slots). Then come the messages, each
under a line `# system`, `# user` or `# assistant`. `{{name}}` is a slot, `{{marker}}` the request's
marker. There is no logic: number and roles of the messages are those of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, ValidationError

from dikast.errors import ConfigError
from dikast.prompts._toml import explain, read_toml
from dikast.prompts.fences import Block, Part, fence, fences
from dikast.registry import unknown
from dikast.types import MARK, PromptMessage, Value

Role = Literal["system", "user", "assistant"]

SlotValue = str | Block | Sequence["str | Block | None"] | None
"""A text slot takes a string or message parts; a fenced slot takes a string, a `Block`, or, if
`many`, a sequence of them. None leaves an optional slot out."""

_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_SLOT = re.compile(r"\{\{([^{}\n]*)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HEADING = re.compile(r"# +(.*?) *")
_FENCE = "+++"
_MARKER = "marker"


class Slot(Value):
    """A declared place in a template."""

    kind: Literal["text", "fenced"]
    """`text` is trusted (rubric, persona, instructions); `fenced` is not."""
    required: bool = True
    many: bool = False
    """A fenced slot that takes several blocks, numbered from 1."""
    label: str = Field(default="", pattern=r"^([a-zA-Z][a-zA-Z0-9 ]*)?$", max_length=40)
    """Words in the fence lines; empty for the slot's name."""
    lead: str = ""
    """A trusted line above the value, left out with it."""


class _Head(Value):
    """What stands between the `+++` lines."""

    purpose: str = Field(min_length=1)
    slots: dict[str, Slot] = {}
    phrases: dict[str, str] = {}


class _Section(NamedTuple):
    role: Role
    paragraphs: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]
    """Each paragraph split at its slots: literal text and slot names by turns."""


class Template:
    """A prompt with declared slots.

    Args:
        text: Content of the file.
        name: Its name, without suffix.
        path: The file as the user named it, for messages.

    Raises:
        ConfigError: The file breaks the format; the message names the line where that is known.

    Examples:
        >>> hello = Template('''+++
        ... purpose = "An example."
        ... [slots.answer]
        ... kind = "fenced"
        ... +++
        ... # user
        ... Judge this:
        ...
        ... {{answer}}
        ... ''', name="hello")
        >>> print(hello.render({"answer": "{{ 7*7 }}"})[0].text("K"))
        Judge this:
        <BLANKLINE>
        <<<answer K>>>
        {{ 7*7 }}
        <<<end answer K>>>
    """

    def __init__(self, text: str, *, name: str, path: str | None = None) -> None:
        self.name = name
        self.path = path or f"{name}.md"
        plain = text.replace("\r\n", "\n")  # a checkout may change line ends, never the prompt
        self.digest = hashlib.sha256(plain.encode()).hexdigest()
        head, body, first = self._split(plain)
        self.purpose, self.slots, self.phrases = head.purpose, head.slots, head.phrases
        self._sections = self._parse(body, first)
        self._check_slots()

    def __repr__(self) -> str:
        return f"<Template {self.name} {self.digest[:12]}>"

    @property
    def roles(self) -> tuple[Role, ...]:
        """Roles of the messages, whatever the values."""
        return tuple(section.role for section in self._sections)

    def render(self, values: Mapping[str, SlotValue]) -> tuple[PromptMessage, ...]:
        """Fill the slots; values are never scanned for slots again.

        Args:
            values: One per slot; optional ones may be missing or None.

        Returns:
            As many messages, of the same roles, as the file has sections.

        Raises:
            ConfigError: A slot is undeclared or missing, or a value does not fit its kind.
        """
        self.expect(values.keys())
        filled = {name: self._fill(name, slot, values.get(name)) for name, slot in self._named()}
        filled[_MARKER] = (MARK,)
        return tuple(
            PromptMessage(role=section.role, parts=_join(section.pieces, filled))
            for section in self._sections
        )

    def expect(self, provided: Collection[str]) -> None:
        """Check that these values fit the declared slots.

        Raises:
            ConfigError: One is undeclared, or a required slot is not among them.
        """
        for name in provided:
            if name not in self.slots:
                raise ConfigError(
                    f"slot `{name}` is not declared.",
                    hint="Declared: " + ", ".join(f"`{known}`" for known in self.slots) + ".",
                    path=self.path,
                )
        for name, slot in self._named():
            if slot.required and name not in provided:
                raise ConfigError(f"slot `{name}` is required and has no value.", path=self.path)

    def _named(self) -> list[tuple[str, Slot]]:
        return list(self.slots.items())

    def _fill(self, name: str, slot: Slot, value: SlotValue) -> tuple[Part, ...]:
        # An empty response is still a response; an empty text or list is nothing.
        absent = value is None or (not value and (slot.kind == "text" or value != ""))
        if absent and slot.required:
            raise ConfigError(f"slot `{name}` is required and has no value.", path=self.path)
        if absent:
            return ()
        parts = self._text(name, value) if slot.kind == "text" else self._fence(name, slot, value)
        return (slot.lead + "\n", *parts) if slot.lead else parts

    def _text(self, name: str, value: SlotValue) -> tuple[Part, ...]:
        parts = (value,) if isinstance(value, str) else value
        if isinstance(parts, Sequence) and all(p is MARK or isinstance(p, str) for p in parts):
            return tuple(part for part in parts if not isinstance(part, Block))
        raise ConfigError(f"slot `{name}` takes trusted text, not a fenced block.", path=self.path)

    def _fence(self, name: str, slot: Slot, value: SlotValue) -> tuple[Part, ...]:
        label = slot.label or name.replace("_", " ")
        blocks = [value] if isinstance(value, str | Block) else list(value or ())
        kept = [block for block in blocks if block is not None]
        if len(kept) < len(blocks):
            raise ConfigError(f"slot `{name}` is fenced and takes no marker.", path=self.path)
        if slot.many:
            return fences(label, kept)
        if len(kept) > 1:
            raise ConfigError(f"slot `{name}` takes one block.", path=self.path)
        return fence(label, kept[0])

    def _error(self, message: str, line: int | None = None) -> ConfigError:
        return ConfigError(message, path=self.path, line=line)

    def _split(self, text: str) -> tuple[_Head, list[str], int]:
        """Front matter, body lines, and the number of the first body line."""
        lines = text.removeprefix("\ufeff").split("\n")
        if lines[0].strip() != _FENCE:
            raise self._error("a prompt begins with a `+++` line.", 1)
        ends = [n for n, line in enumerate(lines[1:], start=1) if line.strip() == _FENCE]
        if not ends:
            raise self._error("the front matter is not closed by a second `+++` line.", 1)
        data = read_toml("\n".join(["", *lines[1 : ends[0]], ""]), path=self.path)
        try:
            head = _Head.model_validate(data)
        except ValidationError as error:
            raise explain(error, path=self.path, keys=_known_keys) from None
        return head, lines[ends[0] + 1 :], ends[0] + 2

    def _parse(self, body: list[str], first: int) -> tuple[_Section, ...]:
        sections: list[tuple[Role, list[str]]] = []
        for number, line in enumerate(body, start=first):
            heading = _HEADING.fullmatch(line)
            if heading is not None:
                sections.append((self._role(heading[1], number), []))
            elif sections:
                self._check_line(line, number)
                sections[-1][1].append(line)
            elif line.strip():
                raise self._error("text stands before the first role heading.", number)
        parsed = tuple(_section(role, lines) for role, lines in sections)
        self._check_roles(parsed)
        return parsed

    def _role(self, word: str, line: int) -> Role:
        if word in _ROLES:
            return _ROLES[word]
        raise self._error(
            f"heading `# {word}` is no role; use `# system`, `# user`, `# assistant`, "
            "or `##` for a heading inside a message.",
            line,
        )

    def _check_line(self, line: str, number: int) -> None:
        for found in _SLOT.finditer(line):
            name = found[1]
            if name == _MARKER:
                continue
            if name not in self.slots:
                known = ", ".join(f"`{slot}`" for slot in self.slots) or "none"
                raise self._error(f"slot `{name}` is not declared; declared: {known}.", number)
            # Fence lines must begin lines, and what may be absent must leave no torn sentence.
            slot = self.slots[name]
            alone = line.strip() == found[0]
            if not alone and (slot.kind == "fenced" or not slot.required or slot.lead):
                raise self._error(f"slot `{name}` must stand alone on its line.", number)

    def _check_roles(self, sections: tuple[_Section, ...]) -> None:
        roles = [section.role for section in sections]
        if not roles or roles[-1] != "user" or "system" in roles[1:]:
            raise self._error("a prompt ends with `# user`; `# system` may only come first.")
        for section in sections:
            # A provider refuses an empty message, so no value may decide whether there is text.
            if not any(_SLOT.sub("", paragraph).strip() for paragraph in section.paragraphs):
                raise self._error(f"section `# {section.role}` has no text of its own.")

    def _check_slots(self) -> None:
        used = [
            name
            for section in self._sections
            for paragraph in section.paragraphs
            for name in _SLOT.findall(paragraph)
        ]
        for name, slot in self._named():
            if _NAME.fullmatch(name) is None or name == _MARKER:
                raise self._error(f"`{name}` cannot be the name of a slot.")
            if used.count(name) != 1:
                raise self._error(f"slot `{name}` is declared and used {used.count(name)} times.")
            if slot.kind == "text" and (slot.many or slot.label):
                raise self._error(f"slot `{name}` is text; `many` and `label` are for `fenced`.")


def _known_keys(parents: tuple[str | int, ...]) -> tuple[str, ...]:
    model = Slot if parents[:1] == ("slots",) else _Head
    return tuple(model.model_fields)


def _section(role: Role, lines: list[str]) -> _Section:
    paragraphs = _paragraphs(lines)
    return _Section(role, paragraphs, tuple(tuple(_SLOT.split(text)) for text in paragraphs))


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    """Paragraphs of a section; a line that is a slot alone is one of its own."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        alone = _SLOT.fullmatch(line.strip()) is not None
        if alone or not line.strip():
            paragraphs.append([line.strip()] if alone else [])
            paragraphs.append([])
        else:
            paragraphs[-1].append(line.rstrip())
    return tuple("\n".join(paragraph) for paragraph in paragraphs if any(paragraph))


def _join(
    paragraphs: tuple[tuple[str, ...], ...], filled: Mapping[str, tuple[Part, ...]]
) -> tuple[Part, ...]:
    """Fill the paragraphs in, leave empty ones out, and join neighbouring strings."""
    parts: list[Part] = []
    text: list[str] = []
    for paragraph in paragraphs:
        pieces: list[Part] = []
        for at, piece in enumerate(paragraph):
            pieces += filled[piece] if at % 2 else [piece]
        if not any(piece is MARK or piece for piece in pieces):
            continue
        text += ["\n\n"] if text or parts else []
        for part in pieces:
            if part is MARK:
                parts += ["".join(text), MARK]
                text = []
            else:
                text.append(part)
    return tuple(part for part in (*parts, "".join(text)) if part != "")


def _folder() -> dict[str, str]:
    room = files("dikast.prompts") / "templates"
    return {
        entry.name.removesuffix(".md"): entry.read_text(encoding="utf-8")
        for entry in room.iterdir()
        if entry.name.endswith(".md")
    }


@cache
def names() -> tuple[str, ...]:
    """Names of the prompts that come with dikast, sorted.

    Examples:
        >>> "judge" in names()
        True
    """
    return tuple(sorted(_folder()))


@cache
def load(name: str) -> Template:
    """A prompt that comes with dikast.

    Raises:
        ConfigError: There is none of this name; the nearest known one is offered.
    """
    if name not in names():
        raise unknown("prompt", name, names())
    return Template(_folder()[name], name=name)


def digests() -> dict[str, str]:
    """Content digest of each prompt that comes with dikast, by name."""
    return {name: load(name).digest for name in names()}


def load_file(path: str | Path) -> Template:
    """A user's own prompt.

    Raises:
        ConfigError: The file cannot be read, or breaks the format.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the prompt cannot be read ({error}).", path=str(path)) from None
    return Template(text, name=Path(path).stem, path=str(path))
