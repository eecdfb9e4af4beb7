"""Airflow's e-mail notifier, which gives a mail server up in time.

Airflow itself asks a server that takes the connection and says nothing six times, 30 seconds each. The DAG processor, which sends
the alert of a failed run, ends what it calls back after 50: the alert reached no other channel either, and no log said so.
"""

from __future__ import annotations

from functools import cached_property

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.smtp.notifications.smtp import SmtpNotifier

ANSWER_WITHIN = 20  # seconds for each answer; mail servers that hold the first one back for a while are common


class OneTry(SmtpHook):
    """Asks the mail server once; a shorter time that the connection names is kept."""

    @property
    def smtp_retry_limit(self) -> int:
        """How often it is asked again."""
        return 0

    @property
    def timeout(self) -> int:
        """Seconds to wait for an answer."""
        return min(super().timeout, ANSWER_WITHIN)


class MailNotifier(SmtpNotifier):
    """Sends one message."""

    @cached_property
    def hook(self) -> SmtpHook:
        """The connection that the message goes by."""
        return OneTry(smtp_conn_id=self.smtp_conn_id, auth_type=self.auth_type)
