"""The duties of a public site: legal pages, and the files that robots read."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import views as sitemaps
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from emn.accounts.queries import retention_periods
from emn.lib.access import public
from emn.lib.context import NAMES, Alternate
from emn.lib.sitemaps import sections
from emn.lib.templatetags.components import icon_names
from emn.pages.enums import Conformity
from emn.pages.gallery_forms import GalleryForm
from emn.pages.models import AccessibilityAudit

SECURITY_VALID_FOR = timedelta(days=180)  # RFC 9116 asks for less than a year
NOT_FOR_ROBOTS = ("admin", "compte", "recherche", "demo")


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement, as the last audit makes it."""
    audit = AccessibilityAudit.objects.latest_first().first()
    conformity = audit.conformity if audit else Conformity.of(None)
    context = {"audit": audit, "conformity": conformity, "public_url": settings.PUBLIC_URL}
    return render(request, "pages/accessibility.html", context)


@public
@require_safe
def legal_notice(request: HttpRequest) -> HttpResponse:
    """Show who publishes and who hosts the portal (loi 2004-575; R5.09)."""
    context = {
        "publisher": settings.PUBLISHER,
        "publication_director": settings.PUBLICATION_DIRECTOR,
        "hosting_company": settings.HOSTING_COMPANY,
    }
    return render(request, "pages/legal_notice.html", context)


@public
@require_safe
def personal_data(request: HttpRequest) -> HttpResponse:
    """Show what is kept about people, why and how long (RGPD, articles 13 and 14)."""
    context = {"dpo_email": settings.DPO_EMAIL, "periods": retention_periods()}
    return render(request, "pages/personal_data.html", context)


@public
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots what is not for them and where the map is."""
    prefixes = ["", *(f"/{code}" for code, _name in settings.LANGUAGES[1:])]
    hidden = [f"Disallow: {prefix}/{name}/" for name in NOT_FOR_ROBOTS for prefix in prefixes]
    lines = ["User-agent: *", *hidden, f"Sitemap: {settings.PUBLIC_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List the files that list every public page: one a section, and more when it is long."""
    files = []
    for section in sections:
        address = settings.PUBLIC_URL + reverse("sitemap_section", args=[section.key])
        files.append(address)
        last = section.sitemap().paginator.num_pages
        files += [f"{address}?p={number}" for number in range(2, last + 1)]
    context = {"sitemaps": [{"location": address} for address in files]}
    return render(request, "sitemap_index.xml", context, content_type="application/xml")


@public
@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponseBase:
    """List the pages of a section, in each language."""
    known: dict[str, Any] = {each.key: each.sitemap for each in sections}
    return sitemaps.sitemap(request, known, section=section)


@public
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Say how to report a flaw (RFC 9116); the date moves once a day."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{settings.SECURITY_EMAIL}",
        f"Expires: {(today + SECURITY_VALID_FOR).isoformat()}",
        "Preferred-Languages: " + ", ".join(code for code, _name in settings.LANGUAGES),
        f"Canonical: {settings.PUBLIC_URL}{reverse('security')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Show staff every component in each of its states."""
    context = {
        "form": GalleryForm(prefix="fresh"),
        "refused": GalleryForm({"refused-email": "boulangerie"}, prefix="refused"),
        "page": Paginator(range(200), 10).get_page(request.GET.get("page", "7")),
        "icons": sorted(icon_names()),
        "today": timezone.localdate(),
        "alternates": [],
        "languages": [
            Alternate(code=code, name=name, url="", href="#", current=code == "fr")
            for code, name in NAMES.items()
        ],
        "facts": ["Metz", "à 4\u00a0km", "confirmé en octobre 2026"],
    }
    return render(request, "pages/gallery.html", context)
