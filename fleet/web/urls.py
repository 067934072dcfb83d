"""The addresses of the fleet's pages, all below their Telnyx account."""

from django.urls import include, path

from fleet.web.groups.views import groups
from fleet.web.operations import export, identifier_report, identifiers, plan, steps
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
    path("operations/plan/", plan.plan_operation, name="plan_operation"),
    path(
        "operations/identifiers/", identifiers.operation_identifiers, name="operation_identifiers"
    ),
    path("operations/<int:pk>/", operations.operation, name="operation"),
    path(
        "operations/<int:pk>/identifiers/",
        identifier_report.identifier_report,
        name="identifier_report",
    ),
    path(
        "operations/<int:pk>/identifiers.csv",
        identifier_report.identifier_report_csv,
        name="identifier_report_csv",
    ),
    path("operations/<int:pk>/confirm/", plan.confirm_operation, name="confirm_operation"),
    path("operations/<int:pk>/discard/", plan.discard_operation, name="discard_operation"),
    path("operations/<int:pk>/ask/<slug:step>/", steps.ask_step, name="ask_step"),
    path("operations/<int:pk>/approve/", steps.approve_operation, name="approve_operation"),
    path("operations/<int:pk>/refuse/", steps.refuse_operation, name="refuse_operation"),
    path("operations/<int:pk>/pause/", steps.pause_operation, name="pause_operation"),
    path("operations/<int:pk>/go-on/", steps.go_on_operation, name="go_on_operation"),
    path("operations/<int:pk>/cancel/", steps.cancel_operation, name="cancel_operation"),
    path("operations/<int:pk>/retry/", steps.retry_operation, name="retry_operation"),
    path("operations/<int:pk>/undo/", steps.undo_operation, name="undo_operation"),
    path("operations/<int:pk>/targets.csv", export.targets_csv, name="targets_csv"),
    path("operations/<int:pk>/targets.xlsx", export.targets_xlsx, name="targets_xlsx"),
    path("sync/", sync_runs.sync_runs, name="sync_runs"),
    path("sync/start/", sync_runs.start_sync, name="start_sync"),
    path("groups/<uuid:remote_id>/sync/", sync_runs.start_group_sync, name="start_group_sync"),
]

urlpatterns = [path("a/<slug:account>/", include(account_pages))]
