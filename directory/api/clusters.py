"""The public grappes as a resource of the API: figures and skills; members stay on their page."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from directory.api.serializers import ROW_KEY
from directory.cluster_queries import Summary, summaries
from directory.clusters.rules import Standing
from directory.enums import MemberKind
from directory.models import Cluster
from emn.lib.api.reading import Asked, ListQuestion, cursor_field, listing, page, reads

EXAMPLE = {
    "id": "chez-soi-connecte",
    "url": "https://emn.example/grappes/chez-soi-connecte/",
    "name": "Chez soi, connecté",
    "theme": "Domotique et autonomie",
    "objective": "Équiper cent logements de personnes âgées d’ici fin 2027.",
    "standing": "grappe",
    "members": 7,
    "member_kinds": ["firm", "school", "association"],
    "skills": ["bat.domotique", "bat.maintien"],
    "founded_on": "2026-03-02",
}


class ClusterSerializer(serializers.Serializer[Any]):
    """A public grappe."""

    id = serializers.CharField(source="cluster.slug", help_text=_("Adresse de la page."))
    url = serializers.SerializerMethodField(help_text=_("La page, pour les personnes."))
    name = serializers.CharField(source="cluster.name", help_text=_("Nom."))
    theme = serializers.CharField(source="cluster.theme.name", help_text=_("Thème."))
    objective = serializers.CharField(source="cluster.objective", help_text=_("Objectif."))
    standing = serializers.ChoiceField(
        [Standing.GRAPPE.value, Standing.CLUSTER.value],
        help_text=_("Ce qu’elle est : grappe, puis cluster à partir de 15 membres."),
    )
    members = serializers.IntegerField(help_text=_("Nombre de membres, un par unité légale."))
    member_kinds = serializers.ListField(
        source="kinds",
        child=serializers.ChoiceField(MemberKind.choices),
        help_text=_("Genres de membres."),
    )
    skills = serializers.SerializerMethodField(
        help_text=_("Codes des services dont l’objectif a besoin (ressource « services »).")
    )
    founded_on = serializers.DateField(
        source="cluster.founded_on", help_text=_("Date de création.")
    )

    def get_url(self, row: Summary) -> str:
        """The page."""
        return settings.PUBLIC_URL + row.cluster.get_absolute_url()

    def get_skills(self, row: Summary) -> list[str]:
        """The codes."""
        return sorted(skill.service.code for skill in row.cluster.needed.all())


class ClustersQuestion(ListQuestion):
    """Pages of the grappes."""

    cursor = cursor_field(ROW_KEY)


@reads(
    answer=listing(ClusterSerializer),
    question=ClustersQuestion,
    tag=_("Annuaire"),
    summary=_("Les grappes et clusters"),
    description=_(
        "Les grappes qui ont assez de membres pour paraître, avec ce dont leur objectif a besoin."
    ),
    example=EXAMPLE,
)
def clusters(asked: Asked) -> Asked:
    """List the public grappes, by their key."""
    rows = Cluster.objects.public().select_related("theme").prefetch_related("needed__service")
    answer = page(rows, asked=asked, address=reverse("api:clusters"), source=settings.CENTRE_NAME)
    return answer | {"results": summaries(answer["results"])}
