"""Forms open to anyone: people pass, with or without JavaScript; robots do not."""

import re
from datetime import timedelta
from itertools import count

import pytest
from django import forms
from django.core import signing
from django.utils import timezone

from emn.lib.forms import PublicForm, is_proof, new_challenge

pytestmark = pytest.mark.django_db


class Report(PublicForm):
    scope = "test"
    limit_with_proof = 3
    limit_without_proof = 1

    message = forms.CharField()


def solve(challenge):
    return next(str(number) for number in count() if is_proof(challenge, str(number)))


def submit(rf, *, age=timedelta(seconds=10), prove=False, **data):
    challenge = new_challenge(now=timezone.now() - age)
    proof = solve(challenge) if prove else ""
    values = {"message": "Bonjour", "challenge": challenge, "proof": proof} | data
    return Report(values, request=rf.post("/", REMOTE_ADDR="192.0.2.1"))


def test_form_without_script_passes_until_its_strict_limit(rf):
    forms_sent = [submit(rf) for _form in range(2)]

    assert [form.is_valid() for form in forms_sent] == [True, False]
    assert "dans une heure" in str(forms_sent[1].non_field_errors())


def test_form_with_a_proof_has_the_wider_limit(rf):
    assert [submit(rf, prove=True).is_valid() for _form in range(4)] == [True, True, True, False]


def test_form_refuses_the_same_challenge_twice(rf):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    data = {"challenge": challenge, "proof": solve(challenge)}

    sent = [submit(rf, **data) for _form in range(2)]

    assert [form.is_valid() for form in sent] == [True, False]
    assert "déjà été envoyé" in str(sent[1].non_field_errors())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"age": timedelta(seconds=1)}, "trop rapide"),
        ({"website": "http://spam.example"}, "trop rapide"),
        ({"age": timedelta(days=1, seconds=1)}, "trop longtemps"),
        ({"challenge": "forged"}, "trop longtemps"),
        ({"challenge": ""}, "trop longtemps"),
        ({"challenge": signing.dumps([0, "x"], salt="other")}, "trop longtemps"),
    ],
)
def test_form_refuses_what_no_person_sends(rf, change, words):
    form = submit(rf, **change)

    assert not form.is_valid()
    assert words in str(form.non_field_errors())


def test_a_mistake_costs_nothing(rf):
    for _form in range(3):
        assert not submit(rf, message="").is_valid()

    assert submit(rf).is_valid()


def test_form_shown_again_carries_a_new_challenge_and_no_answer(rf):
    form = submit(rf, message="", prove=True)
    form.is_valid()

    html = str(form)

    assert form.data["challenge"] not in html
    assert f'value="{form.data["proof"]}"' not in html
    assert html.count('type="hidden"') == 2
    assert "<div hidden>" in html


def test_form_brings_its_script_as_a_module(rf):
    assert 'type="module"' in str(Report(request=rf.get("/")).media)


@pytest.mark.parametrize(
    ("age", "passes"),
    [
        (timedelta(seconds=10), True),  # a slip mended within the second
        (timedelta(days=1, seconds=1), True),  # « Envoyez à nouveau »
        (timedelta(), False),
    ],
)
def test_a_form_that_comes_back_may_be_sent_at_once_by_who_had_read_it(rf, age, passes):
    back = submit(rf, message="", age=age)

    again = re.search(r'value="([^"]+)"', str(back["challenge"]))[1]

    assert submit(rf, challenge=again).is_valid() is passes
