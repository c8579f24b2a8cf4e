"""How well a review is verified (rules 1.5, R): V0 to V3. Pure; the rating has no part in it."""

V0, V1, V2, V3 = LEVELS = ("V0", "V1", "V2", "V3")
PUBLISHABLE = (V1, V2, V3)
VERIFIED = (V2, V3)  # may carry the badge « avis vérifié » (R1.15)


def level_of(
    *,
    is_identified: bool,
    is_active: bool,
    is_proven: bool,
    is_interviewed: bool,
) -> str:
    """Return the level of a review.

    `is_identified`: sent from an address on a domain of a firm, or the centre made sure that the
    author acts for the company. `is_active`: the register says that the company is open.
    `is_proven`: the centre accepted a document made out to the company. `is_interviewed`: the
    centre talked to the client, and keeps the minutes.
    """
    if not is_active:
        return V0
    if is_interviewed:
        return V3
    if is_proven:
        return V2
    return V1 if is_identified else V0
