"""What is typed by name and sent by slug."""

import asyncio

from marquee_gateway.web.visit import Visit


async def find_people(visit: Visit, field: str) -> list[str]:
    """Return the slugs of people named in a field, separated by commas.

    Whoever is not known is noted beside the field.
    """
    names = [name.strip() for name in visit.form[field].split(",") if name.strip()]
    answers = await asyncio.gather(
        *(visit.api.get("/v1/people", {"q": name, "limit": 1}) for name in names)
    )
    unknown = [name for name, answer in zip(names, answers, strict=True) if not answer.items]
    if unknown:
        visit.form.wrong(field, visit.t("site.unknown_people", names=visit.t.listed(unknown)))
    return [answer.items[0]["slug"] for answer in answers if answer.items]
