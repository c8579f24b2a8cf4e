"""What the cockpit, the register of aids and the open data add to the foundation."""

from diagnostics import granted
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import sitemaps
from observatory.aid_queries import other_grants
from observatory.funder_sitemaps import OpenDataSitemap


def register_all() -> None:
    """Register everything."""
    sitemaps.register(sitemaps.SitemapSection(key="open_data", order=52, sitemap=OpenDataSitemap))
    granted.register(granted.AidSource(key="observatory", order=10, read=other_grants))
    reads = tuple(
        f"observatory.view_{name}"
        for name in (
            "agreement", "agreementobjective", "funderreport", "reportfigure", "reportline",
            "reportsample", "reportshare", "aidgrant", "aidattestation", "sizedeclaration",
            "datasetfile", "servicelevel",
        )
    )  # fmt: skip
    writes = tuple(
        f"observatory.{act}_{name}"
        for name in ("agreement", "agreementobjective", "sizedeclaration")
        for act in ("add", "change")
    )
    for role in (Role.ANALYST, Role.ACCOUNTANT):
        roles.grant(role, *reads, *writes, "observatory.grant_aid")
    roles.grant(Role.ANALYST, "observatory.run_cockpit", "observatory.delete_agreementobjective")
    roles.grant(Role.ADVISER, "observatory.view_sizedeclaration", "observatory.add_sizedeclaration")
