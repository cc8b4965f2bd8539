#!/usr/bin/env python3
"""Open, overdue and ageing of the IBM file at three moments, straight from the file, with the calendars BR and none.

usage: python3 ibm_receivables.py accounts_receivable_mdy.csv BR|none > expected.tsv

Python's standard library only, nothing of the product. A line: day (its end), what, amount in cents, instalments.
"""
import collections
import csv
import datetime
import decimal
import sys

DAYS = ("2012-12-31", "2013-03-31", "2013-06-30")
BUCKETS = ("not_due", "1_30", "31_60", "61_90", "over_90")
ONE_DAY = datetime.timedelta(days=1)


def easter(year):
    """Gauss's rule with its exceptions, good for 1900..2099."""
    a, b, c = year % 19, year % 4, year % 7
    d = (19 * a + 24) % 30
    e = (2 * b + 4 * c + 6 * d + 5) % 7
    if d == 29 and e == 6 or d == 28 and e == 6 and a > 10:
        e -= 7
    return datetime.date(year, 3, 22) + datetime.timedelta(days=d + e)


def bank_holidays(year):
    sunday = easter(year)
    moving = {sunday + datetime.timedelta(days=n) for n in (-48, -47, -2, 60)}
    fixed = {(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)} | ({(11, 20)} if year >= 2024 else set())
    return moving | {datetime.date(year, month, day) for month, day in fixed}


def effective(due, calendar):
    while calendar == "BR" and (due.weekday() >= 5 or due in bank_holidays(due.year)):
        due += ONE_DAY
    return due


def date(text):
    month, day, year = map(int, text.split("/"))
    return datetime.date(year, month, day)


def bucket(due, today, calendar):
    if effective(due, calendar) >= today:
        return "not_due"
    late = (today - due).days
    return "1_30" if late <= 30 else "31_60" if late <= 60 else "61_90" if late <= 90 else "over_90"


def main(path, calendar):
    with open(path, encoding="utf-8", newline="") as file:
        invoices = [(date(r["InvoiceDate"]), date(r["DueDate"]), date(r["SettledDate"]), int(decimal.Decimal(r["InvoiceAmount"]) * 100)) for r in csv.DictReader(file)]
    for day in DAYS:
        today = datetime.date.fromisoformat(day)
        amount, count = collections.Counter(), collections.Counter()
        for issued, due, settled, cents in invoices:
            # the end of the day: what was issued that day is open, what was settled that day is not
            if issued <= today < settled:
                name = bucket(due, today, calendar)
                amount[name] += cents
                count[name] += 1
        print(day, "receivables-open", sum(amount.values()), sep="\t")
        print(day, "receivables-overdue", sum(amount[b] for b in BUCKETS[1:]), sep="\t")
        for name in BUCKETS:
            print(day, f"ageing {name}", amount[name], count[name], sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:3])
