"""Visits and interviews by their services and pages."""

import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from diagnostics.interview_log import Act
from diagnostics.services import interviews, signing
from emn.questionnaires.paths import random_answers
from emn.questionnaires.services import digest_of
from tests.diagnostics.visits import NOW, booked, interview

pytestmark = pytest.mark.django_db(transaction=True)
VISIT = NOW + timedelta(days=3)


def answered(diagnostic, seed=1):
    definition = interviews.definition_of(diagnostic)
    chance = random.Random(seed)  # noqa: S311 -- a draw
    acts = [
        Act(uuid4(), "declared", code, value, VISIT)
        for code, value in random_answers(definition, chance).items()
    ]
    interviews.note(
        diagnostic_id=diagnostic.pk, acts=acts, user_id=diagnostic.adviser.user_id, now=VISIT
    )


def test_whole_journey(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    diagnostic = interview()
    agent = diagnostic.adviser.user
    client.force_login(agent)
    answered(diagnostic)
    page = reverse("diagnostics:interview", args=[diagnostic.pk])
    for url in (
        reverse("diagnostics:desk"),
        reverse("diagnostics:adviser_appointment", args=[diagnostic.appointment_id]),
        page,
    ):
        assert client.get(url).status_code == 200
    response = client.post(page, {"do": "conclude"})
    assert response.status_code == 302, response.content.decode()
    url = response["Location"]
    html = client.get(url)
    form = html.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {k: (v if v else "x") for k, v in data.items()}
    response = client.post(url, data)
    assert response.status_code == 302, response.content.decode()[:20000]
    url = response["Location"]
    for party in ("adviser", "company"):
        page = client.get(url)
        response = client.post(
            url, {"party": party, "seen": page.context["sha256"], "full_name": "X Y"}
        )
        assert response.status_code == 302, response.content.decode()
    assert client.get(url).status_code == 200
    print(signing.issue(diagnostic_id=diagnostic.pk, now=VISIT))
    for kind in ("report", "attestation"):
        pdf = client.get(reverse("diagnostics:visit_paper", args=[diagnostic.pk, kind]))
        assert pdf.content.startswith(b"%PDF")
