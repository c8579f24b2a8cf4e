"""Where an invoice must go since the reform of 2026. Pure.

Source: R4.12. Public bodies: Chorus Pro, exempt or not (ordonnance 2014-697; CGI, 289 bis). Exempt
operations of articles 261 to 261 E are outside the reform between businesses. Sales to persons who
are not liable to VAT, and abroad, are reported (CGI, 290). Emission by small and middle-sized
bodies is compulsory from 1 September 2027; large and intermediate ones from 1 September 2026.
"""

from datetime import date

CHORUS = "chorus"
PLATFORM = "platform"
REPORTING = "reporting"
NONE = "none"

EMISSION_FROM = date(2027, 9, 1)  # PME and TPE: what a centre is


def route(*, exempt: bool, buyer: str, is_domestic: bool, on: date) -> str:
    """Return where an invoice issued on that day goes.

    `exempt`: nothing on it bears VAT. `buyer`: «company», «public» or «individual».
    """
    if buyer == "public" and is_domestic:
        return CHORUS
    if exempt or on < EMISSION_FROM:
        return NONE
    return PLATFORM if buyer == "company" and is_domestic else REPORTING
