"""Processes of the submit benchmark: ours, and one that does nothing but POST.

`python -m tests.bench.submitters ours ACCOUNT NUMBER` carries an account's operations on;
`... bare BASE_URL` posts to the paths that it reads from its input. Each says when it is ready,
begins when it is told to, and prints how many it sent.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

THREADS = 8


def _begin() -> list[str]:
    """Say that all is ready; what stands in the line that tells to begin."""
    print("ready", flush=True)
    return sys.stdin.readline().split()


def ours(account_id: int, number: int) -> int:
    """As a worker does it; the number of targets sent."""
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    from config.environment import prepare

    prepare()
    import django

    django.setup()
    from accounts.models import TelnyxAccount
    from fleet.operations.resume import submit_due

    account = TelnyxAccount.objects.get(pk=account_id)
    _begin()
    sent = 0
    while now := submit_due(account, number):
        sent += now
    return sent


def bare(base_url: str) -> int:
    """As fast as the machine can; the number of requests."""
    import requests

    session = requests.Session()
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=THREADS)
    session.mount("http://", adapter)
    session.headers["Authorization"] = f"Bearer {os.environ['BENCH_API_KEY']}"

    def post(remote_id: str) -> None:
        answer = session.post(f"{base_url}/sim_cards/{remote_id}/actions/disable", timeout=30)
        assert answer.status_code == 202, answer.text
        answer.json()

    ids = _begin()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, ids))
    return len(ids)


def main(which: str, *arguments: str) -> int:
    """The number of what was sent."""
    if which == "ours":
        account_id, number = arguments
        return ours(int(account_id), int(number))
    return bare(*arguments)


if __name__ == "__main__":
    print(main(*sys.argv[1:]), time.time(), flush=True)
