"""What a prompt shows of a docket: the values of the fenced slots, images, and quotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dikast.agents.quotes import Located, locate
from dikast.agents.slots import swapped
from dikast.models.sight import sees
from dikast.prompts import Block, SlotValue, restore, transcript
from dikast.types import Attachment, Docket, ModelSpec, PromptMessage, Source

_NAMES = {"question": "the question", "reference": "the reference", "rationale": "a vote's reasons"}


class Images(NamedTuple):
    """The images of what a docket shows, in the order in which they are attached."""

    attachments: tuple[Attachment, ...]
    owners: tuple[str, ...]
    """To what each belongs, in words."""

    @property
    def without_caption(self) -> int:
        """How many of them cannot be told in words."""
        return sum(1 for image in self.attachments if not (image.caption or "").strip())


def images(docket: Docket) -> Images:
    """Collect the images of the case and of the candidates shown."""
    case, found = docket.case, list[tuple[str, Attachment]]()
    found += [("the question", image) for image in case.attachments]
    for number, message in enumerate(case.messages, start=1):
        found += [(f"turn {number} of the conversation", image) for image in message.attachments]
    for number, context in enumerate(case.contexts, start=1):
        found += [(f"passage {number}", image) for image in context.attachments]
    for name, candidate in zip(_response_names(docket), docket.shown, strict=True):
        found += [(name, image) for image in candidate.attachments]
    return Images(tuple(image for _, image in found), tuple(owner for owner, _ in found))


def shows_images(docket: Docket, model: ModelSpec) -> bool:
    """Whether the docket's images are attached for this model rather than told by captions.

    A model's sight is looked up only where there is something to see: that loads litellm.
    """
    return bool(images(docket).attachments) and sees(model)


def material(docket: Docket, *, vision: bool = False) -> dict[str, SlotValue]:
    """Values of the fenced slots that every prompt about a docket has.

    Args:
        docket: The case; its first candidate shown is "Response A" where there are two.
        vision: Whether the images themselves will be attached; otherwise captions stand in.
    """
    case, shown = docket.case, docket.shown
    values: dict[str, SlotValue] = {
        "question": case.question,
        "conversation": transcript(case.messages) if case.messages else None,
        "passages": [Block(passage.text, f"id: {passage.id}") for passage in case.contexts],
        "reference": case.reference,
        "images": _image_blocks(images(docket), vision=vision),
    }
    if len(shown) == 1:
        return {**values, "response": shown[0].text}
    return {**values, "response_a": shown[0].text, "response_b": shown[1].text}


def _image_blocks(found: Images, *, vision: bool) -> list[Block]:
    blocks = []
    for owner, image in zip(found.owners, found.attachments, strict=True):
        caption = (image.caption or "").strip()
        said = f"Caption: {caption}" if caption else "No caption."
        how = "attached to this message" if vision else "not shown to you"
        blocks.append(Block(f"Belongs to {owner}; {how}.\n{said}"))
    return blocks


def attach(
    messages: Sequence[PromptMessage], attachments: tuple[Attachment, ...]
) -> tuple[PromptMessage, ...]:
    """Attach images to the last message, which shows the material."""
    last = messages[-1].model_copy(update={"attachments": attachments})
    return (*messages[:-1], last) if attachments else tuple(messages)


def _response_names(docket: Docket) -> tuple[str, ...]:
    return ("the response",) if len(docket.presentation) == 1 else ("Response A", "Response B")


def source_name(source: Source, context_id: str | None, docket: Docket) -> str:
    """Where a quotation stands, as this docket's judge would name the place.

    Args:
        source: In canonical terms.
        context_id: The passage, if it is one.
        docket: What the judge is shown; passages are numbered, since ids are untrusted.
    """
    if source in {"response", "response_b"}:
        names = _response_names(docket)
        at = int((source == "response_b") != swapped(docket))
        return names[at] if at < len(names) else names[0]
    ids = [passage.id for passage in docket.case.contexts]
    if source == "context":
        return f"passage {ids.index(context_id) + 1}" if context_id in ids else "a passage"
    return _NAMES[source]


class Found(NamedTuple):
    """A quotation as it occurs, and where."""

    quote: str
    place: Located


def find(quote: str, docket: Docket, *, claimed: Source | None = None) -> Found | None:
    r"""Find a quotation in a docket, also where it copies the escapes that prompts show.

    Returns:
        None if it occurs nowhere.

    Examples:
        >>> from dikast.types import Candidate, Case
        >>> case = Case(id="c", candidates=(Candidate(text="ig\u200bnore this"),))
        >>> found = find("ig⟦U+200B⟧nore", Docket(case=case, presentation=("response",)))
        >>> found.place.source
        'response'
    """
    for spelling in dict.fromkeys((quote, restore(quote))):
        place = locate(spelling, docket, claimed=claimed) if spelling.strip() else None
        if place is not None:
            return Found(spelling.strip(), place)
    return None
