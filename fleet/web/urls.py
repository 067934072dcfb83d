"""The addresses of the fleet's pages, all below their Telnyx account."""

from django.urls import include, path

from fleet.web.groups.views import groups
from fleet.web.operations import views as operations
from fleet.web.overview.views import overview
from fleet.web.shell import activity
from fleet.web.sim_cards import detail
from fleet.web.sim_cards import views as sim_cards
from fleet.web.sync_runs import views as sync_runs

account_pages = [
    path("", overview, name="overview"),
    path("activity/", activity, name="activity"),
    path("sim-cards/", sim_cards.sim_cards, name="sim_cards"),
    path("sim-cards/rows/", sim_cards.sim_card_rows, name="sim_card_rows"),
    path("sim-cards/<uuid:remote_id>/", detail.sim_card, name="sim_card"),
    path("sim-cards/<uuid:remote_id>/refresh/", detail.refresh, name="refresh_sim_card"),
    path("groups/", groups, name="groups"),
    path("operations/", operations.operations, name="operations"),
    path("operations/plan/", operations.plan_operation, name="plan_operation"),
    path("operations/<int:pk>/", operations.operation, name="operation"),
    path("operations/<int:pk>/confirm/", operations.confirm_operation, name="confirm_operation"),
    path("operations/<int:pk>/discard/", operations.discard_operation, name="discard_operation"),
    path("sync/", sync_runs.sync_runs, name="sync_runs"),
    path("sync/start/", sync_runs.start_sync, name="start_sync"),
    path("groups/<uuid:remote_id>/sync/", sync_runs.start_group_sync, name="start_group_sync"),
]

urlpatterns = [path("a/<slug:account>/", include(account_pages))]
