"""Grappes in the back office: what they are, who is in, what was promised."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin

from directory.cluster_forms import (
    AnswerForm,
    InvitationForm,
    KeptForm,
    PlaceOfMemberForm,
    RemovalForm,
)
from directory.enums import ALIVE_IN_CLUSTER, ClusterMemberStatus
from directory.meetings import clubs
from directory.models import (
    Cluster,
    ClusterCommitment,
    ClusterMember,
    ClusterSkill,
    ClusterTheme,
    Company,
)
from directory.services import cluster_commitments as commitments
from directory.services import clusters as services
from directory.services.clusters import ClusterRefused
from emn.lib.admin import BaseAdmin, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, Pages, WithDecisions, sent
from emn.lib.versioned_admin import VersionedAdmin

RUN = "directory.run_cluster"
RESERVED_SLUGS = ("mes-grappes",)


class ClusterForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A grappe; its club is one of those that are open."""

    class Meta:
        model = Cluster
        fields = (
            "name", "slug", "theme", "objective", "presentation", "charter", "founded_on", "club",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "club" in self.fields:
            known = dict(clubs())
            if (kept := self.instance.club) and kept not in known:
                known[kept] = kept
            self.fields["club"] = forms.ChoiceField(
                label=_("Club"), required=False, choices=[("", _("Aucun")), *known.items()],
                help_text=_("Ses rencontres et ses comptes rendus sont ceux de la grappe."),
            )  # fmt: skip

    def clean_slug(self) -> str:
        """Refuse the address of another page."""
        slug = str(self.cleaned_data["slug"])
        if slug in RESERVED_SLUGS:
            raise ValidationError(_("Cette adresse est celle d’une autre page."))
        return slug


class SkillInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """What the objective needs."""

    model = ClusterSkill
    extra = 1
    autocomplete_fields = ["service"]


@admin.register(ClusterTheme)
class ClusterThemeAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """What grappes are about."""

    list_display = ["name", "position"]
    ordering = ["position", "pk"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Cluster)
class ClusterAdmin(WithDecisions, BaseAdmin, VersionedAdmin):
    """Written here; members enter by their own word, and ends have a reason."""

    permission = RUN
    form = ClusterForm
    inlines = (SkillInline,)
    list_display = ["name", "theme", "founded_on", "members_inside", "ended_at"]
    list_filter = ["theme"]
    search_fields = ["name", "objective"]
    ordering = ["name", "pk"]
    prepopulated_fields = {"slug": ["name"]}
    state_fields = ("ended_at", "end_reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count who is in with the rows."""
        inside = Q(members__status=ClusterMemberStatus.MEMBER)
        rows: QuerySet[Any] = (
            super().get_queryset(request).annotate(inside=Count("members", filter=inside))
        )
        return rows

    @admin.display(description=gettext_lazy("membres"), ordering="inside")
    def members_inside(self, cluster: Any) -> int:
        """Say how many are in, shown or not."""
        return int(cluster.inside)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the charter as it was accepted, from the first who did."""
        readonly = super().get_readonly_fields(request, obj)
        agreed = ClusterMember.objects.alive().filter(cluster=obj, agreed_at__isnull=False)
        return (*readonly, "charter") if obj is not None and agreed.exists() else readonly

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Keep it so too when an older version of the grappe is brought back."""
        if change and "charter" in self.get_readonly_fields(request, obj):
            obj.charter = Cluster.objects.values_list("charter", flat=True).get(pk=obj.pk)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a grappe: it is closed."""
        return False

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of a public grappe only."""
        is_public = Cluster.objects.public().filter(pk=obj.pk).exists()
        return super().view_on_site(obj) if is_public else None

    def buttons(self, request: HttpRequest, row: Cluster) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        if row.ended_at is not None:
            return [(self.address("reopen", row.pk), _("Rouvrir"))]
        return [
            (self.address("invite", row.pk), _("Inviter un membre")),
            (self.address("close", row.pk), _("Clore")),
        ]

    def pages(self) -> Pages:
        """Return the decisions."""
        return [
            ("inviter", self.invite, "invite"),
            ("clore", self.close, "close"),
            ("rouvrir", self.reopen, "reopen"),
        ]

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Offer a company to enter."""
        row = get_object_or_404(Cluster, pk=pk)

        def act(given: dict[str, Any]) -> object:
            company = Company.objects.filter(siret=given["siret"]).first()
            if company is None:
                raise ClusterRefused(_("Cette entreprise n’a pas de dossier sur le portail."))
            return services.invite(
                cluster_id=pk, company_id=company.pk, kind=given["kind"], role=given["role"],
                now=timezone.now(),
            )  # fmt: skip

        return self.decide(
            request, row, _("Inviter un membre"), InvitationForm(sent(request)), act=act,
            done=_("L’invitation part par courriel à ses responsables."),
        )  # fmt: skip

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the grappe."""
        return self.decide(
            request, get_object_or_404(Cluster, pk=pk), _("Clore la grappe"),
            RemovalForm(sent(request)),
            act=lambda given: services.close(
                cluster_id=pk, reason=given["reason"], now=timezone.now()
            ),
            done=_("La grappe est close ; ses membres sont prévenus."),
            warning=_("Sa page ne paraîtra plus ; ses membres recevront ce motif."),
        )  # fmt: skip

    def reopen(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it go on."""
        return self.decide(
            request, get_object_or_404(Cluster, pk=pk), _("Rouvrir la grappe"),
            forms.Form(sent(request)), act=lambda _given: services.reopen(cluster_id=pk),
            done=_("La grappe est rouverte."),
        )  # fmt: skip


@admin.register(ClusterMember)
class ClusterMemberAdmin(WithDecisions, ReadOnlyAdmin):
    """Who is in, who asks, who left."""

    permission = RUN
    list_display = ["company", "cluster", "kind", "role", "status", "opened_at", "joined_at"]
    list_filter = ["status", "cluster", "kind", "role"]
    list_select_related = ["company", "cluster"]
    search_fields = ["company__name", "company__siret"]
    ordering = ["-opened_at", "-pk"]
    exclude = ["skills"]

    def view_on_site(self, obj: Any) -> str | None:
        """Its page is the member's own."""
        return None

    def buttons(self, request: HttpRequest, row: ClusterMember) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN) or row.status not in ALIVE_IN_CLUSTER:
            return []
        offered = [(self.address("place", row.pk), _("Genre et rôle"))]
        if row.status == ClusterMemberStatus.ASKED:
            offered.insert(0, (self.address("answer", row.pk), _("Répondre à la demande")))
        if row.status == ClusterMemberStatus.MEMBER:
            offered.append((self.address("remove", row.pk), _("Retirer de la grappe")))
        return offered

    def pages(self) -> Pages:
        """Return the decisions."""
        return [
            ("repondre", self.answer, "answer"),
            ("role", self.place, "place"),
            ("retirer", self.remove, "remove"),
        ]

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a company in, or not."""
        row = _member(pk)
        return self.decide(
            request, row, _("Répondre à la demande"), AnswerForm(sent(request)),
            facts=[
                (_("Grappe"), row.cluster), (_("Entreprise"), row.company),
                (_("Genre"), row.get_kind_display()), (_("Ce qu’elle apporte"), row.contribution),
                (_("Mot pour l’animateur"), row.motive),
            ],
            act=lambda given: services.decide(
                member_id=pk, by_id=agent_id(request), as_staff=True, now=timezone.now(), **given
            ),
            done=_("C’est répondu ; l’entreprise est prévenue."),
        )  # fmt: skip

    def place(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what it is and does."""
        row = _member(pk)
        form = PlaceOfMemberForm(sent(request), initial={"kind": row.kind, "role": row.role})
        return self.decide(
            request, row, _("Genre et rôle"), form,
            act=lambda given: services.give_role(member_id=pk, **given), done=_("C’est fait."),
        )  # fmt: skip

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put it out."""
        return self.decide(
            request, _member(pk), _("Retirer de la grappe"), RemovalForm(sent(request)),
            act=lambda given: services.remove(
                member_id=pk, by_id=agent_id(request), reason=given["reason"], as_staff=True,
                now=timezone.now(),
            ),
            done=_("Ce membre est retiré ; il est prévenu."),
        )  # fmt: skip


@admin.register(ClusterCommitment)
class ClusterCommitmentAdmin(WithDecisions, ReadOnlyAdmin):
    """What members promised."""

    permission = RUN
    list_display = ["what", "member", "due_on", "kept_on", "dropped_on"]
    list_select_related = ["member__company"]
    list_filter = ["member__cluster"]
    search_fields = ["what", "member__company__name"]
    ordering = ["-due_on", "-pk"]

    def buttons(self, request: HttpRequest, row: ClusterCommitment) -> Buttons:
        """Offer to say that it is kept."""
        if not row.is_open or not request.user.has_perm(RUN):
            return []
        return [(self.address("keep", row.pk), _("Noter comme tenu"))]

    def pages(self) -> Pages:
        """Return the decision."""
        return [("tenu", self.keep, "keep")]

    def keep(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say that it is done."""
        row = get_object_or_404(ClusterCommitment.objects.select_related("member__company"), pk=pk)
        form = KeptForm(sent(request), initial={"kept_on": timezone.localdate()})
        return self.decide(
            request, row, _("Noter comme tenu"), form, facts=[(_("Membre"), row.member.company)],
            act=lambda given: commitments.keep(
                commitment_id=pk, by_id=agent_id(request), kept_on=given["kept_on"],
                as_staff=True, now=timezone.now(),
            ),
            done=_("L’engagement est noté comme tenu."),
        )  # fmt: skip


def _member(pk: int) -> ClusterMember:
    return get_object_or_404(ClusterMember.objects.select_related("cluster", "company"), pk=pk)
