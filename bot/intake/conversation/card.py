"""The card: everything that would be filed, shown for confirmation. Pure."""

from functools import partial
from typing import Any

from bot.intake.addresses import bare_unit
from bot.intake.catalogue import LIGHT_RECORDS
from bot.intake.city import City
from bot.intake.draft import Draft, Line, Place
from bot.intake.phrases import LANGUAGES, Both
from bot.intake.say import Button, Say
from language import pii

QUOTE = 60  # characters of the resident's words shown for each problem


def confirm_payload(draft: Draft) -> str:
    """Carries the draft's revision, so that the button of an older card cannot file a changed one."""
    return f"confirm:{draft.revision}"


def card_say(draft: Draft, city: City, optional: bool) -> Say:
    """The card as a message. `optional`: the matter is one for a phone call, nothing is pressed on the resident."""
    records_only = all(line.service_code in LIGHT_RECORDS for line in draft.lines)
    key = "card_optional" if optional else "card_record" if records_only else "card"
    buttons = [Button(confirm_payload(draft), "button_confirm")]
    if len(draft.lines) > 1:
        buttons += [Button(f"drop:{draft.revision}:{i}", "button_drop", {"n": i + 1}) for i in range(len(draft.lines))]
    buttons.append(Button("cancel", "button_cancel"))
    lines = Both({language: _lines(draft, city, language) for language in LANGUAGES})
    extras = Both({language: _extras(draft, city, language) for language in LANGUAGES})
    return Say(key, {"lines": lines, "extras": extras}, tuple(buttons), "confirm", card=card_of(draft, city))


def card_of(draft: Draft, city: City) -> dict[str, Any]:
    """The card as interfaces.md §3 names its parts."""
    return {
        "requests": [
            {
                "service_code": line.service_code,
                "service_name": city.catalogue[line.service_code].name if line.service_code else Both({"zh": ""}),
                "department": city.catalogue[line.service_code].department if line.service_code else Both({"zh": ""}),
                "text": line.text,
                "address": address_of(line.place, city),
                "place_code": line.place.code,
                "lat": line.place.lat,
                "lon": line.place.lon,
            }
            for line in draft.lines
        ],
        "contact_masked": pii.mask(draft.phone) if draft.phone and not draft.anonymous else None,
        "anonymous": draft.anonymous,
        "confidential": draft.confidential,
        "photos": len(draft.photos),
        "occurred": draft.occurred,
    }


def address_of(place: Place, city: City) -> str:
    """The words of the place, led by the unit above it where the code tells that and the words do not."""
    _, parent = city.place_names.get(place.code or "", ("", ""))
    if not parent or parent == city.name["zh"] or place.text.isascii() or bare_unit(parent) in place.text:
        return place.text
    return f"{parent}{place.text}"


def _lines(draft: Draft, city: City, language: str) -> str:
    several = len(draft.lines) > 1
    return "\n".join(_line(line, city, language, f"{i + 1}. " if several else "") for i, line in enumerate(draft.lines))


def _line(line: Line, city: City, language: str, number: str) -> str:
    words = line.text if len(line.text) <= QUOTE else line.text[: QUOTE - 1] + "…"
    say = partial(city.phrases.text, language=language)
    parts = [number]
    if line.service_code:
        service = city.catalogue[line.service_code]
        key = "card_transfer" if service.code.startswith("TR-") else "card_service"
        parts.append(say(key, service=service.name, unit=service.department))
    where = address_of(line.place, city)
    if line.place.has_pin:
        where = say("card_pin", where=where) if where else say("card_pin_only")
    parts += [f"\n{where}"] if where else []
    parts += ["\n", say("card_words", words=words)]
    return "".join(parts)


def _extras(draft: Draft, city: City, language: str) -> str:
    say = partial(city.phrases.text, language=language)
    rows = []
    if draft.occurred:
        rows.append(say("card_occurred", when=draft.occurred))
    if draft.anonymous:
        rows.append(say("card_anonymous"))
    elif draft.phone:
        rows.append(say("card_phone", phone=pii.mask(draft.phone)))
    if draft.confidential and not draft.anonymous:
        rows.append(say("card_confidential"))
    if draft.photos:
        rows.append(say("card_photos", count=len(draft.photos)))
    return "".join(f"{row}\n" for row in rows)
