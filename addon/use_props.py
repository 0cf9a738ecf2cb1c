# mypy: disable-error-code="valid-type"
"""What the production will do with a scene, as the panel asks it; saved with the scene.

No ``from __future__ import annotations`` here: Blender reads the annotations as values.
"""

from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy.types import PropertyGroup

from . import runtime

if TYPE_CHECKING:
    from ..core.model.intended_use import IntendedUse
    from ..core.model.money import Money

# The identifiers are the values of the core's enumerations, written out: importing those would triple
# what enabling the extension costs. tests/blender holds the two against each other.
_PURPOSES = [
    (
        "commercial",
        "Commercial",
        "Advertising, products, entertainment: anything that earns or sells",
    ),
    ("editorial", "Editorial", "News, reporting, criticism, education"),
]
_OUTPUTS = [
    ("render", "Still Images", "Rendered pictures, shown on screens"),
    ("video", "Video", "Animation, film, television, streaming"),
    ("print", "Print", "Rendered pictures on paper or goods"),
    (
        "interactive_packed",
        "Game or App (Packed)",
        "Real-time, in a format that nobody can take apart",
    ),
    (
        "interactive_open_format",
        "Web 3D (Open Format)",
        "Real-time, with files that can be downloaded",
    ),
    ("file_share_internal", "Files within the Team", "The model files go to colleagues"),
    ("file_share_contractor", "Files to a Contractor", "The model files go to another company"),
    ("file_share_public", "Files to the Public", "Anybody gets the model files"),
    ("print_3d", "3D Print", "Printed objects"),
    ("ai_input", "AI Input", "Training or prompting a machine-learning model"),
]
_OUTPUT_ITEMS = [(kind, name, text, 1 << i) for i, (kind, name, text) in enumerate(_OUTPUTS)]
_ANSWERS = [
    ("UNSTATED", "Not Stated", "Nobody has said; a license that asks for it then needs review"),
    ("YES", "Yes", "It is so"),
    ("NO", "No", "It is not so"),
]
_TRI_STATE = {"YES": True, "NO": False}
_COUNTS = ("print_run", "impressions", "audience", "term_months", "sales")
_FLAGS = ("merchandise", "templates", "sensitive", "affiliates", "logo", "transfer", "ai_metadata")
_QUESTIONS = ("protected", "main_content", "alters_content", "ai_training")
_AMOUNTS = (
    ("production_budget", "budget", "currency"),
    ("licensee_revenue", "licensee_revenue", "revenue_currency"),
)
_LARGEST = 2**31 - 1
"""What a whole number of Blender's can hold."""


def _use_changed(_self: Any, context: Any) -> None:
    app = runtime.peek()
    if app is not None and context.scene is not None:
        app.session.set_use(read_use(context.scene))


class CLEARANCE_PG_use(PropertyGroup):
    """What the production will do with the scene; saved with it."""

    name: StringProperty(name="Project", default="Untitled project", maxlen=800, update=_use_changed)
    client: StringProperty(name="Client", maxlen=800, update=_use_changed)
    purpose: EnumProperty(name="Purpose", items=_PURPOSES, update=_use_changed)
    outputs: EnumProperty(
        name="Output",
        description="In what form it leaves the house",
        items=_OUTPUT_ITEMS,
        options={"ENUM_FLAG"},
        default={"render"},
        update=_use_changed,
    )
    media: StringProperty(
        name="Media",
        description="Where it is shown, such as: web, cinema, packaging",
        maxlen=200,
        update=_use_changed,
    )
    territory: StringProperty(
        name="Countries",
        description="Two-letter codes, such as: US, DE. Empty means worldwide",
        maxlen=200,
        update=_use_changed,
    )
    print_run: IntProperty(
        name="Print Run",
        description="Number of copies; 0 means that nobody knows yet",
        min=0,
        update=_use_changed,
    )
    impressions: IntProperty(
        name="Impressions",
        description="How often it is shown online; 0 means that nobody knows yet",
        min=0,
        update=_use_changed,
    )
    audience: IntProperty(
        name="Audience",
        description="How many people see it; 0 means that nobody knows yet",
        min=0,
        update=_use_changed,
    )
    budget: IntProperty(
        name="Budget",
        description="Of the whole production; 0 means that nobody knows yet",
        min=0,
        update=_use_changed,
    )
    currency: StringProperty(name="Currency", default="USD", maxlen=3, update=_use_changed)
    merchandise: BoolProperty(name="Goods for Sale", description="Mugs, shirts, toys", update=_use_changed)
    templates: BoolProperty(
        name="Templates for Sale", description="Designs that others fill in", update=_use_changed
    )
    sensitive: BoolProperty(
        name="Sensitive Subject",
        description="Health, politics, religion, crime and the like",
        update=_use_changed,
    )
    seats: IntProperty(
        name="People",
        description="How many people work with the files",
        min=1,
        default=1,
        update=_use_changed,
    )
    term_months: IntProperty(
        name="Months Shown",
        description="For how long the work is shown, from now on; 0: not stated",
        min=0,
        max=1200,
        update=_use_changed,
    )
    clients: StringProperty(
        name="More Clients",
        description="Beside the client above, with semicolons between them",
        update=_use_changed,
    )
    projects: IntProperty(
        name="Productions",
        description="In how many productions: a series of films is several",
        min=1,
        default=1,
        update=_use_changed,
    )
    affiliates: BoolProperty(
        name="Sister Companies",
        description="Parent, child or sister companies work with the files too",
        update=_use_changed,
    )
    protected: EnumProperty(
        name="Protected",
        description="Whether the game or app keeps its users from taking the content out",
        items=_ANSWERS,
        update=_use_changed,
    )
    main_content: EnumProperty(
        name="Main Content",
        description="Whether what was bought is the main thing about the product",
        items=_ANSWERS,
        update=_use_changed,
    )
    engines: StringProperty(
        name="Engines",
        description="The programs that the content goes into, such as: unity, unreal, godot",
        update=_use_changed,
    )
    sales: IntProperty(
        name="Copies Sold",
        description="Copies of the product that will be sold; 0 means that nobody knows yet",
        min=0,
        update=_use_changed,
    )
    licensee_revenue: IntProperty(
        name="Our Revenue",
        description="The licensee's, of the last twelve months; 0: not stated",
        min=0,
        update=_use_changed,
    )
    revenue_currency: StringProperty(name="Its Currency", default="USD", maxlen=3, update=_use_changed)
    logo: BoolProperty(name="Logo", description="It becomes part of a logo or trademark", update=_use_changed)
    alters_content: EnumProperty(
        name="Content Altered",
        description="Whether what a picture shows is altered (not just size, crop, exposure)",
        items=_ANSWERS,
        update=_use_changed,
    )
    transfer: BoolProperty(
        name="Client Takes Over the License",
        description="The client takes over the license with the work",
        update=_use_changed,
    )
    ai_training: EnumProperty(
        name="AI Learns from It",
        description="“No” is for a contract that rules it out",
        items=_ANSWERS,
        update=_use_changed,
    )
    ai_metadata: BoolProperty(
        name="Its Texts Go to an AI",
        description="Titles, tags and descriptions of what was bought go to an AI service",
        update=_use_changed,
    )


