"""What grappes write in the file of a company: where it entered, what it promised there."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.cluster_wording import progress_words
from directory.dossier import Asked, Line, Step
from directory.enums import ClusterMemberStatus
from directory.models import ClusterCommitment, ClusterMember

COMMIT = Step(
    gettext_lazy("Vous êtes membre d’une grappe : dites ce que vous ferez, et pour quand."),
    "clusters:mine",
)


def stays(asked: Asked) -> Iterator[Line]:
    """Yield the grappes whose charter it accepted; a member without a commitment is led to one."""
    rows = ClusterMember.objects.filter(company=asked.company, agreed_at__isnull=False)
    rows = rows.select_related("cluster").prefetch_related("commitments")
    for stay in asked.newest(rows, "agreed_at"):
        assert stay.agreed_at is not None
        is_member = stay.status == ClusterMemberStatus.MEMBER and stay.cluster.ended_at is None
        yield Line(
            pk=stay.pk,
            at=stay.agreed_at,
            title=_("Grappe « %(name)s »") % {"name": stay.cluster},
            detail=stay.get_status_display(),
            href=stay.get_absolute_url() if asked.reader else "",
            then=COMMIT if is_member and not stay.commitments.all() else None,
        )


def commitments(asked: Asked) -> Iterator[Line]:
    """Yield what it promised, and where that stands today."""
    rows = ClusterCommitment.objects.filter(member__company=asked.company)
    today = timezone.localdate()
    for row in asked.newest(rows.select_related("member__cluster"), "made_at"):
        yield Line(
            pk=row.pk,
            at=row.made_at,
            title=row.what,
            detail=_("%(name)s : %(state)s")
            % {"name": row.member.cluster, "state": progress_words(row.progress_on(today))},
            href=row.member.get_absolute_url() if asked.reader else "",
        )
