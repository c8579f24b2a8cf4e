"""One row in each table of the portal, so that any address made of samples finds something."""

import uuid
from datetime import timedelta
from decimal import Decimal

from django.apps import apps
from django.contrib.postgres import fields as postgres
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from emn.accounts.models import User
from tests.architecture.test_code import OWN_MODELS
from tests.architecture.urls import SAMPLES

_BY_TYPE = (
    (models.UUIDField, uuid.UUID(SAMPLES["uuid"])),
    (models.EmailField, "exemple@emn.example"),
    (models.DecimalField, Decimal(1)),
    (models.BooleanField, False),
    (models.DateTimeField, timezone.now),
    (models.DateField, timezone.localdate),
    (models.TimeField, lambda: timezone.localtime().time()),
    (models.DurationField, timedelta(1)),
    (models.JSONField, dict),
    (models.BinaryField, b"1"),
    (postgres.ArrayField, list),
    (models.GenericIPAddressField, "127.0.0.1"),
    (models.FloatField, 1.0),
    (models.IntegerField, 1),
)


def one_of_each():
    """Write them in the test's transaction, where neither checks nor references are looked at."""
    person = User.objects.order_by("pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            """SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, c.conname)
               FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
               WHERE c.contype IN ('c', 'x') AND t.relnamespace = current_schema()::regnamespace"""
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
    for model in apps.get_models():
        if model in OWN_MODELS and model is not User and not model._meta.proxy:
            with transaction.atomic():
                model._base_manager.bulk_create([model(**_values(model, person))])
    with connection.cursor() as cursor:  # what a view adds comes after these rows
        for statement in connection.ops.sequence_reset_sql(no_style(), OWN_MODELS):
            cursor.execute(statement)


def _values(model, person):
    return {
        field.attname: value
        for field in model._meta.concrete_fields
        if (value := _value(field, person)) is not None
    }


def _value(field, person):
    """Return what a row holds there: as little as may be, but for what addresses look for."""
    if isinstance(field, models.ForeignKey):
        if field.related_model is User:
            return None if field.null else person
        return _value(field.target_field, person)
    wanted = field.primary_key or field.name == "slug"
    if getattr(field, "generated", False) or (not wanted and (field.null or field.has_default())):
        return None
    return _sample(field)


def _sample(field):
    if field.choices:
        return field.flatchoices[0][0]
    for kind, value in _BY_TYPE:
        if isinstance(field, kind):
            return value() if callable(value) else value
    return SAMPLES["slug"][: field.max_length]
