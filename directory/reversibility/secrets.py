"""Does a text hold a password or a key? Pure; on the side of refusing.

The chest says where secrets are kept, never what they are. No test can know every password: this
one catches what is announced as one, the shapes of known keys, addresses with a password inside,
and words that only a machine or a generator writes.
"""

import re

_ANNOUNCED = re.compile(
    r"\b(?:mots? de passe|mdp|passe|passwords?|passwort|kennwort|pwd|pass|passphrase|code pin|pin"
    r"|secret|api[ _-]?key|cl[ée] (?:api|priv[ée]e|secr[èe]te)|token|jeton)"
    r"\s*(?:(?:[:=]|→|->)\s*\S|(?:est|is|ist)\s+(?!(?:chez|dans|sur|en|à|au|avec|gard|tenu|connu"
    r"|in|with|kept|bei|im)\b))",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"-----BEGIN|\bssh-(?:rsa|ed25519|dss) [A-Za-z0-9+/]{20}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20}|\bglpat-[\w-]{15}"
    r"|\bsk[-_](?:live[-_]|test[-_])?[A-Za-z0-9]{16}|\bxox[abpr]-\w|\bAIza[\w-]{30}"
    r"|\beyJ[\w-]{10,}\.[\w-]{5,}"
)
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/@:]+:[^\s/@]+@", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(
    r"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$|^(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?$"
)
_ODD = frozenset("!$%^&*?{}[]|~#=+<>\\@")
_SHORTEST = 8
_LONG = 20
_ALL_KINDS = 3  # of signs: small letters, capitals, digits


def looks_secret(text: str) -> bool:
    """Tell whether the text seems to hold a password, a key or a code.

    >>> looks_secret("mot de passe : Soleil2024"), looks_secret("dans le coffre de la gérante")
    (True, False)
    """
    if _ANNOUNCED.search(text) or _KNOWN.search(text) or _IN_ADDRESS.search(text):
        return True
    return any(_is_generated(word) for word in _WORD.findall(text))


def _is_generated(word: str) -> bool:
    """Tell whether a word mixes what people do not mix in names and references."""
    bare = word.strip(".,;:()«»\"'’")
    if len(bare) < _SHORTEST or _ADDRESS.match(bare):
        return False
    has_digit, has_letter = any(map(str.isdigit, bare)), any(map(str.isalpha, bare))
    if has_digit and has_letter and _ODD & set(bare):
        return True
    kinds = has_digit + any(map(str.islower, bare)) + any(map(str.isupper, bare))
    return len(bare) >= _LONG and kinds == _ALL_KINDS and bare.isascii()
