"""A spliced message is, byte for byte, the one that the e-mail library writes."""

from email.charset import QP, Charset

from django.core.mail import EmailMultiAlternatives
from hypothesis import given
from hypothesis import strategies as st

from emn.mailings.splicing import splice

STAND_INS = {"token": b"zqxtoken" + b"zqx" * 8, "to": b"zqxto@zqx.example"}
TOKENS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=32, max_size=32)
ADDRESSES = st.from_regex(r"[a-z0-9]{1,30}@[a-z0-9]{1,20}\.example", fullmatch=True)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=120)


def message(text, *, token, to):
    built = EmailMultiAlternatives(
        subject="Été numérique : la lettre de novembre, ses rendez-vous et ses chiffres, en bref",
        body=text.replace("TOKEN", token),
        from_email="Centre <lettre@emn.example>",
        to=[to],
        headers={
            "Message-ID": f"<{token}@emn.example>",
            "Date": "Sat, 28 Nov 2026 10:00:00 +0100",
            "List-Unsubscribe": f"<https://emn.example/{token}/>, <mailto:stop+{token}@b.example>",
        },
    )
    built.encoding = Charset("utf-8")
    built.encoding.body_encoding = QP
    built.attach_alternative(f"<p>{text}</p>".replace("TOKEN", token), "text/html")
    whole = built.message()
    for at, part in enumerate(whole.walk()):
        if part.is_multipart():
            part.set_boundary(f"boundary-{at}")
    return whole.as_bytes(linesep="\r\n")


def unstuffed(content):
    """What a server keeps of what stands between DATA and the final dot."""
    return content.replace(b"\r\n..", b"\r\n.")


@given(before=WORDS, after=WORDS, token=TOKENS, to=ADDRESSES, times=st.integers(1, 3))
def test_the_splice_is_what_the_library_writes(before, after, token, to, times):
    text = "\n".join([f"{before}TOKEN{after}"] * times)
    stand_ins = {name: word.decode() for name, word in STAND_INS.items()}

    spliced = splice(message(text, **stand_ins), STAND_INS)

    written = spliced.of({"token": token.encode(), "to": to.encode()})
    assert unstuffed(written) == message(text, token=token, to=to)


def test_a_stand_in_that_a_soft_break_cuts_is_replaced_in_pieces():
    content = b"x" * 60 + STAND_INS["token"][:15] + b"=\r\n" + STAND_INS["token"][15:] + b"!"

    spliced = splice(content, STAND_INS)

    token = b"abcdefghijklmnopqrstuvwxyz234567"
    assert spliced.of({"token": token}) == b"x" * 60 + token[:15] + b"=\r\n" + token[15:] + b"!"


def test_lines_end_by_cr_lf_and_leading_dots_are_doubled():
    assert splice(b"one\n.two\r..three\r\n.", STAND_INS).of({}) == (
        b"one\r\n..two\r\n...three\r\n.."
    )
