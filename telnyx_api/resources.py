"""All resources of the API, each under its name."""

from telnyx_api.access.access_ip_addresses import AccessIpAddresses
from telnyx_api.access.addresses import Addresses
from telnyx_api.access.authentication_providers import AuthenticationProviders
from telnyx_api.access.billing_groups import BillingGroups
from telnyx_api.access.integration_secrets import IntegrationSecrets
from telnyx_api.access.telephony_credentials import TelephonyCredentials
from telnyx_api.account.audit_events import AuditEvents
from telnyx_api.account.auto_recharge_prefs import AutoRechargePrefs
from telnyx_api.account.balance import Balances
from telnyx_api.account.charges_breakdown import ChargesBreakdowns
from telnyx_api.account.charges_summary import ChargesSummaries
from telnyx_api.account.detail_records import DetailRecords
from telnyx_api.account.invoices import Invoices
from telnyx_api.account.stored_payment_transactions import StoredPaymentTransactions
from telnyx_api.account.user_tags import UserTags
from telnyx_api.account.webhook_deliveries import WebhookDeliveries
from telnyx_api.downloads import Downloads
from telnyx_api.iot.bulk_sim_card_actions import BulkSimCardActions
from telnyx_api.iot.esims import Esims
from telnyx_api.iot.migration_sources import MigrationSources
from telnyx_api.iot.migrations import Migrations
from telnyx_api.iot.mobile_voice_connections import MobileVoiceConnections
from telnyx_api.iot.ota_updates import OtaUpdates
from telnyx_api.iot.private_wireless_gateways import PrivateWirelessGateways
from telnyx_api.iot.sim_card_data_usage_notifications import SimCardDataUsageNotifications
from telnyx_api.iot.sim_card_group_actions import SimCardGroupActions
from telnyx_api.iot.sim_card_orders import SimCardOrders
from telnyx_api.iot.wireless_blocklist_values import WirelessBlocklistValues
from telnyx_api.iot.wireless_blocklists import WirelessBlocklists
from telnyx_api.iot.wireless_regions import WirelessRegions
from telnyx_api.reports.call_events import CallEvents
from telnyx_api.reports.cdr_batch_reports import CdrBatchReports
from telnyx_api.reports.cdr_usage_reports import CdrUsageReports
from telnyx_api.reports.csv_downloads import CsvDownloads
from telnyx_api.reports.ledger_billing_group_reports import LedgerBillingGroupReports
from telnyx_api.reports.legacy_cdr_usage_reports import LegacyCdrUsageReports
from telnyx_api.reports.legacy_mdr_usage_reports import LegacyMdrUsageReports
from telnyx_api.reports.mdr_batch_reports import MdrBatchReports
from telnyx_api.reports.mdr_usage_reports import MdrUsageReports
from telnyx_api.reports.mdrs import Mdrs
from telnyx_api.reports.number_lookup_usage_reports import NumberLookupUsageReports
from telnyx_api.reports.session_analysis import SessionAnalyses
from telnyx_api.reports.usage_reports import UsageReports
from telnyx_api.reports.wdrs import Wdrs
from telnyx_api.reports.wireless_detail_records_reports import WirelessDetailRecordsReports
from telnyx_api.sending import Sender
from telnyx_api.sim_card_actions import SimCardActions
from telnyx_api.sim_card_groups import SimCardGroups
from telnyx_api.sim_cards import SimCards


class Resources:
    """The resources of one account, which share a sender."""

    def _use(self, sender: Sender) -> None:
        self._sender = sender
        self.downloads = Downloads(sender)

        self.sim_cards = SimCards(sender)
        self.sim_card_groups = SimCardGroups(sender)
        self.sim_card_actions = SimCardActions(sender)
        self.bulk_sim_card_actions = BulkSimCardActions(sender)
        self.esims = Esims(sender)
        self.ota_updates = OtaUpdates(sender)
        self.sim_card_data_usage_notifications = SimCardDataUsageNotifications(sender)
        self.sim_card_group_actions = SimCardGroupActions(sender)
        self.sim_card_orders = SimCardOrders(sender)
        self.migration_sources = MigrationSources(sender)
        self.migrations = Migrations(sender)
        self.mobile_voice_connections = MobileVoiceConnections(sender)
        self.wireless_regions = WirelessRegions(sender)
        self.wireless_blocklist_values = WirelessBlocklistValues(sender)
        self.wireless_blocklists = WirelessBlocklists(sender)
        self.private_wireless_gateways = PrivateWirelessGateways(sender)

        self.audit_events = AuditEvents(sender)
        self.balance = Balances(sender)
        self.charges_breakdown = ChargesBreakdowns(sender)
        self.charges_summary = ChargesSummaries(sender)
        self.detail_records = DetailRecords(sender)
        self.invoices = Invoices(sender)
        self.auto_recharge_prefs = AutoRechargePrefs(sender)
        self.user_tags = UserTags(sender)
        self.stored_payment_transactions = StoredPaymentTransactions(sender)
        self.webhook_deliveries = WebhookDeliveries(sender)

        self.access_ip_addresses = AccessIpAddresses(sender)
        self.addresses = Addresses(sender)
        self.authentication_providers = AuthenticationProviders(sender)
        self.billing_groups = BillingGroups(sender)
        self.integration_secrets = IntegrationSecrets(sender)
        self.telephony_credentials = TelephonyCredentials(sender)

        self.call_events = CallEvents(sender)
        self.ledger_billing_group_reports = LedgerBillingGroupReports(sender)
        self.mdr_batch_reports = MdrBatchReports(sender)
        self.cdr_batch_reports = CdrBatchReports(sender)
        self.legacy_mdr_usage_reports = LegacyMdrUsageReports(sender)
        self.legacy_cdr_usage_reports = LegacyCdrUsageReports(sender)
        self.number_lookup_usage_reports = NumberLookupUsageReports(sender)
        self.csv_downloads = CsvDownloads(sender)
        self.cdr_usage_reports = CdrUsageReports(sender)
        self.mdr_usage_reports = MdrUsageReports(sender)
        self.mdrs = Mdrs(sender)
        self.wdrs = Wdrs(sender)
        self.session_analysis = SessionAnalyses(sender)
        self.usage_reports = UsageReports(sender)
        self.wireless_detail_records_reports = WirelessDetailRecordsReports(sender)
