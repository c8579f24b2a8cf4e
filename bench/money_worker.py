"""What `bench.money` runs beside its own database."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")
django.setup()

from django.db import connection
from django.utils import timezone

from events.models import Invoice
from events.services import invoices
from events.services.reference import sync_money
from tests.events.money import accepted

COUNT, THREADS, FAILURES = 200, 16, 1 / 3


class Breakdown(Exception):
    """What fails after the number was taken."""


def main() -> None:
    """Issue the invoices, and print what came out."""
    sync_money(write=True)
    now = timezone.now()
    before = set(Invoice.objects.values_list("pk", flat=True))
    keys = [accepted(now=now).pk for _ in range(COUNT)]
    chance, guard = random.Random(7), threading.Lock()
    create, failures = Invoice.objects.create, []

    def fragile(**values):
        invoice = create(**values)
        with guard:
            fails = chance.random() < FAILURES
        if fails:
            failures.append(1)
            raise Breakdown
        return invoice

    Invoice.objects.create = fragile

    def issue(key):
        try:
            while True:
                try:
                    return invoices.issue(order_id=key, on=timezone.localdate(now), now=now)
                except Breakdown:
                    continue
        finally:
            connection.close()

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(issue, keys))
    took = time.perf_counter() - start
    rows = Invoice.objects.exclude(pk__in=before).order_by("number")
    numbers = list(rows.values_list("number", flat=True))
    whole = list(range(numbers[0], numbers[0] + COUNT))
    print(f"{len(numbers)} factures, {len(failures)} échecs, {COUNT / took:.0f} par seconde")
    print(f"numéros consécutifs : {'oui' if numbers == whole else 'NON'}")


if __name__ == "__main__":
    main()