def read_use(scene: Any) -> "IntendedUse":
    """Return what the user says that the production will do; numbers that are 0 are not known."""
    from ..core.model.intended_use import IntendedUse, OutputKind, Purpose

    given = scene.clearance_use
    return IntendedUse(
        name=given.name.strip() or "Untitled project",
        purpose=Purpose(given.purpose),
        outputs=frozenset(OutputKind(value) for value in given.outputs),
        media=split_words(given.media),
        territory=tuple(word.upper() for word in split_words(given.territory)),
        print_run=given.print_run or None,
        impressions=given.impressions or None,
        audience=given.audience or None,
        production_budget=_amount(given.budget, given.currency),
        merchandise=given.merchandise,
        templates=given.templates,
        sensitive=given.sensitive,
        client=given.client.strip(),
        seats=given.seats,
        term_months=given.term_months or None,
        clients=_names(given.clients),
        projects=given.projects,
        affiliates=given.affiliates,
        protected=_TRI_STATE.get(given.protected),
        main_content=_TRI_STATE.get(given.main_content),
        engines=tuple(word.casefold() for word in split_words(given.engines)),
        sales=given.sales or None,
        licensee_revenue=_amount(given.licensee_revenue, given.revenue_currency),
        logo=given.logo,
        alters_content=_TRI_STATE.get(given.alters_content),
        transfer=given.transfer,
        ai_training=_TRI_STATE.get(given.ai_training),
        ai_metadata=given.ai_metadata,
    )


def write_use(scene: Any, use: "IntendedUse") -> None:
    """Fill the panel with a use. Parts of a currency's unit are rounded up.

    Raises UserInputError for what the panel cannot hold, and then nothing is changed.
    """
    values: dict[str, Any] = {
        "name": use.name,
        "client": use.client,
        "purpose": use.purpose.value,
        "outputs": {kind.value for kind in use.outputs},
        "media": ", ".join(use.media),
        "territory": ", ".join(use.territory),
        "clients": "; ".join(use.clients),
        "engines": ", ".join(use.engines),
        "seats": use.seats,
        "projects": use.projects,
    }
    values |= {name: getattr(use, name) or 0 for name in _COUNTS}
    values |= {name: getattr(use, name) for name in _FLAGS}
    values |= {name: {True: "YES", False: "NO"}.get(getattr(use, name), "UNSTATED") for name in _QUESTIONS}
    for field, number, currency in _AMOUNTS:
        money = getattr(use, field)
        values[number] = -int(-money.decimal // 1) if money is not None else 0
        values[currency] = money.currency if money is not None else "USD"
    _check(values, use)
    for name, value in values.items():
        setattr(scene.clearance_use, name, value)


def _check(values: dict[str, Any], use: "IntendedUse") -> None:
    from ..core.errors import UserInputError

    for name, value in values.items():
        if isinstance(value, int) and value > _LARGEST:
            raise UserInputError(
                f"{name.replace('_', ' ').capitalize()}: {value:,} is more than the panel can hold.",
                code="use.too_large",
                context={"key": name},
            )
    for key, words, mark in (("clients", use.clients, ";"), ("engines", use.engines, ",")):
        if any(mark in word for word in words):
            raise UserInputError(
                f"{key.capitalize()}: a name with “{mark}” in it cannot be shown in the panel.",
                code="use.name",
                context={"key": key},
            )


def _amount(units: int, currency: str) -> "Money | None":
    """Return an amount; None for 0, which is not known."""
    from ..core.model.money import Money

    code = "".join(char for char in currency.upper() if "A" <= char <= "Z")
    return Money.parse(units, code if len(code) == 3 else "USD") if units else None


def split_words(text: str) -> tuple[str, ...]:
    """Split at commas and semicolons; each word once."""
    return _split(text.replace(";", ","), ",")


def _names(text: str) -> tuple[str, ...]:
    """Split at semicolons only: a company's name can have a comma."""
    return _split(text, ";")


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(mark) if word.strip()))
