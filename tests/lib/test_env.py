"""The address of the database becomes settings; a host that goes silent is noticed."""

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
