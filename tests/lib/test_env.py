"""The address of the database becomes settings; a host that goes silent is noticed."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from emn.lib import env


def test_a_connection_notices_that_the_other_end_went_silent():
    options = env.database("postgres://emn@10.0.0.1/emn")["OPTIONS"]

    assert int(options["connect_timeout"]) <= 3
    assert int(options["tcp_user_timeout"]) <= 5_000
    assert "tcp_keepalives_idle=10" in options["options"]


def test_the_address_has_the_last_word():
    options = env.database("postgres://emn@10.0.0.1/emn?connect_timeout=2&sslmode=require")[
        "OPTIONS"
    ]

    assert options["connect_timeout"] == "2"
    assert options["sslmode"] == "require"


def test_an_option_without_a_value_is_not_sent():
    options = env.database("postgres://host/base?options=&sslmode=require")["OPTIONS"]

    assert "options" not in options
    assert (options["sslmode"], options["connect_timeout"]) == ("require", "3")


def test_another_database_is_named_when_it_is_refused():
    with pytest.raises(ImproperlyConfigured, match="EMN_REPLICA_URL"):
        env.database("mysql://host/base", name="EMN_REPLICA_URL")
