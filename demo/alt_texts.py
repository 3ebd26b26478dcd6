"""Alternative texts for the drawn pictures: one description for each composition in `pictures`."""

DESCRIPTIONS: dict[str | None, tuple[dict[str, str], dict[str, str]]] = {
    "civic-power": (
        {
            "en": "Drawing: columns rise side by side before a yellow sun",
            "nl": "Tekening: kolommen rijzen naast elkaar op voor een gele zon",
        },
        {
            "en": "Drawing: placards held up under a yellow sun",
            "nl": "Tekening: borden worden omhoog gehouden onder een gele zon",
        },
    ),
    "inclusion": (
        {
            "en": "Drawing: green circles overlap with a yellow one",
            "nl": "Tekening: groene cirkels overlappen met een gele",
        },
        {
            "en": "Drawing: small figures in a row of open doors before a yellow sun",
            "nl": "Tekening: kleine figuren in een rij open deuren voor een gele zon",
        },
    ),
    "organising": (
        {
            "en": "Drawing: parallel lines swing over and under each other",
            "nl": "Tekening: evenwijdige lijnen slingeren over en onder elkaar",
        },
        {
            "en": "Drawing: thick routes join some of many dots",
            "nl": "Tekening: dikke routes verbinden enkele van vele stippen",
        },
    ),
    "data": (
        {
            "en": "Drawing: dots grow and shrink in a grid over a yellow sun",
            "nl": "Tekening: stippen groeien en krimpen in een raster over een gele zon",
        },
        {
            "en": "Drawing: rows of bars of different lengths beside a yellow sun",
            "nl": "Tekening: rijen balken van verschillende lengte naast een gele zon",
        },
    ),
    None: (
        {
            "en": "Drawing: quarter circles in yellow, white and black on a grid",
            "nl": "Tekening: kwartcirkels in geel, wit en zwart op een raster",
        },
        {
            "en": "Drawing: a row of doors in black and white before a yellow sun",
            "nl": "Tekening: een rij deuren in zwart en wit voor een gele zon",
        },
    ),
}


def describe(*, theme: str | None, seed: int, language: str) -> str:
    """Return a description of what `draw_picture` draws for this theme and seed."""
    return DESCRIPTIONS[theme][seed % 2][language]


def describe_portrait(*, initials: str, language: str) -> str:
    """Return a description of what `draw_portrait` draws."""
    return {
        "en": f"Drawing: the letters {initials} on a yellow circle",
        "nl": f"Tekening: de letters {initials} op een gele cirkel",
    }[language]
