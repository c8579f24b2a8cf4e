"""One process that asks the golden set over the cards of its state folder; prints the score."""

import os
from datetime import timedelta
from statistics import mean

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.utils import timezone

from tests.directory import golden
from tests.directory.golden_engine import engine

DAYS = range(8)  # the draw of one day is luck

if __name__ == "__main__":
    now, queries = timezone.now(), golden.load()
    scores = [golden.score(engine(now + timedelta(days=day)), queries) for day in DAYS]
    print(f"mean of {len(DAYS)} days: {mean(score.success for score in scores):.1%}")
    print("today:", scores[0].report())
