import pytest
from csp.constants import HEADER, NONCE, NONE
from csp.decorators import csp_update
from csp.utils import build_policy
from django.http import HttpResponse
from django.test import RequestFactory

from emn.lib.content_policy import ContentPolicyMiddleware


def policy_of(view):
    return ContentPolicyMiddleware(view)(RequestFactory().get("/")).headers[HEADER]


def plain(_request):
    return HttpResponse("ok")


def with_nonce(request):
    return HttpResponse(str(request.csp_nonce))


def test_an_answer_carries_the_policy_of_the_settings():
    assert policy_of(plain) == build_policy()
    assert "default-src 'none'" in policy_of(plain)


def test_a_view_keeps_a_policy_of_its_own():
    assert "frame-src 'none'" in policy_of(csp_update({"frame-src": [NONE]})(plain))


def test_a_view_keeps_the_header_it_has_written():
    assert policy_of(lambda _request: HttpResponse(headers={HEADER: "sandbox"})) == "sandbox"


def test_a_nonce_that_was_used_is_allowed(settings):
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [NONCE]}}

    assert "'nonce-" in policy_of(with_nonce)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_page_of_error_carries_it_too(status):
    assert policy_of(lambda _request: HttpResponse(status=status)) == build_policy()
