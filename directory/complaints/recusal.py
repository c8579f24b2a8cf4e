"""Why a member of the committee may not sit. Pure. Source: rules R1.06."""

from collections.abc import Set as AbstractSet

from directory.enums import RecusalReason


def reason_of(
    *,
    siren: str,
    linked: AbstractSet[str],
    parties: AbstractSet[str],
    competitors: AbstractSet[str],
) -> RecusalReason | None:
    """Return the reason, None when the member may sit.

    `siren`: of the member's company, empty for who has none; `linked`: of the companies of its
    group, or in which the member has an interest, as declared; `parties`: of the provider and of
    the complainant; `competitors`: who was proposed, within 12 months, for a need that a party was
    proposed for too.
    """
    own = {siren, *linked} - {""}
    if siren in parties - {""}:
        return RecusalReason.PARTY
    if own & parties:
        return RecusalReason.LINKED
    if own & competitors:
        return RecusalReason.COMPETITOR
    return None
