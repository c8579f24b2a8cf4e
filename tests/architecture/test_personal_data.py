"""No model may hold personal data that nobody can export, erase or purge."""

import re

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from emn.accounts import personal_data

PERSONAL_NAME = re.compile(
    r"(^|_)(email|e_mail|phone|mobile|ip|ip_address|full_name|first_name|last_name|surname"
    r"|birth\w*|author_name|contact_name|signatory)(_|$)"
)
HARMLESS_SUFFIX = re.compile(r"_(hash|fingerprint|count|at|on)$")


def personal_fields(model):
    """Yield the fields that name, reach or belong to a person."""
    for field in model._meta.get_fields():
        if isinstance(field, models.EmailField | models.GenericIPAddressField):
            yield field.name
        elif isinstance(field, models.ForeignKey | models.OneToOneField):
            if field.related_model._meta.label == settings.AUTH_USER_MODEL:
                yield field.name
        elif (
            isinstance(field, models.CharField | models.TextField)
            and PERSONAL_NAME.search(field.name)
            and not HARMLESS_SUFFIX.search(field.name)
        ):
            yield field.name


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model._meta.label)
def test_model_that_looks_personal_is_registered(model):
    looks_personal = sorted(personal_fields(model))

    if looks_personal and not personal_data.is_accounted_for(model):
        pytest.fail(
            f"{model._meta.label} ({', '.join(looks_personal)}): register it in "
            "emn.accounts.personal_data, or exempt it with the reason"
        )


@isolate_apps("emn.lib")
def test_a_field_that_looks_personal_is_seen():
    class Visitor(models.Model):
        contact_email = models.CharField(max_length=10)
        email_hash = models.CharField(max_length=10)
        ip_address = models.GenericIPAddressField()

        class Meta:
            app_label = "lib"

        def __str__(self):
            return self.email_hash

    assert sorted(personal_fields(Visitor)) == ["contact_email", "ip_address"]
