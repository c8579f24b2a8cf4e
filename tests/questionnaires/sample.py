"""A small questionnaire with every kind of question, to change at will."""

from copy import deepcopy


def words(text):
    return {"fr": text, "de": f"{text} (de)", "en": f"{text} (en)"}


def options(*codes, alone=()):
    return [{"code": c, "label": words(c)} | ({"alone": True} if c in alone else {}) for c in codes]


RAW = {
    "title": words("Essai"),
    "languages": ["fr", "de", "en"],
    "sections": [
        {
            "code": "profile",
            "title": words("Vous"),
            "one_page": True,
            "questions": [
                {"code": "size", "kind": "single", "text": words("Effectif"),
                 "options": options("alone", "some", "many")},
                {"code": "has", "kind": "multiple", "text": words("Vous avez"),
                 "options": options("shop", "cars", "none", alone=("none",))},
            ],
        },
        {
            "code": "main",
            "title": words("Le fond"),
            "questions": [
                {"code": "team", "kind": "scale", "least": 0, "most": 5, "text": words("Équipe"),
                 "when": {"q": "size", "op": "in", "value": ["some", "many"]},
                 "may_not_know": True, "seconds": 50},
                {"code": "speed", "kind": "number", "least": 0, "most": 1000, "unit": words("Mb/s"),
                 "text": words("Débit"), "may_not_know": True},
                {"code": "grid", "kind": "matrix", "rows": options("web", "mail"),
                 "options": options("yes", "no"), "text": words("Outils")},
                {"code": "since", "kind": "date", "text": words("Depuis"), "required": False},
                {"code": "trade", "kind": "naf", "text": words("Métier"), "required": False},
                {"code": "place", "kind": "commune", "text": words("Lieu"), "required": False},
                {"code": "words", "kind": "text", "text": words("Autre chose"), "required": False,
                 "when": {"q": "speed", "op": "at_least", "value": 100}},
            ],
        },
    ],
}  # fmt: skip


def raw():
    return deepcopy(RAW)


def question_of(value, code):
    return next(q for s in value["sections"] for q in s["questions"] if q["code"] == code)
