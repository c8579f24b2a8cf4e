"""URLs of the grappes, under /grappes/."""

from django.urls import path

from directory.views import cluster_invitations, clusters, own_clusters

app_name = "clusters"

urlpatterns = [
    path("", clusters.cluster_list, name="list"),
    path("mes-grappes/", own_clusters.mine, name="mine"),
    path("mes-grappes/<int:member_id>/", own_clusters.own, name="own"),
    path("invitation/<str:token>/", cluster_invitations.invitation, name="invitation"),
    path("<slug:slug>/", clusters.cluster, name="cluster"),
    path("<slug:slug>/rejoindre/", clusters.join, name="join"),
]
